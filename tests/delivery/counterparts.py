"""Real counterparts: a mail server and a text gateway that accept, refuse, hang and break as they are told."""

import asyncio
import json
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import Message
from email.policy import default
from http.server import BaseHTTPRequestHandler
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.support.http_server import http_server

OK = "250 2.0.0 Ok: queued as 4XYZ1234"
RESET, HANG = "reset", "hang"


@dataclass
class Mail:
    """One mail as it arrived. `at` is when its last byte had been taken, by `time.monotonic`."""

    to: str
    sender: str
    raw: bytes
    at: float

    @property
    def message(self) -> Message:
        return message_from_bytes(self.raw, policy=default)  # type: ignore[arg-type]


@dataclass
class MailServer:
    """`rules` maps a step (``MAIL``, ``RCPT``, ``DATA``) to what is answered: a reply, RESET, HANG, or a function of
    the recipient that gives one of these or None (as usual)."""

    mails: list[Mail] = field(default_factory=list)
    rules: dict[str, str | Callable[[str], str | None]] = field(default_factory=dict)
    connections: int = 0
    seconds: float = 0.0
    """How long each mail takes"""
    pipelining: bool = False
    """Whether it says that it takes several commands at once; it does in any case"""
    port: int = 0
    tls: Any = None
    logins: list[str] = field(default_factory=list)
    _open: list[Any] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def to(self) -> list[str]:
        return [mail.to for mail in self.mails]

    def drop_connections(self) -> None:
        """Close what clients keep open, as a server does that has waited too long."""
        for loop, transport in self._open:
            loop.call_soon_threadsafe(transport.close)

    async def _said(self, step: str, server: SMTP, to: str) -> str | None:
        rule = self.rules.get(step)
        said = rule(to) if callable(rule) else rule
        if said == HANG:
            await asyncio.sleep(30)
        if said == RESET:
            transport = server.transport
            sock = transport.get_extra_info("socket")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
            await asyncio.sleep(0.05)
        return said

    # aiosmtpd calls these

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        if self.pipelining:
            responses.insert(0, "250-PIPELINING")
        self._open.append((asyncio.get_running_loop(), server.transport))
        return responses

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        said = await self._said("MAIL", server, "")
        if said:
            return said
        envelope.mail_from = address
        return "250 2.1.0 Ok"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        said = await self._said("RCPT", server, address)
        if said:
            return said
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        to = envelope.rcpt_tos[0]
        rule = self.rules.get("DATA")
        said = rule(to) if callable(rule) else rule
        if said and said not in (RESET, HANG):
            return said
        if self.seconds:
            await asyncio.sleep(self.seconds)
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        self.mails.append(Mail(to, str(envelope.mail_from), content, time.monotonic()))
        if said:  # the worst case: it has the mail, and its answer is lost
            await self._said("DATA", server, to)
        return OK


@contextmanager
def mail_server(**options: Any) -> Iterator[MailServer]:
    """A mail server on a free port of this machine. `options` go to aiosmtpd (TLS, authenticator)."""
    server = MailServer()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        server.port = free.getsockname()[1]
    controller = Controller(server, hostname="127.0.0.1", port=server.port, **options)
    controller.start()
    try:
        yield server
    finally:
        controller.stop()


@dataclass
class Gateway:
    """A text gateway. `rule` gives (status, body) for a text, or RESET or HANG; without one, 202 with an id."""

    texts: list[dict[str, str]] = field(default_factory=list)
    rule: Callable[[dict[str, str]], tuple[int, Any] | str] | None = None
    logins: list[str] = field(default_factory=list)
    connections: set[int] = field(default_factory=set)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/texts"


@contextmanager
def text_gateway() -> Iterator[Gateway]:
    """A text gateway on a free port of this machine."""
    gateway = Gateway()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            text = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            gateway.logins.append(self.headers.get("Authorization", ""))
            gateway.connections.add(self.client_address[1])
            said = gateway.rule(text) if gateway.rule else (202, {"id": f"gw-{len(gateway.texts)}"})
            if said == HANG:
                gateway.texts.append(text)
                time.sleep(3)
                return
            if said == RESET:
                gateway.texts.append(text)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.close_connection = True  # it goes when the handler lets go of it
                return
            status, body = said
            if 200 <= status < 300:
                gateway.texts.append(text)
            raw = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)  # type: ignore[arg-type]
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *args: Any) -> None:
            pass

    with http_server(Handler) as gateway.port:
        yield gateway
