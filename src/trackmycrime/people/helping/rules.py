"""Who may be given access to a case, for how long, and when it ends. Pure: no Django, no clock."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from trackmycrime.kernel.clock import LONDON, london_date

LONGEST = timedelta(days=366)
"""The longest time for which access is given at once; it can be given again."""
USUAL = timedelta(days=91)
"""What a form offers first."""
OF_AGE = 18
GROWN_UP = date(1900, 1, 1)
"""Kept of somebody who was of age when the records system told of them: no birthday, only that it is past."""


class Kind(StrEnum):
    """What somebody is to the person whose case it is."""

    HELPER = "helper"
    """Somebody whom the person chose: family, a friend, an advocate, a colleague in the same business"""
    GUARDIAN = "guardian"
    """A parent or guardian of a child, whom an officer let in; it ends on the child's 18th birthday"""
    ORGANISATION = "organisation"
    """An advocate organisation, whoever works there at the moment"""


class Refused(Exception):
    """What was asked for is not possible; `reason` is a word for why.

    ``child`` (somebody under 18 lets nobody in by themselves), ``no_portal``, ``past`` and ``too_long`` (the day until
    when), ``not_a_child``, ``no_birthday``, ``already`` (that person has access), ``closed`` (not theirs, not open any
    more, or unknown: all the same), ``not_joined``, ``not_a_business``, ``last`` (an organisation's only
    administrator).
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Part:
    """What the rules need to know of somebody's part in a crime."""

    role: str
    under_age: bool
    no_portal: bool
    born_on: date | None = None


def comes_of_age(born: date) -> date:
    """The 18th birthday; of somebody born on 29 February, in a year without one, 1 March."""
    try:
        return born.replace(year=born.year + OF_AGE)
    except ValueError:
        return date(born.year + OF_AGE, 3, 1)


def of_age_on(born: date | None, told: date) -> date | None:
    """What is kept, readable by row security, of a birthday that was told on that day."""
    if born is None:
        return None
    day = comes_of_age(born)
    return day if day > told else GROWN_UP


def ends_with(day: date) -> datetime:
    """The moment at which access «until that day» ends: when the day is over in Great Britain."""
    return datetime.combine(day + timedelta(days=1), time(0), tzinfo=LONDON)


def last_day(until: datetime) -> date:
    """The last day of access that ends at that moment."""
    return london_date(until - timedelta(seconds=1))


def starts(day: date) -> datetime:
    """The first moment of a day in Great Britain."""
    return datetime.combine(day, time(0), tzinfo=LONDON)


def until(kind: Kind, part: Part, day: date | None, today: date) -> datetime:
    """When access given today ends. Raises Refused where it must not be given, or not until then.

    A guardian's ends on the morning of the 18th birthday, whatever day was asked for; `day` is the last day of others.
    """
    if part.no_portal:
        raise Refused("no_portal")
    if kind is Kind.GUARDIAN:
        if part.born_on is None:
            raise Refused("no_birthday")
        if comes_of_age(part.born_on) <= today:
            raise Refused("not_a_child")
        return starts(comes_of_age(part.born_on))
    if part.under_age:
        raise Refused("child")
    if day is None or day < today:
        raise Refused("past")
    if day > today + LONGEST:
        raise Refused("too_long")
    return ends_with(day)


def parents_end(children: list[date | None], today: date) -> bool:
    """Whether the part of a parent in a crime is over: each child of whom the birthday is known is 18.

    `children` are the days on which the victims of that crime come of age, None where nobody has said when they were
    born. Where nothing is known of any, the records system's word that this is a parent stands.
    """
    known = [day for day in children if day is not None]
    return bool(known) and max(known) <= today
