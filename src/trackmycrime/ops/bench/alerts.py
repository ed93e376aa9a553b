"""How long it takes from the feed's 200 to the mail that a mail server has accepted."""

from __future__ import annotations

import smtplib
import time
from datetime import UTC, datetime
from email.message import EmailMessage
from urllib.parse import urlsplit

from trackmycrime.ops.bench.figures import Report, percentile
from trackmycrime.ops.bench.people import join
from trackmycrime.ops.bench.place import Place, place, progress
from trackmycrime.ops.bench.traffic import Sender, Traffic, body

PER_SECOND = 20


def run(*, seconds: float) -> Report:
    """Send 20 events a second, each to a victim who has joined, and look up when each one's mail was accepted."""
    report = Report("alerts")
    with place() as here:
        here.command("force", "add", "bench", "--name", "Bench Police", "--languages", "en")
        sender = Sender(here.gateway, here.source("bench", live_from="always"))
        traffic = Traffic("bench", datetime.now(UTC))
        wanted = int(seconds * PER_SECOND)
        while len(traffic.known) < wanted:
            sender.send(body([event for _ in range(min(250, wanted)) for event in traffic.report()]))
        join(here, [f"bench.{number}@example.org" for number in range(wanted)])
        _drained(here, wanted)
        here.mails.write_text("")
        here.settle()
        progress(f"alerts: {wanted} events at {PER_SECOND} a second")
        answered = _send(sender, traffic, wanted)
        _drained(here, wanted)
        accepted = {line.split()[1]: float(line.split()[0]) for line in here.mails.read_text().splitlines()}
        millis = [(accepted[who] - at) * 1000 for who, at in answered.items() if who in accepted]
        p50, p95, p99 = (percentile(millis, share) for share in (0.5, 0.95, 0.99))
        report.say(
            f"from the 200 to the mail accepted, {PER_SECOND} events/s",
            f"**median {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms** ({len(millis)} of {wanted} mails)",
            p50_ms=p50, p95_ms=p95, p99_ms=p99, mails=len(millis), events=wanted,
        )  # fmt: skip
        _yardstick(here, report)
    return report


def _send(sender: Sender, traffic: Traffic, wanted: int) -> dict[str, float]:
    """One event for each victim, evenly; when each was answered, by the victim's address."""
    answered: dict[str, float] = {}
    began = time.monotonic()
    for number in range(wanted):
        time.sleep(max(0.0, began + number / PER_SECOND - time.monotonic()))
        one = body([traffic.update(traffic.known[number])])
        sender.send(one)
        answered[f"bench.{number}@example.org"] = time.time()
    return answered


def _drained(here: Place, wanted: int) -> None:
    """Wait until so many mails are there."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if here.mails.exists() and here.mails.read_text().count("\n") >= wanted:
            return
        time.sleep(0.1)


def _yardstick(here: Place, report: Report) -> None:
    """The same mail server, given mails by smtplib on one kept connection."""
    where = urlsplit(here.smtp)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.org", "b@example.org", "You have an update"
    mail.set_content("There is something new for you.\n" * 10)
    with smtplib.SMTP(str(where.hostname), where.port or 25) as connection:
        began = time.monotonic()
        for _ in range(300):
            connection.send_message(mail)
        each = (time.monotonic() - began) / 300 * 1000
    report.say("yardstick: one mail by smtplib to the same server", f"{each:.1f} ms", smtplib_ms=each)
