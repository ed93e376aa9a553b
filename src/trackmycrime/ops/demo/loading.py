"""Loading extracts into the demo: what is history now, and what is kept to happen live.

Of real extracts the street files come first. Live come then the dated outcomes, month by month, and what a
later release of the same months shows.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from trackmycrime.feed.agent.gateway import Gateway
from trackmycrime.feed.connectors import police_uk
from trackmycrime.feed.connectors.events import Made, as_line
from trackmycrime.feed.connectors.refusals import Refusal
from trackmycrime.ops.demo.live import TRACKED, Case
from trackmycrime.ops.exits import say
from trackmycrime.ops.push import record
from trackmycrime.ops.push.inputs import Inputs, Item
from trackmycrime.ops.push.run import Pusher, Sums, save_to

_MOST_CASES = 400
_TELL_EVERY = 15.0


@dataclass
class Loading(Inputs):
    """The extracts of one force. `keep_back` keeps dated outcomes and later releases for `later`.

    `cases` are recent crimes that go on and can be tracked; `later` are events as JSON, with month and place in
    the order in which they are to happen.
    """

    keep_back: bool = False
    cases: list[Case] = field(default_factory=list)
    later: list[tuple[int, int, bytes]] = field(default_factory=list)
    crimes: int = 0
    victims: dict[str, str] = field(default_factory=dict)
    """Who is the victim of a crime in which something is kept to happen, by reference."""

    def stream(self) -> Iterator[Item | Refusal]:
        """Events to load now and what was refused; fills `cases`, `later`, `victims` and `crimes` on the way."""
        (force,) = self.forces
        releases = sorted({file.release for file in self.extracts if file.release is not None})
        newest = max(file.month for file in self.extracts)
        with police_uk.Reading(force, True, self.rows) as reading:
            yield from self._read(reading)
            for subject, life in groupby(reading.events(), key=lambda made: str(made.event["subject"])):
                yield from self._life(force, subject, list(life), releases, newest)
            self.later.sort(key=lambda each: each[:2])

    def _life(
        self, force: str, subject: str, life: list[Made], releases: list[int], newest: int
    ) -> Iterator[Item]:
        """One crime's events, or one unit's or officer's: some are loaded, some kept for later."""
        self.crimes += life[0].step == "recorded"
        people = [made.event["data"] for made in life if made.step == "victim"]
        victim = people[0]["victim"] if people and _reachable(people[0]) else ""
        waits, before = False, None
        for made in life if self.keep_back else _short(life):
            waits = waits or (self.keep_back and _later(made, releases))
            line = as_line(made.event)
            if not waits:
                yield Item(made.event["id"], made.event["type"], subject, line, "", 0, 0, 1)
            elif victim and _seen(made) != before:
                self.victims[subject] = victim
                self.later.append((made.month, int(made.event["sequence"]) >> 32 & 255, line))
            before = _seen(made)
        if victim and life[-1].step == "shown" and life[-1].month >= newest - 1:
            self._keep_case(force, subject, victim, life[-1].event["data"])

    def _keep_case(self, force: str, subject: str, victim: str, data: dict[str, Any]) -> None:
        goes_on = data["stage"] == "investigating" and data["offence"]["category"] in TRACKED
        if goes_on and len(self.cases) < _MOST_CASES:
            self.cases.append(Case(force, subject, data, victim))


def load(loading: Loading, gateway: Gateway, folder: Path) -> Sums | None:
    """Send what is history; goes on where it stopped, and sends nothing of what was loaded before (None).

    Raises Away and Denied.
    """
    (force,) = loading.forces
    report, state = folder / f"{force}.report.ndjson", folder / f"{force}.state"
    key = loading.fingerprint()
    if record.is_finished(state, key):
        for _ in loading.stream():
            pass  # read for the cases that go on
        return None
    progress = record.load(state, report, key)
    with record.Report(report, progress.report_bytes) as held:
        return Pusher(loading, held, progress, save_to(state), 1000, _telling(force)).send(gateway)


def _telling(force: str) -> Callable[[int], None]:
    """Says now and then how much was loaded: real extracts take minutes."""
    sent, due = 0, time.monotonic() + _TELL_EVERY

    def step(events: int) -> None:
        nonlocal sent, due
        sent += events
        if time.monotonic() >= due:
            due = time.monotonic() + _TELL_EVERY
            say(f"demo: {force}: {sent:,} events loaded")

    return step


def happening_now(line: bytes, now: datetime) -> dict[str, Any]:
    """A kept event, as if it happened now: it is told and alerted like one that does."""
    event: dict[str, Any] = json.loads(line)
    event["time"] = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    event["id"] = f"{event['id']}.{int(now.timestamp() * 1000)}"
    if "happened_at" in event["data"]:
        event["data"]["happened_at"] = event["time"]
    return event


def _short(life: list[Made]) -> list[Made]:
    """A generated crime's events, with what the demo does not need left out, so that it is up sooner.

    A crime that nobody may track has no use for a victim; one that is only being worked on is told as that from
    the beginning.
    """
    if life[0].step != "recorded":
        return life
    if life[0].event["data"]["offence"]["category"] not in TRACKED:
        life = [made for made in life if made.step != "victim"]
    last = life[-1]
    if last.step == "shown" and [made.step for made in life if made.step != "victim"] == [
        "recorded",
        "shown",
    ]:
        begun = last.event | {"time": life[0].event["time"], "id": f"{last.event['id']}.begun"}
        return [Made("recorded", last.month, begun), *(made for made in life if made.step == "victim")]
    return life


def _later(made: Made, releases: list[int]) -> bool:
    """Whether this is what happens after the street files of the first release. Outcomes of crimes that no street
    file shows have nobody to tell, and are not worth waiting for."""
    if made.step == "outcome":
        return True
    return made.step == "shown" and len(releases) > 1 and made.month > releases[0]


def _seen(made: Made) -> tuple[object, ...]:
    """What a victim could notice of an event: most statuses that change between releases say the same."""
    data = made.event["data"]
    if made.event["type"] != "crime.changed":
        return (made.event["id"],)
    return data["stage"], data.get("outcome", {}).get("code")


def _reachable(victim: dict[str, Any]) -> bool:
    """Whether a machine may write to this made-up victim, so that something is to be seen."""
    return "safe_contact" not in victim and "email" in victim
