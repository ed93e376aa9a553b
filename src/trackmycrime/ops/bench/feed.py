"""How many events a second the feed applies, through real HTTP, beside COPY of the same rows."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from trackmycrime.ops.bench import events
from trackmycrime.ops.bench.installation import Installation, Sink
from trackmycrime.ops.bench.report import Figure, Report, percentile
from trackmycrime.ops.bench.sizes import BATCH, Size
from trackmycrime.ops.exits import Unreachable, say

WANTED_PER_SECOND, WANTED_RATIO = 2_000, 40
RUNS = ((1, 1), (2, 1), (2, 2))
"""How many connections, from how many forces. What is wanted is asked of the last, which alone can use both of a
machine's processors: within a force one delivery follows the other."""
_WARM_UP = 6
"""Deliveries of each connection that are not counted: then every statement is prepared."""
_FASTEST = 8_000
"""Events a second for which deliveries are made in advance."""


class Sender:
    """A kept connection to the gateway."""

    def __init__(self, installation: Installation, token: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(installation.gateway).netloc, timeout=60)
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/x-ndjson",
        }

    def send(self, body: bytes) -> list[dict[str, object]]:
        """Send a delivery; the results. Raises Unreachable for any answer but 200."""
        self._connection.request("POST", "/api/feed/v1/events", body, self._headers)
        answer = self._connection.getresponse()
        said = answer.read()
        if answer.status != 200:
            raise Unreachable(f"the gateway answered {answer.status}: {said[:200]!r}")
        results: list[dict[str, object]] = json.loads(said)["results"]
        return results

    def close(self) -> None:
        """Let the connection go."""
        self._connection.close()


@dataclass
class Client:
    """One connection that sends deliveries, each as soon as the one before was answered."""

    sender: Sender
    bodies: deque[bytes]
    millis: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    ended: float = 0.0
    fault: Exception | None = None

    def run(self, until: float, warm_up: int) -> None:
        """Send until then; or only so many deliveries, which are not counted."""
        try:
            for _ in range(warm_up):
                self.sender.send(self.bodies.popleft())
            while self.bodies and (began := time.monotonic()) < until:
                results = self.sender.send(self.bodies.popleft())
                self.millis.append((time.monotonic() - began) * 1000)
                self.statuses.update(str(result["status"]) for result in results)
        except Exception as fault:  # said by the main thread
            self.fault = fault
        self.ended = time.monotonic()


def measure(installation: Installation, sink: Sink, size: Size, report: Report) -> None:
    """Send deliveries of 500 over one connection, over two of one force, over one of each of two, as fast as they are
    answered; after each run COPY what it brought."""
    for number, (connections, forces) in enumerate(RUNS, start=1):
        begin = datetime.now(UTC)
        run = _run(installation, size, connections, forces, number)
        run["mails_so_far"] = len(sink.mails())
        run["sent_after"] = installation.settle()
        copied = installation.inside("owner", "copy", since=begin.isoformat(), most=50_000, batch=BATCH)
        report.raw[f"feed_{connections}_{forces}"] = {**run, "copy": copied}
        asked = number == len(RUNS)
        report.figures += _figures(f"{connections} connection(s), {forces} force(s)", run, copied, asked)


def _figures(name: str, run: dict[str, Any], copied: dict[str, float], asked: bool) -> list[Figure]:
    rate = run["applied_per_second"]
    times = f"{percentile(run['millis'], 0.5):.0f} / {percentile(run['millis'], 0.95):.0f} ms"
    say(f"bench: feed, {name}: {rate:,.0f} applied events/s, {times}")
    return [
        Figure(
            f"feed: applied events/s, deliveries of {BATCH}, {name}",
            f"{rate:,.0f}",
            f"COPY {copied['batches']:,.0f} rows/s: 1/{copied['batches'] / rate:.0f}",
            f"≥ {WANTED_PER_SECOND:,} and ≥ 1/{WANTED_RATIO}" if asked else "",
            rate >= WANTED_PER_SECOND and rate * WANTED_RATIO >= copied["batches"] if asked else None,
        ),
        Figure(
            f"feed: p50 / p95 of a delivery, {name}",
            times,
            f"one COPY of ready-made text {copied['whole']:,.0f} rows/s: 1/{copied['whole'] / rate:.0f}",
        ),
    ]


def send_all(clients: Sequence[Client], until: float, warm_up: int) -> None:
    """All of them send (`Client.run`), and end. Raises what one of them met."""
    threads = [threading.Thread(target=client.run, args=(until, warm_up)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for client in clients:
        if client.fault:
            raise client.fault


def _run(
    installation: Installation, size: Size, connections: int, forces: int, number: int
) -> dict[str, Any]:
    half = installation.crimes // 2
    free = half - size.alerts  # the last ones are for the measurement of the alerts
    each = connections // forces
    clients = []
    for connection in range(connections):
        force, place = divmod(connection, each)
        first = force * half + place * (free // each)
        day = events.Day(
            f"{number}-{connection}",
            first,
            first + free // each,
            datetime.now(UTC),
            sequence=number * 1_000_000,
            first_officer=place,
            step=each,
        )
        count = _WARM_UP + max(2, int(size.feed_seconds * _FASTEST / BATCH / connections))
        bodies = deque(b"\n".join(map(events.line, day.delivery())) for _ in range(count))
        clients.append(Client(Sender(installation, installation.tokens[force]), bodies))
    send_all(clients, 0, _WARM_UP)
    began = time.monotonic()
    send_all(clients, began + size.feed_seconds, 0)
    for client in clients:
        client.sender.close()
    seconds = max(client.ended for client in clients) - began
    statuses = sum((client.statuses for client in clients), Counter())
    return {
        "connections": connections,
        "seconds": seconds,
        "statuses": dict(statuses),
        "applied_per_second": statuses["applied"] / seconds,
        "millis": [round(each, 1) for client in clients for each in client.millis],
    }
