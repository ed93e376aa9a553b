"""The demo's post: a real SMTP server, a real text gateway over HTTP, and the mailbox page. One process.

    python -m trackmycrime.ops.demo.postroom SMTP_SOCKET WEB_SOCKET

The arguments are descriptors of listening sockets that the demo opened. Runs with the desk's settings, because
the page shows beside an invitation what the officer told that person.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import socket
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiosmtpd.smtp import SMTP, Envelope

from trackmycrime.kernel.clock import utc_now
from trackmycrime.ops.demo import pages, showcase
from trackmycrime.ops.demo.post import Post
from trackmycrime.ops.demo.told import Told, told_with

_TYPES = {".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
_LONGEST = 100_000
_PAGE = 40


class Takes:
    """What the SMTP server does with a message: puts it into the post."""

    def __init__(self, post: Post) -> None:
        self._post = post

    async def handle_DATA(self, server: SMTP, session: object, envelope: Envelope) -> str:
        """Keep the message for each of its recipients."""
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        for to in envelope.rcpt_tos:
            self._post.mail(str(to), content)
        return "250 OK"


class Web(BaseHTTPRequestHandler):
    """The text gateway (POST /text) and the mailbox page (GET /)."""

    protocol_version = "HTTP/1.1"
    timeout = 60
    post: Post
    portal: str

    def do_POST(self) -> None:
        """Take a text message as the plain text gateway does: {"to", "text", "reference"}."""
        length = self.headers.get("Content-Length", "")
        if urlsplit(self.path).path != "/text" or not length.isdigit() or int(length) > _LONGEST:
            self.close_connection = True
            self._answer(HTTPStatus.BAD_REQUEST, b"", "text/plain")
            return
        try:
            asked = json.loads(self.rfile.read(int(length)))
            number = self.post.text(asked)
        except (ValueError, TypeError, KeyError):
            self._answer(HTTPStatus.BAD_REQUEST, b"", "text/plain")
            return
        self._answer(HTTPStatus.OK, json.dumps({"id": f"text-{number}"}).encode(), "application/json")

    def do_GET(self) -> None:
        """The mailbox, and what it looks like."""
        path = urlsplit(self.path)
        if path.path == "/healthz":
            self._answer(HTTPStatus.OK, b"ok\n", "text/plain")
        elif path.path == "/":
            self._mailbox(parse_qs(path.query, keep_blank_values=True))
        elif path.path == "/codes":
            self._answer(HTTPStatus.OK, _codes().encode(), "text/html; charset=utf-8")
        elif path.path.startswith("/look/") and (found := _asset(path.path.removeprefix("/look/"))):
            self._answer(HTTPStatus.OK, *found)
        else:
            self._answer(HTTPStatus.NOT_FOUND, b"Not found\n", "text/plain")

    def _mailbox(self, asked: dict[str, list[str]]) -> None:
        (before,) = asked.get("before", ["0"])[:1]
        older = int(before) if before.isdecimal() and 0 < len(before) < 10 else 0
        to = [address[:254] for address in asked.get("to", [])[:2]]
        arrived = self.post.newest(to=to, before=older or None, most=_PAGE + 1)
        start = (showcase.ALEX.email, number_of(showcase.ALEX.mobile))
        page = pages.mailbox(
            arrived[:_PAGE],
            _told,
            to=to,
            still="still" in asked or bool(older),
            start_here=start if self.post.newest(to=start, most=1) else (),
            portal=self.portal,
            more=len(arrived) > _PAGE,
        )
        self._answer(HTTPStatus.OK, page.encode(), "text/html; charset=utf-8")

    def _answer(self, code: HTTPStatus, body: bytes, kind: str) -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header(
            "Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; form-action 'none'"
        )
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: addresses are in the query."""


def number_of(mobile: str) -> str:
    """A British mobile as texts are addressed: E.164."""
    return "+44" + mobile.replace(" ", "").removeprefix("0")


def _codes() -> str:
    """The page of what the officers' apps show now."""
    from trackmycrime.people.factors import code_app

    now = utc_now()
    left = code_app.STEP - int(now.timestamp()) % code_app.STEP
    return pages.codes(code_app.code_at(showcase.APP_SECRET, now), left)


def _told(body: str) -> Told | None:
    """What was told beside a letter; nothing while the database is away."""
    from django.db import Error, connection

    try:
        return told_with(body)
    except Error:
        return None
    finally:
        connection.close()  # each request has a thread of its own, and a connection for it


def _asset(name: str) -> tuple[bytes, str] | None:
    """A file of the design, or the mailbox's own style; no other."""
    kind = _TYPES.get(Path(name).suffix)
    if kind is None or ".." in name.split("/"):
        return None
    if name == "mailbox.css":
        file = resources.files(__package__).joinpath(name)
    else:
        file = resources.files("trackmycrime").joinpath("design", "static", "design", *name.split("/"))
    return (file.read_bytes(), kind) if file.is_file() else None


class _Server(ThreadingHTTPServer):
    """A server whose visitors may go away before the answer has ended."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def _serve_web(listener: socket.socket, post: Post) -> None:
    handler = type("BoundWeb", (Web,), {"post": post, "portal": os.environ.get("TMC_PORTAL_URL", "")})
    server = _Server(("127.0.0.1", 0), handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.serve_forever()


async def _serve_mail(listener: socket.socket, post: Post) -> None:
    def smtp() -> SMTP:
        return SMTP(Takes(post), hostname="mailbox.invalid", enable_SMTPUTF8=True)

    server = await asyncio.get_running_loop().create_server(smtp, sock=listener)
    async with server:
        await server.serve_forever()


def main() -> None:
    """Run until a signal ends it."""
    import django

    django.setup()
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # it would write every address down
    mail, web = (socket.socket(fileno=int(number)) for number in sys.argv[1:3])
    folder = Path(os.environ["TMC_DATA"]) / "demo"
    folder.mkdir(parents=True, exist_ok=True)
    post = Post(folder / "post.ndjson")
    threading.Thread(target=_serve_web, args=(web, post), daemon=True, name="web").start()
    asyncio.run(_serve_mail(mail, post))


if __name__ == "__main__":
    main()
