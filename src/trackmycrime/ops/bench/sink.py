"""A mail server and a text gateway that take everything and write down when: one process of its own.

    python -m trackmycrime.ops.bench.sink MAIL_SOCKET TEXT_SOCKET FILE MAIL_SECONDS TEXT_SECONDS

The sockets are descriptors of listening ones. Each mail that is accepted becomes a line in FILE: the machine's
monotonic clock in nanoseconds, and who it is to. Each mail and text takes so many seconds. What there is of SMTP is
just what a sender says to it, so that the measurement is of the sender and not of this.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import IO

from trackmycrime.ops import doors
from trackmycrime.ops.priority import give_way

_HELLO = b"250-sink.invalid\r\n250-PIPELINING\r\n250 8BITMIME\r\n"
_SAYS = {
    b"EHLO": _HELLO,
    b"HELO": b"250 sink.invalid\r\n",
    b"DATA": b"354 Go ahead\r\n",
    b"QUIT": b"221 Bye\r\n",
}
_END = b"\r\n.\r\n"


class _Mail(asyncio.Protocol):
    """One connection: takes whatever is said as it comes, several commands at once too."""

    def __init__(self, file: IO[str], seconds: float) -> None:
        self._file, self._seconds = file, seconds
        self._buffer = bytearray()
        self._text = self._waits = False
        self._to = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport.write(b"220 sink.invalid ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._waits:
            self._go_on()

    def _go_on(self) -> None:
        said = bytearray()
        while not self._waits:
            end = self._buffer.find(_END if self._text else b"\r\n")
            if end < 0:
                break
            line = bytes(self._buffer[:end])
            del self._buffer[: end + (5 if self._text else 2)]
            if self._text:
                self._text = False
                if self._seconds:
                    self._waits = True
                    asyncio.get_running_loop().call_later(self._seconds, self._late)
                else:
                    said += self._take()
                continue
            verb = line[:4].upper()
            said += _SAYS.get(verb, b"250 2.0.0 Ok\r\n")
            self._text = verb == b"DATA"
            if verb == b"RCPT":
                self._to = line[9:-1].decode("ascii")
        if said:
            self._transport.write(bytes(said))

    def _late(self) -> None:
        self._transport.write(self._take())
        self._waits = False
        self._go_on()

    def _take(self) -> bytes:
        self._file.write(f"{time.monotonic_ns()} {self._to}\n")
        return b"250 2.0.0 Ok: queued as SINK\r\n"


class _Texts(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    """Head and body go out in two pieces; else the second would wait for the first one's delayed acknowledgement."""
    seconds = 0.0

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", "0")))
        time.sleep(self.seconds)
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


async def _serve_mail(listener: socket.socket, file: IO[str], seconds: float) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: _Mail(file, seconds), sock=listener)
    async with server:
        await server.serve_forever()


def main() -> None:
    """Run until a signal ends it."""
    give_way(doors.WORKER_NICE)  # it stands for machines elsewhere, which take nothing from the doors
    mail, texts = (socket.socket(fileno=int(number)) for number in sys.argv[1:3])
    _Texts.seconds = float(sys.argv[5])
    threading.Thread(target=_serve_texts, args=(texts,), daemon=True).start()
    with open(sys.argv[3], "a", encoding="ascii", buffering=1) as file:
        asyncio.run(_serve_mail(mail, file, float(sys.argv[4])))


if __name__ == "__main__":
    main()
