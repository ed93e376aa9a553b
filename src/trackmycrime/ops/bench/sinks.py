"""A mail server and a text gateway that take everything: `python -m trackmycrime.ops.bench.sinks FILE`.

Prints both addresses on one line. Each mail is a line of FILE: when it was accepted (seconds since 1970) and for whom.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP


class Took:
    """Writes down every mail the moment before the server says 250."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self._file.write(f"{time.time():.6f} {envelope.rcpt_tos[0]}\n")
        return "250 OK"


async def _text(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One kept connection that answers every request with 200."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            length = next(
                (
                    int(line.split(b":")[1])
                    for line in head.split(b"\r\n")
                    if line.lower().startswith(b"content-length")
                ),
                0,
            )
            await reader.readexactly(length)
            writer.write(
                b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"id":"1"}'
            )
            await writer.drain()
    except asyncio.IncompleteReadError:
        writer.close()


async def main(path: Path) -> None:
    """Serve until a signal ends the process."""
    took = Took(path)
    loop = asyncio.get_running_loop()
    mail = await loop.create_server(lambda: SMTP(took, enable_SMTPUTF8=True), "127.0.0.1", 0)
    text = await asyncio.start_server(_text, "127.0.0.1", 0)
    ports = [server.sockets[0].getsockname()[1] for server in (mail, text)]
    sys.stdout.write(f"smtp://127.0.0.1:{ports[0]} http://127.0.0.1:{ports[1]}/texts\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
