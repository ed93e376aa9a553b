"""How many letters a second two workers claim, render, send and record; and what a claim costs in a full table."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trackmycrime.ops.bench import alerts
from trackmycrime.ops.bench.installation import Installation, installation, own_environment, program, sink
from trackmycrime.ops.bench.report import Figure, Report
from trackmycrime.ops.bench.sizes import Size
from trackmycrime.ops.exits import Unreachable, say

WORKERS = 2
_PATIENCE = 300.0


@dataclass(frozen=True)
class Run:
    """A burst to one kind of provider, which takes `seconds` for each letter."""

    name: str
    channel: str
    seconds: float
    wanted: float
    """Letters a second"""
    aim: str
    connections: int
    """Of each worker, at most"""
    per: str = "s"


LOCAL = Run("mails to a local sink", "email", 0.0, 1_500, "aim: 2,500", 64)
RELAY = Run("mails through a relay that takes 30 ms", "email", 0.03, 800, "aim: 1,300", 64)
TEXTS = Run("texts through a gateway that takes 200 ms", "text", 0.2, 2_000 / 60, "", 16, "min")


def measure(above: Path, size: Size, report: Report) -> None:
    """Hold the channel, tell, start two workers, let go, and count what was written down until the last."""
    runs = [(LOCAL, size.letters), (RELAY, size.letters // 2), (TEXTS, size.letters // 20)]
    with installation(above, "letters", {}, 2 * sum(count for _, count in runs)) as one:
        first = 0
        for run, count in runs:
            report.figures.append(_burst(above, one, run, first, count, report))
            first += count
        _claims(one, size, report)


def _burst(above: Path, one: Installation, run: Run, first: int, count: int, report: Report) -> Figure:
    half = one.crimes // 2
    blocks = [
        (1, first),
        (2, first + half),
    ]  # a part of each force's crimes, of which every second has joined
    one.inside("owner", "hold", channel=run.channel)
    for force, start in blocks:
        if run.channel != "email":
            one.inside("owner", "choose", channel=run.channel, first=start, count=count)
        one.inside("gateway", "tell", force=force, first=start, count=count)
    with contextlib.ExitStack() as held:
        settings, bare = held.enter_context(_provider(above, run))
        log = above / f"{run.channel}-workers.log"
        working = [held.enter_context(one.worker(settings, log)) for _ in range(WORKERS)]
        _wait(lambda: one.inside("owner", "workers") > WORKERS, "the workers did not start")
        idle = sum(_processor_seconds(each.pid) for each in working)
        began = one.inside("owner", "release", channel=run.channel)
        _wait(lambda: not one.inside("owner", "unsent"), "the letters were not sent")
        cpu = sum(_processor_seconds(each.pid) for each in working) - idle
    done: dict[str, Any] = one.inside("owner", "outcome", since=began)
    rate = done["accepted"] / done["seconds"]
    each = cpu / max(done["accepted"], 1) * 1e6
    report.raw[f"letters: {run.name}"] = {**done, "worker_cpu_us": each}
    say(f"bench: {run.name}: {rate:,.0f}/s, {each:.0f} µs of the workers' processor time for each")
    times = 60 if run.per == "min" else 1
    most = WORKERS * run.connections / run.seconds * times if run.seconds else 0
    yardstick = f"{WORKERS * run.connections} connections cannot do more than {most:,.0f}" if most else bare
    return Figure(
        f"letters: {run.name}, two workers, of {done['letters']:,}",
        f"{rate * times:,.0f}/{run.per}, {done['again'] or 'none'} twice",
        yardstick,
        f"≥ {run.wanted * times:,.0f}/{run.per}{f' ({run.aim})' if run.aim else ''}",
        rate >= run.wanted and done["accepted"] == done["letters"],
    )


@contextlib.contextmanager
def _provider(above: Path, run: Run) -> Iterator[tuple[dict[str, str], str]]:
    """The settings of the provider, and what a bare sender reaches with it; Postfix's smtp-sink where that is."""
    found = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if run is LOCAL and found:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        with program(
            [found, *user, f"127.0.0.1:{port}", "512"], env=own_environment(), log=above / "smtp-sink.log"
        ):
            _wait(lambda: _answers(port), "smtp-sink did not start")
            yield {"TMC_EMAIL_URL": f"smtp://127.0.0.1:{port}"}, f"smtplib alone to smtp-sink: {_alone(port)}"
        return
    mail, text = (run.seconds, 0.0) if run.channel == "email" else (0.0, run.seconds)
    with sink(above, f"{run.channel}-{run.seconds}", mail, text) as running:
        yield dict(running.settings), "" if run.seconds else f"smtplib alone: {_alone(running.port)}"


def _alone(port: int) -> str:
    millis = alerts.bare(port)
    return f"{1000 * len(millis) / sum(millis):,.0f}/s on one connection"


def _claims(one: Installation, size: Size, report: Report) -> None:
    """A claim with few letters in the table and with many, most of them done, a tenth waiting behind a hold."""
    one.inside("owner", "hold", channel="email", force=2)
    one.inside("owner", "pile", count=256, state="prepared")
    before = one.inside("owner", "claim", most=64, times=50)
    one.inside("owner", "pile", count=size.pile, state="accepted")
    one.inside("owner", "pile", count=size.pile // 5, state="prepared")
    after = one.inside("owner", "claim", most=64, times=50)
    report.raw["claims"] = {"few": before, "many": after}
    report.figures.append(
        Figure(
            f"letters: claim of 64 with {size.pile:,} more in the table, {size.pile // 10:,} of them held",
            f"{after['millis']:.1f} ms",
            f"with few: {before['millis']:.1f} ms",
            "not slower (within a half)",
            after["millis"] <= before["millis"] * 1.5 + 0.5,
        )
    )


def _processor_seconds(pid: int) -> float:
    try:
        said = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(said[11]) + int(said[12])) / os.sysconf("SC_CLK_TCK")


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def _wait(ready: Any, otherwise: str) -> None:
    until = time.monotonic() + _PATIENCE
    while not ready():
        if time.monotonic() > until:
            raise Unreachable(otherwise)
        time.sleep(0.3)
