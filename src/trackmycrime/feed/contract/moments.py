"""Moments and dates as the contract writes them, read without guessing."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from trackmycrime.feed.contract.vocabulary import Precision

# RFC 3339 section 5.6: seconds and an offset are required, 24:00 does not exist, «t» and «z» may be small.
# Without a year limit a careless «0001-01-01» would break every page that converts it to London time.
MONTH = r"(19|2[01])[0-9]{2}-(0[1-9]|1[0-2])"
DAY = rf"{MONTH}-(0[1-9]|[12][0-9]|3[01])"
CLOCK = r"([01][0-9]|2[0-3]):[0-5][0-9]"
_SECOND = "[0-5][0-9]"
_AROUND = (rf"{DAY}[Tt]{CLOCK}:", rf"(\.[0-9]{{1,12}})?([Zz]|[+-]{CLOCK})")
MOMENT = _SECOND.join(_AROUND)
"""As a schema says it. A leap second is read too, but no pattern can say when there may be one."""

_moment = re.compile(f"({_SECOND}|60)".join(_AROUND))
_day = re.compile(DAY)
_month = re.compile(MONTH)

MOMENT_RULE = "must be a moment with offset like 2026-03-01T09:30:00Z or 2026-03-01T09:30:00+01:00"
DAY_RULE = "must be a date like 2026-03-01"
DATE_RULE = "must be a date like 2026-03-01, or 2026-03 where the day is not known"
EITHER_RULE = f"{MOMENT_RULE}, or {DATE_RULE.removeprefix('must be ')}"


@dataclass(frozen=True, slots=True)
class DateOrMoment:
    """A point of time, with how exactly it is known.

    `value` is an aware UTC datetime where `precision` is «moment», the date where it is «day», and the
    first of the month where it is «month».
    """

    value: datetime | date
    precision: Precision


def read_moment(text: str) -> datetime:
    """An RFC 3339 moment with offset as UTC. Raises ValueError if it is not one.

    A leap second (:60) is the second after it, as POSIX has it, and only where one can be: at the end of
    June and December in UTC. More than six digits of a fraction are cut off.
    """
    if not _moment.fullmatch(text):
        raise ValueError(MOMENT_RULE)
    leap = text[17:19] == "60"
    if leap:
        text = f"{text[:17]}59{text[19:]}"
    try:
        moment = datetime.fromisoformat(text.upper())
        if moment.tzinfo is not UTC:
            moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError(MOMENT_RULE) from None
    if leap:
        moment = moment.replace(microsecond=0) + timedelta(seconds=1)
        if (moment.month, moment.day, moment.hour, moment.minute) not in {(1, 1, 0, 0), (7, 1, 0, 0)}:
            raise ValueError(MOMENT_RULE)
    return moment


def read_day(text: str) -> date:
    """A `YYYY-MM-DD` date. Raises ValueError if it is not one."""
    if not _day.fullmatch(text):
        raise ValueError(DAY_RULE)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(DAY_RULE) from None


def read_date(text: str) -> DateOrMoment:
    """A `YYYY-MM-DD` or `YYYY-MM` date. Raises ValueError if it is neither."""
    try:
        if _month.fullmatch(text):
            return DateOrMoment(date.fromisoformat(f"{text}-01"), "month")
        return DateOrMoment(read_day(text), "day")
    except ValueError:
        raise ValueError(DATE_RULE) from None


def read_date_or_moment(text: str) -> DateOrMoment:
    """A moment, a day or a month. Raises ValueError if it is none of them."""
    try:
        if len(text) > 10:
            return DateOrMoment(read_moment(text), "moment")
        return read_date(text)
    except ValueError:
        raise ValueError(EITHER_RULE) from None
