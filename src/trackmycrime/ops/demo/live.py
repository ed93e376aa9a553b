"""The demo's police at work: what happens to recent crimes, one thing after the other, without end.

Pure but for the dice: the moment is a parameter. Each thing is a few events of one force, to be sent at once.
Sequences are milliseconds within the month, so they rise over restarts and stand above all that was loaded.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from trackmycrime.feed.connectors.months import month_of
from trackmycrime.feed.connectors.police_uk.labels import CATEGORIES
from trackmycrime.feed.connectors.police_uk.made_up import WELSH_FORCES, staff_of, victim_of
from trackmycrime.feed.connectors.police_uk.story import reference_of
from trackmycrime.ops.demo.figures import figures
from trackmycrime.ops.demo.places import place
from trackmycrime.ops.demo.sentences import AT_WORK, CORRECTED, STEPS, Sentence

TRACKED = frozenset({
    "bicycle-theft", "burglary", "criminal-damage-arson", "other-theft", "public-order", "robbery", "shoplifting",
    "theft-from-the-person", "vehicle-crime",
})  # fmt: skip
"""The categories that a new force lets victims track; others would move unseen."""

_ENDS = ("18", "18", "18", "15", "8", "21", "22", "3")


@dataclass
class Case:
    """One crime that goes on: the state last sent, and what officers wrote."""

    force: str
    reference: str
    data: dict[str, Any]
    victim: str = ""
    steps: int = 0
    updates: list[tuple[str, Sentence]] = field(default_factory=list)
    closed: bool = False

    @property
    def welsh(self) -> bool:
        """Whether its force writes in both languages."""
        return self.force in WELSH_FORCES


Happening = tuple[str, list[dict[str, Any]]]
"""A force, and the events that one thing in it brings."""


class Police:
    """Makes things happen to cases. `happenings` needs the moment each time it is asked for the next one."""

    def __init__(self, cases: Sequence[Case], forces: Sequence[str], dice: random.Random) -> None:
        self.cases = list(cases)
        self.forces = list(forces)
        self.dice = dice
        self._staff = {force: staff_of(force) for force in {*forces, *(case.force for case in cases)}}
        self._last = 0
        self._made = 0
        self._acts: list[tuple[int, Callable[[Case, datetime], list[dict[str, Any]]]]] = [
            (30, self.write),
            (12, self.hand_over),
            (18, self.step),
            (10, self.end),
            (5, self.correct),
            (3, self.take_back),
            (2, self.withdraw),
        ]

    def happenings(self, clock: Callable[[], datetime]) -> Iterator[Happening]:
        """What happens next, for ever."""
        while True:
            now = clock()
            if self.dice.random() < 0.2 or not self.cases:
                case, events = self.report(self.dice.choice(self.forces), now)
                self.cases.append(case)
                yield case.force, events
                continue
            case = self.dice.choice(self.cases)
            (act,) = self.dice.choices([act for _, act in self._acts], [weight for weight, _ in self._acts])
            yield case.force, act(case, now)
            if case.closed:
                self.cases.remove(case)

    # what can happen

    def report(self, force: str, now: datetime) -> tuple[Case, list[dict[str, Any]]]:
        """Somebody reports a crime."""
        drawn = (
            figures().forces[force] if force in figures().forces else figures().forces["avon-and-somerset"]
        )
        type_ = drawn.types.draw(self.dice)
        while (category := CATEGORIES[type_]) not in TRACKED:
            type_ = drawn.types.draw(self.dice)
        self._made += 1
        name = f"live {force} {now.isoformat()} {self._made}"
        reference = reference_of(force, hashlib.sha256(name.encode()).digest())
        unit, _ = self._staff[force].on(reference, drawn.districts.draw(self.dice))
        data: dict[str, Any] = {
            "offence": {"name": type_, "category": category},
            "reported_at": _moment(now),
            "stage": "reported",
            "flags": [],
            "unit": unit,
        }
        where = place(drawn.places.draw(self.dice), force, self.dice)
        if where != "No Location":
            data["place"] = where
        case = Case(force, reference, data)
        victim = victim_of(reference, force, category)
        case.victim = victim["victim"]
        return case, [self._changed(case, now), self._event(case, "victim.changed", victim, now)]

    def write(self, case: Case, now: datetime) -> list[dict[str, Any]]:
        """The officer writes how it goes."""
        return self._updated(case, self.dice.choice(AT_WORK), now)

    def hand_over(self, case: Case, now: datetime) -> list[dict[str, Any]]:
        """Another officer takes it on; with the first one the investigation begins."""
        unit = case.data["unit"]
        officers = [id_ for id_, told in self._staff[case.force].officers.items() if told["unit"] == unit]
        case.data["officer"] = self.dice.choice([id_ for id_ in officers if id_ != case.data.get("officer")])
        if case.data["stage"] == "reported":
            case.data["stage"] = "investigating"
        return [self._changed(case, now)]

    def step(self, case: Case, now: datetime) -> list[dict[str, Any]]:
        """The next step on the way to court."""
        if "officer" not in case.data:
            return self.hand_over(case, now)
        sentence = STEPS[case.steps]
        case.steps += 1
        stages = {"sent_to_prosecutor": "awaiting_charge_decision", "suspect_charged": "charged"}
        case.data["stage"] = stages.get(sentence.milestone, "investigating")
        if sentence.milestone == "suspect_charged":
            case.data["outcome"] = {"code": "1", "decided_on": now.date().isoformat()}
        case.closed = case.steps == len(STEPS)  # what a court does takes longer than a demo
        return [self._changed(case, now), *self._updated(case, sentence, now)]

    def end(self, case: Case, now: datetime) -> list[dict[str, Any]]:
        """The investigation ends, in one of the ways in which most do."""
        code = self.dice.choice(_ENDS)
        case.data |= {
            "stage": "closed",
            "outcome": {"code": code, "decided_on": now.date().isoformat()},
            "closed_at": _moment(now),
        }
        case.closed = True
        return [self._changed(case, now)]

    def correct(self, case: Case, now: datetime) -> list[dict[str, Any]]:
        """An update was not quite right and is corrected; the first time somebody looks there is none to correct."""
        if not case.updates:
            return self._updated(case, AT_WORK[1], now)
        id_, _ = case.updates[-1]
        return [self._event(case, "update.published", _update(id_, CORRECTED, case, now), now)]

    def take_back(self, case: Case, now: datetime) -> list[dict[str, Any]]:
        """An update was made by mistake and is withdrawn."""
        if not case.updates:
            return self.write(case, now)
        id_, _ = case.updates.pop()
        return [self._event(case, "update.withdrawn", {"update": id_, "reason": "mistake"}, now)]

    def withdraw(self, case: Case, now: datetime) -> list[dict[str, Any]]:
        """The record was a second one of the same crime."""
        case.closed = True
        return [self._event(case, "crime.withdrawn", {"reason": "duplicate"}, now)]

    # the events

    def _updated(self, case: Case, sentence: Sentence, now: datetime) -> list[dict[str, Any]]:
        id_ = f"{case.reference}.live.{self.sequence(now)}"
        case.updates.append((id_, sentence))
        return [self._event(case, "update.published", _update(id_, sentence, case, now), now)]

    def _changed(self, case: Case, now: datetime) -> dict[str, Any]:
        return self._event(case, "crime.changed", deepcopy(case.data), now)

    def _event(self, case: Case, type_: str, data: dict[str, Any], now: datetime) -> dict[str, Any]:
        return live_event(case.force, type_, case.reference, data, now, self.sequence(now))

    def sequence(self, now: datetime) -> int:
        """Above every sequence that a connector gives to an earlier month, and rising."""
        now = now.astimezone(UTC)
        begin = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        found = month_of(now) << 40 | int((now - begin).total_seconds() * 1000)
        self._last = max(self._last + 1, found)
        return self._last


def live_event(
    force: str, type_: str, subject: str, data: dict[str, Any], now: datetime, sequence: int
) -> dict[str, Any]:
    """One event that happens now."""
    return {
        "specversion": "1.0",
        "id": f"live.{subject}.{sequence}",
        "source": f"urn:trackmycrime:made-up:{force}",
        "type": type_,
        "subject": subject,
        "time": _moment(now),
        "sequence": str(sequence),
        "data": data,
    }


def _update(id_: str, sentence: Sentence, case: Case, now: datetime) -> dict[str, Any]:
    return {
        "update": id_,
        "milestone": sentence.milestone,
        "happened_at": _moment(now),
        "text": sentence.text(case.welsh),
    }


def _moment(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
