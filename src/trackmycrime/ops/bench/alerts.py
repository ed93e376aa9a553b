"""How long it takes from the feed's 200 to the mail that the mail server has accepted."""

from __future__ import annotations

import smtplib
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.message import EmailMessage

from trackmycrime.ops.bench import events
from trackmycrime.ops.bench.feed import Sender
from trackmycrime.ops.bench.installation import Installation, Sink
from trackmycrime.ops.bench.report import Figure, Report, percentile
from trackmycrime.ops.bench.sizes import Size
from trackmycrime.ops.exits import Unreachable, say

WANTED_MEDIAN, WANTED_P99 = 15, 500
_BARE_MAILS = 300
_PATIENCE = 30.0
_WARM_UP = 20
"""The first alerts, which are not counted."""


def measure(installation: Installation, sink: Sink, size: Size, report: Report) -> None:
    """Send one update at a time, each to another victim who has joined; and mails of our own, as a yardstick."""
    installation.settle()
    numbers = [n for n in range(installation.crimes - size.alerts, installation.crimes) if events.joins(n)]
    answered = _send(installation, numbers, size.alerts_per_second)
    taken = _taken(sink, {events.email(number) for number in numbers})
    missing = len(numbers) - len(taken)
    waits = [(taken[to] - moment) / 1e6 for to, moment in list(answered.items())[_WARM_UP:] if to in taken]
    alone = bare(sink.port)
    p50, p95, p99 = (percentile(waits, share) for share in (0.5, 0.95, 0.99))
    each = percentile(alone, 0.5)
    report.raw["alerts"] = {
        "millis": [round(one, 2) for one in waits],
        "missing": missing,
        "bare_millis": alone,
    }
    say(f"bench: alerts: median {p50:.0f}, p99 {p99:.0f} ms, {missing} missing of {len(numbers)}")
    report.figures += [
        Figure(
            f"alerts: 200 to mail accepted, {size.alerts_per_second}/s, median",
            f"{p50:.1f} ms",
            f"smtplib alone: {each:.1f} ms a mail, {1000 / (sum(alone) / len(alone)):,.0f}/s",
            f"< {WANTED_MEDIAN} ms (aim: 6)",
            p50 < WANTED_MEDIAN and not missing,
        ),
        Figure("alerts: 95th percentile", f"{p95:.1f} ms"),
        Figure(
            "alerts: 99th percentile",
            f"{p99:.1f} ms",
            "",
            f"< {WANTED_P99} ms",
            p99 < WANTED_P99 and not missing,
        ),
        Figure("alerts: sent / not accepted within 30 s", f"{len(numbers)} / {missing}"),
    ]


def _send(installation: Installation, numbers: list[int], per_second: int) -> dict[str, int]:
    """When the 200 was read for each address, in nanoseconds of the monotonic clock. Sends at an even pace."""
    answered: dict[str, int] = {}
    own = threading.local()

    def send(number: int) -> None:
        if not hasattr(own, "sender"):
            own.sender = Sender(installation, installation.tokens[-1])
        event = events.written(events.reference(number), 5_000_001, datetime.now(UTC))
        (result,) = own.sender.send(events.line(event))
        answered[events.email(number)] = time.monotonic_ns()
        if result["status"] != "applied":
            raise Unreachable(f"an update was not applied: {result}")

    begin = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        waiting = []
        for count, number in enumerate(numbers):
            time.sleep(max(0.0, begin + count / per_second - time.monotonic()))
            waiting.append(pool.submit(send, number))
        for one in waiting:
            one.result()
    return answered


def _taken(sink: Sink, wanted: set[str]) -> dict[str, int]:
    """When the mail server took the last mail to each of these; waits until there is one for each."""
    until = time.monotonic() + _PATIENCE
    while True:
        taken = {to: moment for moment, to in sink.mails() if to in wanted}
        if len(taken) == len(wanted) or time.monotonic() > until:
            return taken
        time.sleep(0.2)


def bare(port: int) -> list[float]:
    """The milliseconds of each mail that nothing but smtplib sends, over one kept connection."""
    mail = EmailMessage()
    mail["From"], mail["Subject"] = "bench@example.org", "There is an update"
    mail["To"] = "yardstick@example.org"
    mail.set_content("There is something new. Sign in to read it.\n" * 12)
    millis = []
    with smtplib.SMTP("127.0.0.1", port) as server:
        for _ in range(_BARE_MAILS):
            began = time.perf_counter()
            server.send_message(mail)
            millis.append(round((time.perf_counter() - began) * 1000, 3))
    return millis
