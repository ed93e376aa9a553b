"""From what is known of one crime to the events of its life: a pure function.

- *Recorded*: the crime at the month of its report, stage `reported`.
- *Outcome rows*, by month: the state that each brings, dated by its month. Rows that repeat the state
  before them share its event.
- *The street file's last outcome*, as each release shows it: the state at the month of that release, left
  out where the event before it says the same. It is undated in the extracts; the month of the report
  stands in for the date of the outcome. Releases may move a state backwards, and so do the events.
- A court's result comes besides as an update with its text.
- Outcomes of a crime that no street file shows are updates without a crime: its type and place are not
  known, and they wait at the gateway until the crime arrives.

Sequences follow months (see `events`): two releases pushed together or one after the other, in either
order, end in the same state. Where no folder names the release, the latest month known of the crime does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from trackmycrime.feed.connectors.events import Made, Step, event
from trackmycrime.feed.connectors.months import moment_in, month_text
from trackmycrime.feed.connectors.police_uk.facts import Crime, Seen
from trackmycrime.feed.connectors.police_uk.labels import CATEGORIES, Status
from trackmycrime.feed.connectors.police_uk.made_up import Staff, victim_of

# Places in a month: recorded, victim, outcome rows, then what a release shows.
_RECORDED, _VICTIM, _OUTCOME, _RELEASED = 0, 1, 32, 96
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass(frozen=True, slots=True)
class Teller:
    """How the events of one force are told. With `staff`, officers, units and victims are made up."""

    force: str
    staff: Staff | None = None

    @property
    def source(self) -> str:
        """The CloudEvents source of what the extracts say."""
        return f"https://data.police.uk/data/#{self.force}"


def reference_of(force: str, crime_id: bytes) -> str:
    """The crime reference for a Crime ID: the force's initials and 60 bits of a hash, as `AS-7K3M-9QXD-2V4H`.

    Stable for ever. Among a million crimes of one force two share a reference with a chance of 1 in 2
    million; 32 characters, all that a reference may have, would not make it readable on the phone.
    """
    digest = hashlib.sha256(force.encode() + b"\x00" + crime_id).digest()
    number = int.from_bytes(digest[:8], "big")
    text = "".join(_ALPHABET[number >> shift & 31] for shift in range(0, 60, 5))
    initials = "".join(word[0] for word in force.split("-") if word not in ("and", "of")).upper()[:4]
    return f"{initials}-{text[:4]}-{text[4:8]}-{text[8:]}"


def story(crime: Crime, teller: Teller) -> Iterator[Made]:
    """The events of one crime's life, recorded first, then its victim, then what changed, in order."""
    reference = reference_of(teller.force, crime.crime_id)
    if not crime.seen:
        for month, status in crime.outcomes:
            yield _update(reference, month, status, teller)
        return
    latest = crime.seen[-1]
    reported = min(seen.month for seen in crime.seen)
    yield _recorded(reference, latest, reported, teller)
    if teller.staff is not None:
        yield _victim(reference, latest, reported, teller)
    before: tuple[object, ...] = ()
    for month, place, seen, status, decided in _states(crime, reported):
        state = (status, seen.type, seen.place)
        if state == before:
            continue
        before = state
        data = _data(reference, seen, reported, teller, status.stage)
        if status.outcome is not None:
            data["outcome"] = {"code": status.outcome, "decided_on": month_text(decided)}
        if status.stage == "closed" and place < _RELEASED:
            data["closed_at"] = month_text(decided)
        time = (
            _outcome_moment(reference, month, reported, teller)
            if place < _RELEASED
            else moment_in(month, 28, 18)
        )
        step: Step = "outcome" if place < _RELEASED else "shown"
        yield Made(step, month, _crime(reference, time, month, place, data, teller))
        if status.result is not None:
            yield _update(reference, month, status, teller, time)


def _states(crime: Crime, reported: int) -> Iterator[tuple[int, int, Seen, Status, int]]:
    """(month, place in it, what was seen, status, month decided), in the order of their sequences."""
    states: list[tuple[int, int, Seen, Status, int]] = []
    latest = crime.seen[-1]
    for month, status in crime.outcomes:
        states.append((max(month, reported), _OUTCOME + status.rank, latest, status, month))
    last = max([reported, *(month for month, _ in crime.outcomes)])
    for seen in crime.seen:
        if seen.status is not None:
            shown = last if seen.release is None else max(seen.release, reported)
            states.append((shown, _RELEASED + seen.status.rank, seen, seen.status, reported))
    states.sort(key=lambda state: state[:2])
    yield from states


def _recorded(reference: str, seen: Seen, reported: int, teller: Teller) -> Made:
    data = _data(reference, seen, reported, teller, "reported")
    data.pop("officer", None)  # named with the first step, so that a victim sees who took it on
    day, hour, minute = _spread(reference, b"reported", 1, 14, teller)
    time = moment_in(reported, day, hour, minute)
    return Made("recorded", reported, _crime(reference, time, reported, _RECORDED, data, teller))


def _victim(reference: str, seen: Seen, reported: int, teller: Teller) -> Made:
    day, hour, minute = _spread(reference, b"reported", 1, 14, teller)
    made = event(
        type="victim.changed",
        subject=reference,
        source=f"urn:trackmycrime:made-up:{teller.force}",
        time=moment_in(reported, day, hour, minute),
        month=reported,
        place=_VICTIM,
        data=victim_of(reference, teller.force, CATEGORIES[seen.type]),
    )
    return Made("victim", reported, made)


def _update(reference: str, month: int, status: Status, teller: Teller, time: str | None = None) -> Made:
    data: dict[str, Any] = {
        "update": f"{reference}.{month_text(month)}.{status.rank}",
        "milestone": status.milestone or "still_working",
        "happened_at": time or _outcome_moment(reference, month, None, teller),
    }
    if status.result is not None:
        data["text"] = {"en": status.result[0], "cy": status.result[1]}
    made = event(
        type="update.published",
        subject=reference,
        source=teller.source,
        time=data["happened_at"],
        month=month,
        place=_OUTCOME + status.rank,
        data=data,
    )
    return Made("outcome", month, made)


def _data(reference: str, seen: Seen, reported: int, teller: Teller, stage: str) -> dict[str, Any]:
    data: dict[str, Any] = {
        "offence": {"name": seen.type, "category": CATEGORIES[seen.type]},
        "reported_at": month_text(reported),
        "stage": stage,
        "flags": [],
    }
    if seen.place:
        data["place"] = seen.place
    if teller.staff is not None:
        data["unit"], data["officer"] = teller.staff.on(reference, seen.district)
    return data


def _crime(
    reference: str, time: str, month: int, place: int, data: dict[str, Any], teller: Teller
) -> dict[str, Any]:
    return event(
        type="crime.changed",
        subject=reference,
        source=teller.source,
        time=time,
        month=month,
        place=place,
        data=data,
    )


def _outcome_moment(reference: str, month: int, reported: int | None, teller: Teller) -> str:
    """When an outcome of a month came: its 28th at noon; with made-up people a made-up day of the month.

    In the month of the report it comes after the report, whose made-up day is in the first half.
    """
    if teller.staff is None or reported is None:
        return moment_in(month, 28, 12)
    shown = max(month, reported)
    first = 15 if shown == reported else 1
    day, hour, minute = _spread(reference, month_text(month).encode(), first, 27, teller)
    return moment_in(shown, day, hour, minute)


def _spread(reference: str, salt: bytes, first: int, last: int, teller: Teller) -> tuple[int, int, int]:
    """A day, hour and minute for what is known to the month only: made up with the people, else the first."""
    if teller.staff is None:
        return first, 9, 0
    digest = hashlib.sha256(reference.encode() + salt).digest()
    return first + digest[0] % (last - first + 1), 8 + digest[1] % 12, digest[2] % 60
