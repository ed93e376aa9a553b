"""How many events a second the feed applies, through real HTTP, beside COPY of the same rows."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
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
_FASTEST = 8_000
"""Events a second for which deliveries are made in advance."""


class Sender:
    """A kept connection to the gateway."""

    def __init__(self, installation: Installation) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(installation.gateway).netloc, timeout=60)
        self._headers = {
            "Authorization": f"Bearer {installation.token}",
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
class _Client:
    """One connection that sends deliveries, each as soon as the one before was answered."""

    sender: Sender
    bodies: list[bytes]
    millis: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    ended: float = 0.0
    fault: Exception | None = None

    def run(self, until: float) -> None:
        try:
            for body in self.bodies:
                began = time.monotonic()
                if began >= until:
                    break
                results = self.sender.send(body)
                self.millis.append((time.monotonic() - began) * 1000)
                self.statuses.update(str(result["status"]) for result in results)
        except Exception as fault:  # said by the main thread
            self.fault = fault
        self.ended = time.monotonic()


def measure(installation: Installation, sink: Sink, size: Size, report: Report) -> None:
    """Send deliveries of 500 over one connection, then over two; then COPY what came in."""
    begin = datetime.now(UTC)
    best = 0.0
    figures = []
    for connections in (1, 2):
        run = _run(installation, size, connections)
        before = len(sink.mails())
        run["sent_after"] = installation.settle()
        run["mails_so_far"] = before
        report.raw[f"feed_{connections}"] = run
        rate = run["applied_per_second"]
        best = max(best, rate)
        batches = f"{percentile(run['millis'], 0.5):.0f} / {percentile(run['millis'], 0.95):.0f} ms"
        say(f"bench: feed, {connections} connection(s): {rate:,.0f} applied events/s, {batches}")
        figures.append((connections, rate, batches))
    copied = installation.inside("owner", "copy", since=begin.isoformat(), most=50_000, batch=BATCH)
    report.raw["copy"] = copied
    for connections, rate, batches in figures:
        report.figures += [
            Figure(
                f"feed: applied events/s, deliveries of {BATCH}, {connections} connection(s)",
                f"{rate:,.0f}",
                f"COPY {copied['batches']:,.0f} rows/s: 1/{copied['batches'] / rate:.0f}",
                f"≥ {WANTED_PER_SECOND:,} and ≥ 1/{WANTED_RATIO}",
                rate >= WANTED_PER_SECOND and rate * WANTED_RATIO >= copied["batches"],
            ),
            Figure(f"feed: p50 / p95 of a delivery, {connections} connection(s)", batches),
        ]
    whole = copied["whole"]
    report.figures.append(
        Figure("feed: against one COPY of ready-made text", f"1/{whole / best:.0f}", f"{whole:,.0f} rows/s")
    )


def _run(installation: Installation, size: Size, connections: int) -> dict[str, Any]:
    free = installation.crimes - size.alerts  # the last ones are for the measurement of the alerts
    width = free // connections
    clients = []
    for number in range(connections):
        day = events.Day(
            f"{connections}-{number}",
            number * width,
            (number + 1) * width,
            datetime.now(UTC),
            sequence=connections * 1_000_000,
            first_officer=number,
            step=connections,
        )
        count = max(2, int(size.feed_seconds * _FASTEST / BATCH / connections))
        bodies = [b"\n".join(map(events.line, day.delivery())) for _ in range(count)]
        clients.append(_Client(Sender(installation), bodies[1:]))
        clients[-1].sender.send(bodies[0])  # the gateway is warm
    began = time.monotonic()
    threads = [threading.Thread(target=client.run, args=(began + size.feed_seconds,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for client in clients:
        client.sender.close()
        if client.fault:
            raise client.fault
    seconds = max(client.ended for client in clients) - began
    statuses = sum((client.statuses for client in clients), Counter())
    return {
        "connections": connections,
        "seconds": seconds,
        "statuses": dict(statuses),
        "applied_per_second": statuses["applied"] / seconds,
        "millis": [round(each, 1) for client in clients for each in client.millis],
    }
