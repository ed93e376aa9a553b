"""Working days in England and Wales: Monday to Friday without bank holidays. Pure: no Django, no clock.

Source of the days: Banking and Financial Dealings Act 1971, schedule 1, and the yearly proclamations that move
Early May and substitute days. Extra days proclaimed for one year only (a coronation) are not known here: an answer
is then due a day early, never late.
"""

from datetime import date, timedelta
from functools import cache

MONDAY, SATURDAY, SUNDAY = 0, 5, 6


def easter(year: int) -> date:
    """Easter Sunday of a year (Meeus, Jones and Butcher; Gregorian calendar)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def _monday_from(day: date) -> date:
    return day + timedelta(days=-day.weekday() % 7)


def _or_next(day: date, taken: set[date]) -> date:
    while day.weekday() >= SATURDAY or day in taken:
        day += timedelta(days=1)
    return day


@cache
def bank_holidays(year: int) -> frozenset[date]:
    """The bank holidays of a year, with their substitutes when they fall on a weekend."""
    found = {
        _or_next(date(year, 1, 1), set()),
        easter(year) - timedelta(days=2),
        easter(year) + timedelta(days=1),
        _monday_from(date(year, 5, 1)),
        _monday_from(date(year, 5, 25)),
        _monday_from(date(year, 8, 25)),
    }
    # Both feast days together: a substitute never falls on the other one.
    feast = {day for day in (date(year, 12, 25), date(year, 12, 26)) if day.weekday() < SATURDAY}
    for day in (date(year, 12, 25), date(year, 12, 26)):
        if day.weekday() >= SATURDAY:
            feast.add(_or_next(day, feast))
    return frozenset(found | feast)


def is_working_day(day: date) -> bool:
    """Whether offices work on that day."""
    return day.weekday() < SATURDAY and day not in bank_holidays(day.year)


def after(day: date, working_days: int) -> date:
    """The day that lies so many working days after `day`; day one is the first working day after it."""
    while working_days > 0:
        day += timedelta(days=1)
        if is_working_day(day):
            working_days -= 1
    return day


def between(start: date, end: date) -> int:
    """How many working days lie after `start` up to and with `end`; negative where `end` is earlier."""
    if end < start:
        return -between(end, start)
    days = (start + timedelta(days=n) for n in range(1, (end - start).days + 1))
    return sum(1 for day in days if is_working_day(day))
