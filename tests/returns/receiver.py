"""A webhook's receiver: a real HTTP server that verifies signatures with the specification's library; misbehaves."""

import json
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from tests.support.http_server import http_server

RESET, HANG, DRIP = "reset", "hang", "drip"


@dataclass
class Got:
    """One post that arrived whole."""

    id: str
    event: dict[str, Any]
    signatures: int
    path: str


@dataclass
class Receiver:
    """`rule` gives a status, (status, headers), RESET, HANG or DRIP for an event and the number of its try; without
    one, 204. Only what is signed with `secret` is taken; anything else is answered with 401 and counted in `forged`."""

    secret: str = ""
    rule: Callable[[dict[str, Any], int], Any] | None = None
    got: list[Got] = field(default_factory=list)
    """What was answered with 2xx"""
    tries: list[str] = field(default_factory=list)
    """The id of every post that arrived"""
    forged: list[str] = field(default_factory=list)
    port: int = 0
    tls: ssl.SSLContext | None = None

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}/returns"

    def texts(self) -> list[str]:
        return [one.event["data"]["text"] for one in self.got]


@contextmanager
def receiver(**values: Any) -> Iterator[Receiver]:
    """A receiver on a free port of this machine."""
    here = Receiver(**values)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            id_ = self.headers["webhook-id"]
            try:
                event = Webhook(here.secret).verify(raw, dict(self.headers.items()))
            except WebhookVerificationError:
                here.forged.append(id_)
                self.answer(401, {})
                return
            here.tries.append(id_)
            said = here.rule(event, here.tries.count(id_)) if here.rule else 204
            if said == HANG:
                time.sleep(3)
                return
            if said == RESET:
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                return
            if said == DRIP:
                for byte in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 60:
                    self.wfile.write(bytes([byte]))
                    time.sleep(0.05)
                return
            status, headers = said if isinstance(said, tuple) else (said, {})
            if 200 <= status < 300:
                assert json.loads(raw) == event
                signatures = len(self.headers["webhook-signature"].split(" "))
                here.got.append(Got(id_, event, signatures, self.path))
            self.answer(status, headers)

        def answer(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    with http_server(Handler, here.tls) as here.port:
        yield here
