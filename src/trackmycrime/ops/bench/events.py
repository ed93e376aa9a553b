"""The made-up events that the measurements send. Nobody in them exists.

A crime is a number, so that all processes of a run agree on it without telling each other.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from trackmycrime.ops.bench.sizes import BATCH, ENTRIES

OFFICERS = 200
UNITS = 20
MIX = {"new": 20, "state": 40, "update": 30, "officer": 5, "withdrawn": 5}
"""Percent of the events of a delivery. «new» are new crimes and their victims, half each."""
_STRIDE = 7919
"""Between one target and the next; a prime, so that all are reached."""
PAGE_CRIME = "PAGE-1"
PAGE_PERSON = "page-person"
PAGE_EMAIL = "page.person@example.org"

_SAID = (
    "We have spoken to the people who live near the place, and asked the shops for their recordings. We are looking at"
    " them now.\n\nYou do not have to do anything. We will tell you as soon as we know more."
)
_CATEGORIES = ("burglary", "bicycle-theft", "vehicle-crime", "other-theft", "criminal-damage-arson")


def reference(number: int) -> str:
    """The reference of a crime that is there before anything is measured."""
    return f"BENCH-{number:07d}"


def person(number: int) -> str:
    """The records system's id of that crime's victim."""
    return f"P{number}"


def email(number: int) -> str:
    """That victim's address: nobody else has it, so that a mail tells whose it is."""
    return f"v{number}@example.org"


def line(event: dict[str, Any]) -> bytes:
    """An event as a line of NDJSON."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def _event(type_: str, subject: str, sequence: int, time: datetime, data: dict[str, Any]) -> dict[str, Any]:
    own = data.get("victim") or data.get("update") or ""
    return {
        "specversion": "1.0",
        "id": f"{type_}/{subject}/{own}/{sequence}",
        "source": "https://records.example.org",
        "type": type_,
        "subject": subject,
        "time": _moment(time),
        "sequence": str(sequence),
        "data": data,
    }


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _crime(number: int, stage: str, reported: datetime) -> dict[str, Any]:
    category = _CATEGORIES[number % len(_CATEGORIES)]
    return {
        "offence": {"name": category.replace("-", " ").capitalize(), "category": category},
        "reported_at": _moment(reported),
        "place": f"On or near Example Road {number % 900}",
        "stage": stage,
        "officer": f"O{number % OFFICERS}",
        "unit": f"U{number % UNITS}",
        "flags": [],
    }


def _victim(person_id: str, address: str, number: int) -> dict[str, Any]:
    data = {
        "victim": person_id,
        "role": "victim",
        "name": f"Made-up Person {number}",
        "email": address,
        "mobile": f"07700 900{number % 1000:03d}",
        "language": "en",
        "born_on": "1984-03-12",
    }
    if number % 4 == 1:  # these do not join before anything is measured (see `joins`)
        data["preferred_channel"] = "text"
    return data


def joins(number: int) -> bool:
    """Whether the victim of that crime has joined before anything is measured: every second one."""
    return number % 2 == 0


def staff(time: datetime) -> Iterator[dict[str, Any]]:
    """All units and officers."""
    for number in range(UNITS):
        data = {"name": {"en": f"Example Unit {number}"}, "phone": "101", "active": True}
        yield _event("unit.changed", f"U{number}", 1, time, data)
    for number in range(OFFICERS):
        yield _officer(number, 1, time)


def _officer(number: int, sequence: int, time: datetime) -> dict[str, Any]:
    data = {
        "name": f"Officer Example {number}",
        "collar_number": str(4000 + number),
        "rank": "Police Constable" if sequence % 2 else "Sergeant",
        "unit": f"U{number % UNITS}",
        "email": f"officer{number}@police.example.org",
        "active": True,
    }
    return _event("officer.changed", f"O{number}", sequence, time, data)


def loaded(first: int, count: int, before: datetime, further: int = 0) -> Iterator[dict[str, Any]]:
    """The crimes that are there already, each with a victim and `further` events: all history, of the last year."""
    for number in range(first, first + count):
        time = before - timedelta(days=2, minutes=(number * 7919) % 500_000)
        subject = reference(number)
        yield _event("crime.changed", subject, 1, time, _crime(number, "reported", time))
        yield _event("victim.changed", subject, 2, time, _victim(person(number), email(number), number))
        for more in range(further):
            then = time + timedelta(hours=more + 1)
            if more % 2:
                yield written(subject, 3 + more, then)
            else:
                stage = ("investigating", "suspect_identified")[more // 2 % 2]
                yield _event("crime.changed", subject, 3 + more, then, _crime(number, stage, time))


def page(before: datetime) -> Iterator[dict[str, Any]]:
    """The crime whose page is measured: a victim, and updates over some weeks."""
    begin = before - timedelta(days=40)
    yield _event("crime.changed", PAGE_CRIME, 1, begin, _crime(0, "reported", begin))
    yield _event("victim.changed", PAGE_CRIME, 2, begin, _victim(PAGE_PERSON, PAGE_EMAIL, 0))
    for number in range(ENTRIES - 1):
        yield written(PAGE_CRIME, 10 + number, begin + timedelta(days=2 * number + 2))


def written(subject: str, sequence: int, time: datetime) -> dict[str, Any]:
    """An update in an officer's words."""
    data = {
        "update": f"{subject}.{sequence}",
        "milestone": "note" if sequence % 2 else "still_working",
        "happened_at": _moment(time),
        "text": {"en": _SAID},
    }
    return _event("update.published", subject, sequence, time, data)


@dataclass
class Day:
    """What one connection of a records system sends on a busy day, delivery by delivery.

    It is about the crimes from `first` up to `end` and each `step`-th officer from `first_officer` on, which no other
    connection touches, so that everything is applied. Each crime is the target of one event before any is again.
    `sequence` is above all that was sent before; `name` keeps apart what is new.
    """

    name: str
    first: int
    end: int
    now: datetime
    sequence: int
    first_officer: int = 0
    step: int = 1
    _at: int = 0
    _new: int = 0
    _officers: int = 0
    _updates: deque[tuple[str, str]] = field(default_factory=deque)
    _sent: list[bytes] = field(default_factory=list)
    _states: list[str] = field(default_factory=list)

    def delivery(self, size: int = BATCH) -> list[dict[str, Any]]:
        """The next `size` events."""
        count = {kind: size * share // 100 for kind, share in MIX.items()}
        taken_back = [self._taken_back(number) for number in range(count["withdrawn"])]
        made = [event for _ in range(count["new"] // 2) for event in self._report()]
        made += [self._state() for _ in range(count["state"])]
        made += [self._update() for _ in range(count["update"])]
        made += [self._officer() for _ in range(count["officer"])]
        return taken_back + made  # in the order of their sequences

    def backlog(self, size: int) -> list[bytes]:
        """The next `size` events of what a records system sends after an outage, as lines: a sixth is what was sent
        before, a sixth is older than what is known by now, the rest is as in `delivery`. All mixed."""
        repeats = [self._sent[-1 - n] for n in range(min(size // 6, len(self._sent)))]
        stale = [line(self._late(n)) for n in range(min(size // 6, len(self._states)))]
        fresh = self.delivery(size - len(repeats) - len(stale))
        self._states = [event["subject"] for event in fresh if event["subject"].startswith("BENCH")
                        and event["type"] == "crime.changed"]  # fmt: skip
        lines = [line(event) for event in fresh]
        self._sent = lines
        third = iter([each for pair in zip(repeats, stale, strict=False) for each in pair])
        mixed = []
        for number, each in enumerate(lines):
            mixed.append(each)
            if number % 2:
                mixed += [one for one in (next(third, None),) if one]
        return mixed + list(third)

    def _late(self, number: int) -> dict[str, Any]:
        """A state of a crime from before the one that is known, which nobody has sent yet."""
        subject = self._states[number]
        crime = _crime(int(subject.removeprefix("BENCH-")), "reported", self.now - timedelta(days=30))
        return _event("crime.changed", subject, 1_000 + self.sequence % 1_000, self.now, crime)

    def _target(self) -> int:
        self._at += 1
        return self.first + (self._at * _STRIDE) % (self.end - self.first)

    def _next(self) -> int:
        self.sequence += 1
        return self.sequence

    def _report(self) -> list[dict[str, Any]]:
        self._new += 1
        number, subject = self._new, f"NEW-{self.name}-{self._new}"
        who, address = f"N{self.name}-{number}", f"new.{self.name}.{number}@example.org"
        crime, victim = _crime(number, "reported", self.now), _victim(who, address, number)
        return [
            _event("crime.changed", subject, self._next(), self.now, crime),
            _event("victim.changed", subject, self._next(), self.now, victim),
        ]

    def _state(self) -> dict[str, Any]:
        number = self._target()
        data = _crime(number, "investigating", self.now - timedelta(days=30))
        return _event("crime.changed", reference(number), self._next(), self.now, data)

    def _update(self) -> dict[str, Any]:
        event = written(reference(self._target()), self._next(), self.now)
        self._updates.append((event["subject"], event["data"]["update"]))
        return event

    def _officer(self) -> dict[str, Any]:
        self._officers += self.step
        return _officer((self.first_officer + self._officers) % OFFICERS, self._next(), self.now)

    def _taken_back(self, number: int) -> dict[str, Any]:
        """An update of an earlier delivery where there is one, else a crime or a victim."""
        sequence = self._next()
        if number % 2 and self._updates:
            subject, update = self._updates.popleft()
            return _event(
                "update.withdrawn", subject, sequence, self.now, {"update": update, "reason": "mistake"}
            )
        target = self._target()
        subject = reference(target)
        if number % 4:
            return _event("crime.withdrawn", subject, sequence, self.now, {"reason": "no_crime"})
        data = {"victim": person(target), "reason": "declined"}
        return _event("victim.withdrawn", subject, sequence, self.now, data)
