"""A mail server and a text gateway that fail in every way that there is, in a process of their own.

    python -m tests.faults.bad_providers MAIL_PORT TEXT_PORT FOLDER SEED

What they really took stands in ``FOLDER/taken``, a line for each: ``mail|text``, our own id of the letter, to whom. The
line is written before the answer, so whatever the answer was, the line is the truth; a letter of which two lines tell
came twice. Each fault that was made stands in ``FOLDER/faults``. While there is a file ``FOLDER/calm``, nothing fails
but what is refused for good.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import socket
import sys
import zlib
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

MAIL_FAULTS = {
    # at the recipient: the mail is not taken
    "421": 8,
    "450": 8,
    "451": 8,
    "reset": 8,
    "half": 8,
    "slow": 8,
    "hang": 0.1,
    # once the text is asked for, or half sent: not taken
    "reset after 354": 8,
    "reset in text": 8,
    # after the whole text: not taken, and said so
    "451 after text": 8,
    # after the whole text: taken, and not said
    "lost after text": 4,
    "half after text": 4,
}
"""How often, in a thousand mails."""
TEXT_FAULTS = {"429": 15, "500": 15, "503": 15, "slow": 15, "lost": 8, "reset": 15, "garbage": 8}
MOST = 1
"""So often one recipient meets a fault here, so that retries come to an end."""
HANGS = 45.0
"""Seconds: longer than anybody waits for an answer."""


def refused_for_good(to: str) -> bool:
    """Whether there is nobody of that address: one in forty."""
    return zlib.crc32(to.encode()) % 40 == 0


@dataclass
class Trouble:
    """What goes wrong, and the books."""

    folder: Path
    chance: random.Random
    taken: IO[str]
    made: IO[str]
    met: Counter[str] = field(default_factory=Counter)
    calm: bool = False

    def next(self, kinds: dict[str, float], to: str) -> str:
        """The fault that this recipient meets now; empty for none."""
        if self.calm or self.met[to] >= MOST:
            return ""
        draw = self.chance.uniform(0, 1000)
        for kind, share in kinds.items():
            draw -= share
            if draw < 0:
                self.met[to] += 1
                self.made.write(f"{kind}\n")
                return kind
        return ""

    def take(self, what: str, id_: str, to: str) -> None:
        self.taken.write(f"{what} {id_} {to}\n")

    async def watch(self) -> None:
        while True:
            self.calm = (self.folder / "calm").exists()
            await asyncio.sleep(0.2)


class Smtp(asyncio.Protocol):
    """One connection of a client that may send its commands in a row (RFC 2920)."""

    def __init__(self, trouble: Trouble) -> None:
        self.trouble = trouble
        self.transport: asyncio.Transport
        self.buffer = b""
        self.to = self.fault = ""
        self.in_text = self.busy = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.say("220 bad.example.org ESMTP")

    def say(self, line: str) -> None:
        self.transport.write(f"{line}\r\n".encode())

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        if not self.busy:
            self.go_on()

    def go_on(self) -> None:
        while not self.transport.is_closing() and not self.busy:
            if self.in_text:
                if self.fault == "reset in text" and len(self.buffer) > 200:
                    self.transport.abort()
                    return
                text, dot, rest = self.buffer.partition(b"\r\n.\r\n")
                if not dot:
                    return
                self.buffer, self.in_text = rest, False
                self.text(text)
            else:
                line, end, rest = self.buffer.partition(b"\r\n")
                if not end:
                    return
                self.buffer = rest
                self.command(line.decode("latin-1"))

    def command(self, line: str) -> None:
        verb = line[:4].upper()
        if verb == "EHLO":
            self.say("250-bad.example.org\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES")
        elif verb == "RCPT":
            self.recipient(line.partition("<")[2].partition(">")[0])
        elif verb == "DATA":
            self.say("354 go on" if self.to else "503 5.5.1 no recipient")
            self.in_text = bool(self.to)
            if self.in_text and self.fault == "reset after 354":
                self.transport.abort()
        elif verb == "QUIT":
            self.say("221 bye")
            self.transport.close()
        else:  # HELO, MAIL, RSET, NOOP
            self.to = ""
            self.say("250 2.0.0 fine")

    def recipient(self, to: str) -> None:
        if refused_for_good(to):
            self.say(f"550 5.1.1 <{to}> is unknown here")
            return
        self.fault = self.trouble.next(MAIL_FAULTS, to)
        if self.fault == "421":
            self.say("421 4.3.2 closing")
            self.transport.close()
        elif self.fault in ("450", "451"):
            self.say(f"{self.fault} 4.2.1 <{to}> not now")
        elif self.fault == "reset":
            self.transport.abort()
        elif self.fault == "half":
            self.transport.write(b"250 2.1.")
            self.transport.close()
        elif self.fault in ("hang", "slow"):
            self.busy = True
            asyncio.get_running_loop().call_later(
                HANGS if self.fault == "hang" else 0.3, self.answer_late, to
            )
        else:
            self.to = to
            self.say("250 2.1.5 fine")

    def answer_late(self, to: str) -> None:
        self.busy, self.to = False, to
        if not self.transport.is_closing():
            self.say("250 2.1.5 fine")
            self.go_on()

    def text(self, text: bytes) -> None:
        to, self.to = self.to, ""
        if self.fault == "451 after text":
            self.say("451 4.3.0 no room")
            return
        found = re.search(rb"(?im)^message-id: <([0-9a-f-]{36})@", text)
        self.trouble.take("mail", found[1].decode() if found else "-", to)
        if self.fault == "lost after text":
            self.transport.abort()
        elif self.fault == "half after text":
            self.transport.write(b"250 2.0.0 O")
            self.transport.close()
        else:
            self.say("250 2.0.0 Ok: queued as 4XYZ1234")


async def texts(trouble: Trouble, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection to the text gateway."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = re.search(rb"(?i)content-length: *(\d+)", head)
            said = json.loads(await reader.readexactly(int(length[1]) if length else 0))
            fault = trouble.next(TEXT_FAULTS, said["reference"])
            if fault == "reset":
                writer.transport.abort()
                return
            if refused_for_good(said["reference"]):
                status, body = 400, b'{"error": "no such number"}'
            elif fault.isdecimal():
                status, body = int(fault), b"{}"
            else:
                if fault == "slow":
                    await asyncio.sleep(0.5)
                trouble.take("text", said["reference"], said["to"])
                if fault == "lost":
                    writer.transport.abort()
                    return
                status, body = 200, b"not JSON" if fault == "garbage" else b'{"id": "text"}'
            writer.write(b"HTTP/1.1 %d x\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def serve(mail: socket.socket, text: socket.socket, folder: Path, seed: int) -> None:
    """Until the process ends."""
    with (
        open(folder / "taken", "a", encoding="ascii", buffering=1) as taken,
        open(folder / "faults", "a", encoding="ascii", buffering=1) as made,
    ):
        trouble = Trouble(folder, random.Random(seed), taken, made)
        loop = asyncio.get_running_loop()
        await loop.create_server(lambda: Smtp(trouble), sock=mail)
        await asyncio.start_server(lambda r, w: texts(trouble, r, w), sock=text)
        await trouble.watch()


def listening(port: int) -> socket.socket:
    """A socket that listens on this machine's own address."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    made.bind(("127.0.0.1", port))
    made.listen(256)
    return made


if __name__ == "__main__":
    mail_port, text_port, folder, seed = sys.argv[1:5]
    asyncio.run(serve(listening(int(mail_port)), listening(int(text_port)), Path(folder), int(seed)))
