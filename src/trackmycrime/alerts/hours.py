"""When an alert goes out that may go out. Pure: no Django, no clock.

Each step can only put it off, and the victim's safe hours have the last word (README, «When»).
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from trackmycrime.forces.policy import DAYS, DEFAULT, Policy
from trackmycrime.kernel.clock import LONDON, london
from trackmycrime.people.safe_hours import CHANGE, SafeHours
from trackmycrime.rights.clocks import deadline

from .rules import BEFORE_JOINING, Contact, next_safe

AT_ONCE, DAYTIME, WEEKLY = "at_once", "daytime", "weekly"
"""How soon somebody wants to be told: at night too; not in the quiet hours; once a week."""
SEARCHED = timedelta(days=3)
"""Hours that are both safe and not quiet come within this, or never: on no two nights in a row do clocks change."""


class Pace(NamedTuple):
    """What a force decides about when its victims are told."""

    gather: timedelta
    quiet: SafeHours | None
    usual: str
    """What holds for who has not chosen: one of the three"""
    summary_day: int
    """0 is Monday"""
    summary_at: time


@lru_cache(maxsize=512)
def _pace(gather: int, quiet_from: str, quiet_to: str, usual: str, day: str, at: str) -> Pace:
    quiet = SafeHours(time.fromisoformat(quiet_from), time.fromisoformat(quiet_to))
    return Pace(
        timedelta(minutes=gather),
        None if quiet.start == quiet.end else quiet,
        usual,
        DAYS.index(day),
        time.fromisoformat(at),
    )


def pace_of(policy: Policy = DEFAULT) -> Pace:
    """The force's policy as far as it is about when."""
    return _pace(
        policy.gather_minutes,
        policy.quiet_from,
        policy.quiet_to,
        policy.pace,
        policy.summary_day,
        policy.summary_at,
    )


class Item(NamedTuple):
    """One thing that an alert tells of. `milestone` is empty for what is no entry: a message, a case that closed."""

    milestone: str
    happened_at: datetime
    danger: bool = False
    """It changes how safe they are, and an officer has spoken with them about it"""


class When(NamedTuple):
    """A moment, and a word for what put it off last; empty where nothing did."""

    at: datetime
    reason: str = ""


def moment(
    contact: Contact,
    pace: Pace,
    items: Sequence[Item] = (),
    *,
    now: datetime,
    decided_at: datetime,
    last_out: datetime | None = None,
    until: datetime | None = None,
) -> When:
    """The first moment from `now` on at which this victim may be told of these items.

    `last_out` is when another alert last went out to them; `until` the end of what runs out by itself (an invitation),
    which waits for no summary, and which quiet hours do not outlast.
    """
    said = When(now)
    danger = any(item.danger for item in items)
    if last_out is not None and not contact.joined:
        said = _later(said, last_out + BEFORE_JOINING, "before joining")
    if last_out is not None and not danger:
        said = _later(said, last_out + pace.gather, "gathered")
    wish = contact.pace or pace.usual
    if wish == WEEKLY and until is None and not danger and all(map(_routine, items)):
        said = _later(said, next_summary(pace, decided_at), "summary")
    safe = next_safe(contact, said.at)
    if pace.quiet is not None and wish != AT_ONCE and not danger:
        loud = _safe_and_not_quiet(contact, pace.quiet, said.at)
        ends = [until, *(deadline(i.milestone, i.happened_at, enhanced=contact.enhanced) for i in items)]
        if loud is not None and not any(safe < end <= loud for end in ends if end is not None):
            return _later(_later(said, safe, "safe hours"), loud, "quiet hours")
    return _later(said, safe, "safe hours")


def next_summary(pace: Pace, after: datetime) -> datetime:
    """The first moment of a summary from `after` on: on its day, as soon as the clock in London shows its time."""
    day = london(after).date()
    day += timedelta(days=(pace.summary_day - day.weekday()) % 7)
    while (at := _on_the_clock(datetime.combine(day, pace.summary_at, LONDON))) < after:
        day += timedelta(days=7)
    return at


def _on_the_clock(wall: datetime) -> datetime:
    """The first moment at which the clock shows that time; where it skips it, the one at which it has."""
    at = wall.astimezone(UTC)
    if london(at).time() == wall.time():
        return at
    return datetime.combine(wall.date(), CHANGE, UTC)


def _routine(item: Item) -> bool:
    """Whether it can wait for a summary: an entry on the timeline that starts no clock of the Code."""
    return bool(item.milestone) and deadline(item.milestone, item.happened_at, enhanced=True) is None


def _safe_and_not_quiet(contact: Contact, quiet: SafeHours, at: datetime) -> datetime | None:
    loud, end = SafeHours(quiet.end, quiet.start), at + SEARCHED
    while at <= end:
        later = loud.next(next_safe(contact, at))
        if later == at:
            return at
        at = later
    return None


def _later(said: When, at: datetime, reason: str) -> When:
    return When(at, reason) if at > said.at else said
