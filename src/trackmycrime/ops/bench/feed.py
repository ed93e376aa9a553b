"""How fast the feed takes events, beside COPY of the same rows."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from trackmycrime.ops.bench.figures import Report, percentile
from trackmycrime.ops.bench.place import Place, place, progress
from trackmycrime.ops.bench.traffic import Sender, Traffic, body

FORCES = ("bench-one", "bench-two")
BATCH = 500


def run(*, crimes: int, seconds: float) -> Report:
    """Load `crimes` crimes with a victim each as history, then send mixed deliveries for `seconds` per round."""
    report = Report("feed")
    with place(processes=2) as here:
        loaded = _load(here, crimes)
        report.say(
            "crimes in the database before", f"{crimes:,} (loaded through the feed as history)", crimes=crimes
        )
        for clients in (1, 2):
            _round(here, report, loaded[:clients], seconds)
        _yardstick(here, report)
    return report


def _load(here: Place, crimes: int) -> list[tuple[Traffic, str]]:
    """Two forces with half of the crimes each; gives each one's traffic from now on, and the token of its source."""
    loaded = []
    for slug in FORCES:
        here.command("force", "add", slug, "--name", slug.title(), "--languages", "en")
        traffic = Traffic(slug, datetime.now(UTC) - timedelta(days=60))
        loaded.append((traffic, here.source(slug, live_from="now")))

    def load(traffic: Traffic, token: str) -> None:
        sender = Sender(here.gateway, token)
        staff = [traffic.event("officer.changed", f"O{n}", {"name": "Amara Okafor"}) for n in range(200)]
        sender.send(
            body([*staff, traffic.event("unit.changed", "U1", {"name": {"en": "the Burglary Team"}})])
        )
        while len(traffic.known) < crimes // 2:
            sender.send(body([e for _ in range(500) for e in traffic.report()]))
            if len(traffic.known) % 10_000 == 0:
                progress(f"{traffic.name}: {len(traffic.known):,} crimes loaded")
        traffic.at = datetime.now(UTC)

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(load, *pair) for pair in loaded]:
            done.result()
    here.settle()
    return loaded


def _round(here: Place, report: Report, loaded: list[tuple[Traffic, str]], seconds: float) -> None:
    """Send for so long on one connection for each force; what is sent is made beforehand."""
    wanted = int(seconds * 3000 / BATCH) + 1
    prepared = [(token, [body(traffic.mixed(BATCH)) for _ in range(wanted)]) for traffic, token in loaded]
    progress(f"feed with {len(loaded)} connection(s)")
    until = time.monotonic() + seconds

    def send(token: str, bodies: list[bytes]) -> list[tuple[float, dict[str, int]]]:
        sender, took = Sender(here.gateway, token), []
        for one in bodies:
            began = time.monotonic()
            if began >= until:
                break
            counts = sender.send(one)
            took.append((time.monotonic() - began, counts))
        return took

    began = time.monotonic()
    with ThreadPoolExecutor(len(prepared)) as pool:
        rounds = [one for done in [pool.submit(send, *each) for each in prepared] for one in done.result()]
    lasted = time.monotonic() - began
    totals: dict[str, int] = {}
    for _, counts in rounds:
        for status, number in counts.items():
            totals[status] = totals.get(status, 0) + number
    applied = totals.get("applied", 0) / lasted
    millis = [took * 1000 for took, _ in rounds]
    name = "1 connection" if len(loaded) == 1 else f"{len(loaded)} connections, a force each"
    report.say(
        f"applied through HTTP, batches of {BATCH}, {name}",
        f"**{applied:,.0f} events/s** (a batch: p50 {percentile(millis, 0.5):.0f} ms,"
        f" p95 {percentile(millis, 0.95):.0f} ms)",
        **{f"applied_per_second_{len(loaded)}": applied, f"statuses_{len(loaded)}": totals},
    )


def _yardstick(here: Place, report: Report) -> None:
    """COPY of the very event rows, into an unlogged table of the same columns without an index."""
    with here.database() as own:
        rows = own.execute("select count(*) from feed_event").fetchone()
        taken = min(int(rows[0]) if rows else 0, 50_000)
        chosen = f"copy (select * from feed_event limit {taken}) to stdout (format binary)"  # noqa: S608
        with own.cursor().copy(chosen) as out:
            blocks = [bytes(block) for block in out]
        own.execute("create unlogged table yardstick (like feed_event)")
        began = time.monotonic()
        with own.cursor().copy("copy yardstick from stdin (format binary)") as into:
            for block in blocks:
                into.write(block)
        rate = taken / (time.monotonic() - began)
        own.execute("drop table yardstick")
    best = max(value for name, value in report.raw.items() if name.startswith("applied_per_second"))
    report.say("yardstick: COPY of the same event rows", f"{rate:,.0f} rows/s", copy_rows_per_second=rate)
    report.say(
        "applied events to one row copied", f"1/{rate / best:.0f} (wanted: 1/40 or better)", ratio=best / rate
    )
