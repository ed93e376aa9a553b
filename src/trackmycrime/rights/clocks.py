"""By when a victim must be told of a milestone. Pure: no Django, no clock."""

import tomllib
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple

from trackmycrime.kernel.clock import LONDON, london_date

from .working_days import after


class Code(NamedTuple):
    """One version of the Code: within how many working days, for everybody and with enhanced rights."""

    since: date
    days: dict[str, tuple[int, int]]


@cache
def codes() -> tuple[Code, ...]:
    """Every version, the newest first."""
    told = tomllib.loads((Path(__file__).parent / "clocks.toml").read_text("utf-8"))
    found = [
        Code(one["from"], {name: (days[0], days[1]) for name, days in one["days"].items()})
        for one in told["code"]
    ]
    return tuple(sorted(found, key=lambda code: code.since, reverse=True))


def deadline(milestone: str, happened_at: datetime, *, enhanced: bool) -> datetime | None:
    """The moment from which on it is too late to tell of this; None where the Code sets no time.

    The end, in London, of the last working day after the event. What happened before the first version has its times.
    """
    day = london_date(happened_at)
    code = next((one for one in codes() if one.since <= day), codes()[-1])
    days = code.days.get(milestone)
    if days is None:
        return None
    last = after(day, days[1] if enhanced else days[0])
    return datetime.combine(last + timedelta(days=1), time(), LONDON).astimezone(UTC)
