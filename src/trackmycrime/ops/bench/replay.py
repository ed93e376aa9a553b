"""A backlog after an outage: a day of events at once into a database that holds a million, by itself and while victims
read."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trackmycrime.ops.bench import events, feed, pages
from trackmycrime.ops.bench.installation import Installation, own_environment
from trackmycrime.ops.bench.report import Figure, Report, percentile
from trackmycrime.ops.bench.sizes import Size
from trackmycrime.ops.exits import Unreachable, say
from trackmycrime.ops.tether import tethered

FURTHER = 3
"""Events of each crime that is there besides its report and its victim."""
BATCH = 1_000
FORCES = 2
WANTED_PER_SECOND, AIM = 6_000, 15_000
WANTED_SECONDS, WANTED_P95 = 40, 300
READERS, READS_PER_SECOND = 8, 16
"""Victims who read meanwhile: each asks again half a second after its page has come (`domain`: a national burst)"""


def measure(stored: Installation, size: Size, report: Report) -> None:
    """Send a backlog over one connection from each of two forces, as fast as it is answered; then another one while
    pages are read."""
    there = int(stored.inside("owner", "stored"))
    who = pages.visit(stored)
    senders = [feed.Sender(stored, token) for token in stored.tokens[:FORCES]]
    days = [_day(stored, force) for force in range(FORCES)]
    each = size.backlog // BATCH // FORCES
    warm, alone, beside = ([_client(*one, count) for one in zip(senders, days, strict=True)]
                           for count in (_warm_up(size), each, each))  # fmt: skip
    feed.send_all(warm, 0, _warm_up(size))
    begin, memory = datetime.now(UTC), [_memory()]
    by_itself = _sent(alone)
    memory.append(_memory())
    with _readers(who) as reading:
        meanwhile = _sent(beside)
        read = reading()
    memory.append(_memory())
    for sender in senders:
        sender.close()
    copied = stored.inside("owner", "copy", since=begin.isoformat(), most=50_000, batch=BATCH)
    chain = stored.inside("owner", "chain", since=begin.isoformat(), most=50_000, batch=BATCH)
    report.raw["replay"] = {
        "stored": there, "alone": by_itself, "beside": meanwhile, "copy": copied, "chain": chain,
        "memory": memory, "read": {**read, "millis": len(read["millis"])},
        "millis": [round(each, 1) for client in (*alone, *beside) for each in client.millis],
    }  # fmt: skip
    report.figures += [
        _rate(there, by_itself, copied["batches"], chain),
        *_outage(meanwhile, read),
        Figure(
            "replay: memory of the gateway's processes, before / after a day / after another one",
            f"{' / '.join(f'{each:.0f}' for each in memory)} MiB",
            wanted="flat (another day adds less than a tenth)",
            met=memory[2] <= memory[1] * 1.1,
        ),
    ]


def _sent(clients: list[feed.Client]) -> dict[str, Any]:
    """All that these have to send is sent: in how many seconds, and what became of it."""
    began = time.monotonic()
    feed.send_all(clients, began + 600, 0)
    seconds = max(client.ended for client in clients) - began
    statuses = sum((client.statuses for client in clients), Counter())
    return {"seconds": seconds, "sent": statuses.total(), "statuses": dict(statuses)}


def _rate(there: int, run: dict[str, Any], copied: float, chain: float) -> Figure:
    sent, rate = run["sent"], run["sent"] / run["seconds"]
    of = ", ".join(f"{count / sent:.0%} {name}" for name, count in sorted(run["statuses"].items()))
    say(f"bench: replay: {sent:,} events in {run['seconds']:.1f} s, {rate:,.0f} a second ({of})")
    return Figure(
        f"replay: events/s with {there:,} stored, deliveries of {BATCH:,} ({of})",
        f"{rate:,.0f}, of them {run['statuses'].get('applied', 0) / run['seconds']:,.0f} applied",
        f"INSERT … SELECT with four effects {chain:,.0f} rows/s: 1/{chain / rate:.1f};"
        f" COPY {copied:,.0f} rows/s: 1/{copied / rate:.0f}",
        f"≥ {WANTED_PER_SECOND:,} (aim: {AIM:,})",
        rate >= WANTED_PER_SECOND,
    )


def _outage(run: dict[str, Any], read: dict[str, Any]) -> list[Figure]:
    p95 = percentile(read["millis"], 0.95)
    say(
        f"bench: replay: {run['sent']:,} more in {run['seconds']:.1f} s while pages are read, p95 {p95:.0f} ms"
    )
    return [
        Figure(
            f"replay: seconds for {run['sent']:,} events while pages are read",
            f"{run['seconds']:.1f}",
            wanted=f"< {WANTED_SECONDS}",
            met=run["seconds"] < WANTED_SECONDS,
        ),
        Figure(
            "replay: a page meanwhile, median / 95th percentile",
            f"{percentile(read['millis'], 0.5):.0f} / {p95:.0f} ms",
            f"{len(read['millis']):,} pages, {READERS} readers",
            f"< {WANTED_P95} ms",
            p95 < WANTED_P95,
        ),
    ]


def _warm_up(size: Size) -> int:
    """Deliveries of each connection that are not counted: after them every thread of the gateway has had its share, and
    every statement is prepared."""
    return 1 + min(9, size.backlog // BATCH // FORCES // 5)


def _day(stored: Installation, force: int) -> events.Day:
    half = stored.crimes // FORCES
    first = force * half
    return events.Day(f"backlog-{force}", first, first + half, datetime.now(UTC), sequence=9_000_000)


def _client(sender: feed.Sender, day: events.Day, deliveries: int) -> feed.Client:
    return feed.Client(sender, deque(b"\n".join(day.backlog(BATCH)) for _ in range(deliveries)))


@contextlib.contextmanager
def _readers(who: pages.Visitor) -> Iterator[Any]:
    """Victims who read their case for the length of the block; what is yielded ends them and says what they met."""
    asked = {
        "url": who.url, "headers": who.headers(), "cookies": [who.sends(who.cookie)], "connections": READERS,
        "seconds": 600, "pause": READERS / READS_PER_SECOND,
    }  # fmt: skip
    argv = [sys.executable, "-m", "trackmycrime.ops.bench.client", json.dumps(asked)]
    running = subprocess.Popen(
        tethered(argv), env=own_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )

    def end() -> dict[str, Any]:
        said, _ = running.communicate()  # the end of its standard input ends it
        if running.returncode:
            raise Unreachable(f"the client of the pages ended with {running.returncode}")
        read: dict[str, Any] = json.loads(said)
        if set(read["statuses"]) - {"200"}:
            raise Unreachable(f"{who.url} answered {read['statuses']}")
        return read

    try:
        yield end
    finally:
        if running.poll() is None:
            running.kill()
            running.wait()


def _memory() -> float:
    """MiB of this machine's gateway processes that are theirs alone (private and proportional shares of shared)."""
    total = 0
    for process in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if process.name.isdigit() and b"wsgi_gateway" in (process / "cmdline").read_bytes():
                lines = (process / "smaps_rollup").read_text().splitlines()
                total += sum(int(one.split()[1]) for one in lines if one.startswith("Pss:"))
    return total / 1024
