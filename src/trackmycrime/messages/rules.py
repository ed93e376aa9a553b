"""What may be written, and who is asked to answer. Pure: no Django, no clock."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

MOST_CHARACTERS = 4000
"""As the feed's ``message.sent`` (CONTRACT): a thread can always be carried back to the records system."""


class NotSent(Exception):
    """A message that was not taken. `reason`: ``empty``, ``too_long``, ``unreadable``, ``too_many`` or ``closed``."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def cleaned(text: str) -> str:
    """The text as it is kept: line ends of one kind, no space around it.

    Raises NotSent ``empty``, ``too_long`` (more than 4,000 characters) or ``unreadable`` (a NUL character).
    """
    kept = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if "\x00" in kept:
        raise NotSent("unreadable")
    if not kept:
        raise NotSent("empty")
    if len(kept) > MOST_CHARACTERS:
        raise NotSent("too_long")
    return kept


@dataclass(frozen=True)
class Colleague:
    """What routing needs to know of an officer."""

    unit: str
    active: bool
    away_until: date | None
    cover: str
    """Officer or unit that answers meanwhile"""


@dataclass(frozen=True)
class Asked:
    """Who is asked to answer: an officer (else nobody in person), and the team that answers when they cannot."""

    officer: str
    unit: str


def _works(colleague: Colleague | None, today: date) -> bool:
    if colleague is None or not colleague.active:
        return False
    return colleague.away_until is None or colleague.away_until < today


def whom_to_ask(
    officer: str, unit: str, colleagues: Mapping[str, Colleague], units: Collection[str], today: date
) -> Asked:
    """Who answers on a crime with this officer and unit, on this day.

    The officer while at work; else who covers (an officer, one step far, or one of `units`); else the team of the
    crime, or the officer's own where the crime names none. `away_until` is the last day away.
    """
    own = colleagues.get(officer)
    team = unit or (own.unit if own else "")
    if own is not None and _works(own, today):
        return Asked(officer, team)
    if own is not None and own.cover:
        cover = colleagues.get(own.cover)
        if cover is not None and _works(cover, today):
            return Asked(own.cover, team or cover.unit)
        if cover is None and own.cover in units:
            return Asked("", own.cover)
    return Asked("", team)
