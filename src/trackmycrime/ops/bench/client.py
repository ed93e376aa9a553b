"""Visitors who ask for a page again and again over kept connections: one process, so lean that it is no limit.

    python -m trackmycrime.ops.bench.client '{"url": …, "headers": {…}, "cookies": [], "connections": 8, "seconds": 4}'

Each connection asks, reads the whole answer, and asks again, in turn with each of the cookies where there are any; or
it sends each of the `posts` in turn, a form with headers of its own.
With ``-`` that line comes by standard input. Writes one line of JSON:
 requests, seconds, the milliseconds that each took, and how many answers had which status.
Whoever starts it sees to the right addresses.
"""

from __future__ import annotations

import json
import selectors
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any
from urllib.parse import urlsplit

_BUFFER = 1 << 18
_WARM_UP = 0.3
"""Seconds that are not counted where nobody pauses."""


@dataclass
class _Connection:
    socket: socket.socket
    began: float = 0.0
    got: bytearray = field(default_factory=bytearray)
    wanted: int = 0

    def ask(self, request: bytes) -> None:
        self.got.clear()
        self.wanted = 0
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def read(self) -> int:
        """The status, once the whole answer is there; else 0."""
        part = self.socket.recv(_BUFFER)
        if not part:
            raise ConnectionError("the server closed a kept connection")
        self.got += part
        if not self.wanted:
            end = self.got.find(b"\r\n\r\n")
            if end < 0:
                return 0
            self.wanted = end + 4 + _length(bytes(self.got[:end]))
        return int(self.got[9:12]) if len(self.got) >= self.wanted else 0


def _length(head: bytes) -> int:
    if head[9:12] == b"304":
        return 0
    for one in head.split(b"\r\n")[1:]:
        name, _, value = one.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise ValueError("the server does not say how long its answer is")


def _requests(
    url: str, headers: dict[str, str], cookies: Sequence[str], posts: Sequence[tuple[dict[str, str], str]]
) -> Iterator[bytes]:
    """The request, with one cookie after the other, or one form after the other, for ever."""
    parts = urlsplit(url)
    head = {"Host": parts.netloc, **headers}
    if posts:
        return cycle([_post(parts.path, head, *each) for each in posts])
    begin = f"GET {parts.path or '/'} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in head.items())
    lines = [f"Cookie: {cookie}\r\n" for cookie in cookies] or [""]
    return cycle([f"{begin}{line}\r\n".encode() for line in lines])


def _post(path: str, head: dict[str, str], own: dict[str, str], form: str) -> bytes:
    length = {"Content-Type": "application/x-www-form-urlencoded", "Content-Length": str(len(form))}
    lines = "".join(f"{name}: {value}\r\n" for name, value in {**head, **length, **own}.items())
    return f"POST {path} HTTP/1.1\r\n{lines}\r\n{form}".encode("ascii")


def run(
    url: str,
    headers: dict[str, str],
    cookies: Sequence[str],
    connections: int,
    seconds: float,
    pause: float = 0,
    posts: Sequence[tuple[dict[str, str], str]] = (),
) -> dict[str, Any]:
    """Ask for as long as said, each connection `pause` seconds after its answer; what came of it.

    With a pause it ends when standard input does, too.
    """
    parts = urlsplit(url)
    asked = _requests(url, headers, cookies, posts)
    millis: list[float] = []
    statuses: Counter[int] = Counter()
    with selectors.DefaultSelector() as selector:
        for _ in range(connections):
            opened = socket.create_connection((parts.hostname or "", parts.port or 80))
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = _Connection(opened)
            selector.register(opened, selectors.EVENT_READ, connection)
            connection.ask(next(asked))
        begin = time.perf_counter() + (0 if pause else min(_WARM_UP, seconds / 4))
        end = begin + seconds
        now = 0.0
        waiting: list[tuple[float, _Connection]] = []
        if pause:
            selector.register(sys.stdin, selectors.EVENT_READ, None)
        while now < end:
            soonest = min((at for at, _ in waiting), default=end)
            for key, _ in selector.select(max(0.0, min(end, soonest) - now) if now else 1):
                connection = key.data
                if connection is None:
                    end = now
                    break
                status = connection.read()
                if status:
                    now = time.perf_counter()
                    if begin <= now < end:
                        millis.append((now - connection.began) * 1000)
                        statuses[status] += 1
                    if pause:
                        waiting.append((now + pause, connection))
                    else:
                        connection.ask(next(asked))
            now = time.perf_counter()
            for at, connection in [each for each in waiting if each[0] <= now]:
                waiting.remove((at, connection))
                connection.ask(next(asked))
        for key in list(selector.get_map().values()):
            if key.data is not None:
                key.data.socket.close()
    return {
        "requests": len(millis),
        "seconds": end - begin,
        "per_second": len(millis) / (end - begin),
        "millis": [round(each, 3) for each in millis],
        "statuses": {str(status): count for status, count in statuses.items()},
    }


if __name__ == "__main__":
    given = sys.stdin.readline() if sys.argv[1] == "-" else sys.argv[1]
    sys.stdout.write(json.dumps(run(**json.loads(given))) + "\n")
