"""An SMTP server that fails in every way in which SMTP can, byte by byte: what it does at each step is scripted.

Steps: ``greeting``, ``EHLO``, ``HELO``, ``STARTTLS``, ``AUTH``, ``MAIL``, ``RCPT``, ``DATA`` (the go-ahead for the
text), ``text`` (in the middle of it), ``dot`` (the verdict), ``RSET``, ``QUIT``. What may be done at one: send bytes,
pause, close (`DROP`), close hard (`RESET`), say nothing more (`HANG`); a list of these in order. A step that no script
names is done as it should be. A mail counts as had when its final dot has arrived, whatever is said to it.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from trackmycrime.delivery.channels.smtp import SmtpChannel
from trackmycrime.delivery.channels.smtp.message import Letterhead

DROP, RESET, HANG, USUAL = "drop", "reset", "hang", "usual"
_HANGS = 5.0
_SOON = 1.0

HEAD = Letterhead.read("TrackMyCrime <no-reply@trackmycrime.example>")
PASSING = [
    b"421 4.3.2 Closing\r\n",
    b"450 4.2.1 Busy\r\n",
    b"451 4.7.1 rhian@example.org grey\r\n",
    b"452 Full\r\n",
]
FINAL = [
    b"550 5.1.1 <rhian.pritchard@example.org> unknown\r\n",
    b"552 5.2.2 Full\r\n",
    b"554 5.7.1 No\r\n",
    b"553 no\r\n",
]

Does = bytes | float | str
"""Bytes to send, seconds to pause, or one of DROP, RESET, HANG, USUAL"""

_USUAL = {
    "greeting": b"220 mx.example.org ESMTP\r\n",
    "HELO": b"250 mx.example.org\r\n",
    "STARTTLS": b"220 2.0.0 Ready\r\n",
    "AUTH": b"235 2.7.0 Ok\r\n",
    "MAIL": b"250 2.1.0 Ok\r\n",
    "RCPT": b"250 2.1.5 Ok\r\n",
    "DATA": b"354 Go on\r\n",
    "dot": b"250 2.0.0 Ok: queued as 4XYZ1234\r\n",
    "RSET": b"250 2.0.0 Ok\r\n",
    "QUIT": b"221 2.0.0 Bye\r\n",
}


class _Over(Exception):
    """This connection has ended."""


@dataclass
class Failing:
    """`script` says what is done at a step; `times` how often, after which everything is as usual."""

    script: dict[str, Sequence[Does]] = field(default_factory=dict)
    times: int = 10**9
    extensions: tuple[str, ...] = ("PIPELINING", "8BITMIME", "ENHANCEDSTATUSCODES")
    tls: ssl.SSLContext | None = None
    texts: list[bytes] = field(default_factory=list)
    """The mails that it had, however it answered"""
    senders: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0
    _listening: socket.socket | None = None

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"

    def serve(self) -> None:
        assert self._listening
        while True:
            try:
                connected = self._listening.accept()[0]
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve_one, args=(connected,), daemon=True).start()

    def _serve_one(self, connected: socket.socket) -> None:
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connected.settimeout(_HANGS)
        with contextlib.suppress(_Over, OSError, ValueError):
            self._step("greeting", connected)
            self._commands(connected)
        with contextlib.suppress(OSError):
            connected.close()

    def _commands(self, connected: socket.socket) -> None:
        lines = connected.makefile("rb")
        sender = ""
        while line := lines.readline(4096):
            verb = line[:8].decode("latin-1").strip().upper().partition(" ")[0]
            if verb == "EHLO":
                offered = "".join(f"250-{each}\r\n" for each in self.extensions)
                self._step("EHLO", connected, f"250-mx.example.org\r\n{offered}250 HELP\r\n".encode())
            elif verb == "STARTTLS" and self.tls:
                self._step("STARTTLS", connected)
                connected = self.tls.wrap_socket(connected, server_side=True)
                lines = connected.makefile("rb")
            elif verb == "DATA":
                if self._step("DATA", connected):
                    self._text(lines, connected, sender)
            elif verb in _USUAL:
                if verb == "MAIL":
                    sender = line.partition(b"<")[2].partition(b">")[0].decode()
                self._step(verb, connected)
                if verb == "QUIT":
                    return
            else:
                connected.sendall(b"500 5.5.2 What?\r\n")

    def _text(self, lines: object, connected: socket.socket, sender: str) -> None:
        text = b""
        if "text" in self.script and self.times > 0:
            lines.readline()  # type: ignore[attr-defined]
            self._step("text", connected, b"")
        while (line := lines.readline()) != b".\r\n":  # type: ignore[attr-defined]
            if not line:
                raise _Over
            text += line.removeprefix(b".")
        self.texts.append(text)
        self.senders.append(sender)
        self._step("dot", connected)

    def _step(self, step: str, connected: socket.socket, usual: bytes = b"") -> bool:
        """Do what is scripted; says whether it ended as usual, for the go-ahead."""
        if step not in self.script or self.times <= 0:
            connected.sendall(usual or _USUAL.get(step, b""))
            return True
        self.times -= 1
        sent = b""
        for does in self.script[step]:
            if isinstance(does, float):
                time.sleep(does)
            elif does == RESET:
                connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                raise _Over
            elif does == DROP:
                raise _Over
            elif does == HANG:
                connected.recv(1)  # nothing comes: the client waits for us
                raise _Over
            else:
                say = (usual or _USUAL.get(step, b"")) if does == USUAL else does
                assert isinstance(say, bytes)
                sent += say
                connected.sendall(say)
        return sent.startswith(b"354")


@contextmanager
def failing(**options: object) -> Iterator[Failing]:
    """Such a server on a free port of this machine."""
    server = Failing(**options)  # type: ignore[arg-type]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server._listening = listening
        server.port = listening.getsockname()[1]
        threading.Thread(target=server.serve, daemon=True).start()
        yield server


def patience(does: Sequence[Does] = ()) -> float:
    """Seconds that a channel waits for it: few where the server is to hang, and else not too few for a busy machine."""
    return _SOON if HANG in does else 2 * _HANGS


@contextmanager
def channel_to(server: Failing, does: Sequence[Does] = (), **options: object) -> Iterator[SmtpChannel]:
    """A channel to it; `does` is what the server will be told to do."""
    waits = patience(does)
    made = SmtpChannel(server.url, HEAD, timeout=waits, verdict_timeout=waits, **options)  # type: ignore[arg-type]
    try:
        yield made
    finally:
        made.close()
