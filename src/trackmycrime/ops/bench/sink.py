"""A mail server and a text gateway that take everything and write down when: one process of its own.

    python -m trackmycrime.ops.bench.sink MAIL_SOCKET TEXT_SOCKET FILE

The sockets are descriptors of listening ones. Each mail that is accepted becomes a line in FILE: the machine's
monotonic clock in nanoseconds, and who it is to.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import IO

from aiosmtpd.smtp import SMTP, Envelope

from trackmycrime.ops import doors
from trackmycrime.ops.priority import give_way


class _Takes:
    def __init__(self, file: IO[str]) -> None:
        self._file = file

    async def handle_DATA(self, server: SMTP, session: object, envelope: Envelope) -> str:
        self._file.write(f"{time.monotonic_ns()} {envelope.rcpt_tos[0]}\n")
        return "250 OK"


class _Texts(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    """Head and body go out in two pieces; else the second would wait for the first one's delayed acknowledgement."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        body = b'{"id": "text"}'
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


def _serve_texts(listener: socket.socket) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Texts, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.serve_forever()


async def _serve_mail(listener: socket.socket, file: IO[str]) -> None:
    def smtp() -> SMTP:
        return SMTP(_Takes(file), hostname="sink.invalid", enable_SMTPUTF8=True)

    server = await asyncio.get_running_loop().create_server(smtp, sock=listener)
    async with server:
        await server.serve_forever()


def main() -> None:
    """Run until a signal ends it."""
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    give_way(doors.WORKER_NICE)  # it stands for machines elsewhere, which take nothing from the doors
    mail, texts = (socket.socket(fileno=int(number)) for number in sys.argv[1:3])
    threading.Thread(target=_serve_texts, args=(texts,), daemon=True).start()
    with open(sys.argv[3], "a", encoding="ascii", buffering=1) as file:
        asyncio.run(_serve_mail(mail, file))


if __name__ == "__main__":
    main()
