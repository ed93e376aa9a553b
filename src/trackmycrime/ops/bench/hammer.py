"""A lean HTTP/1.1 client: kept connections, prebuilt requests, in a process of its own.

`python -m trackmycrime.ops.bench.hammer URL CONNECTIONS SECONDS [HEADER…]` prints JSON: requests a second, percentiles.
"""

from __future__ import annotations

import json
import socket
import sys
import threading
import time
from urllib.parse import urlsplit

from trackmycrime.ops.bench.figures import percentile


def _read(connection: socket.socket, kept: bytearray) -> int:
    """Read one whole answer; its status."""
    while (end := kept.find(b"\r\n\r\n")) < 0:
        kept += connection.recv(65536)
    head = bytes(kept[:end]).lower()
    status = int(head[9:12])
    length = 0
    if status != 304 and (at := head.find(b"content-length:")) >= 0:
        length = int(head[at + 15 :].split(b"\r\n", 1)[0])
    while len(kept) < end + 4 + length:
        kept += connection.recv(65536)
    del kept[: end + 4 + length]
    return status


def hammer(url: str, connections: int, seconds: float, headers: list[str]) -> dict[str, object]:
    """Ask for one page for so long; every connection asks again as soon as it was answered."""
    parts = urlsplit(url)
    lines = [f"GET {parts.path or '/'} HTTP/1.1", f"Host: {parts.netloc}", *headers]
    request = "\r\n".join([*lines, "", ""]).encode()
    until = time.monotonic() + seconds
    millis: list[float] = []
    statuses: dict[int, int] = {}

    def ask() -> None:
        with socket.create_connection((parts.hostname or "", parts.port or 80)) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            kept = bytearray()
            while (began := time.monotonic()) < until:
                connection.sendall(request)
                status = _read(connection, kept)
                statuses[status] = statuses.get(status, 0) + 1
                millis.append((time.monotonic() - began) * 1000)

    threads = [threading.Thread(target=ask) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {
        "per_second": len(millis) / seconds,
        "p50_ms": percentile(millis, 0.5),
        "p95_ms": percentile(millis, 0.95),
        "statuses": statuses,
    }


if __name__ == "__main__":
    found = hammer(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), sys.argv[4:])
    sys.stdout.write(json.dumps(found) + "\n")
