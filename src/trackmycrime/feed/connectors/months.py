"""Months as numbers.

data.police.uk dates everything by month. A month is counted from January 2000 (number 0), so that months
can be compared, stored in twelve bits and turned back into text without a calendar.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

_MONTH = re.compile(r"(2[01]\d\d)-(0[1-9]|1[0-2])")


def month_number(text: str) -> int | None:
    """The number of a month written `YYYY-MM` (2000-01 to 2199-12), or None when it is not one."""
    match = _MONTH.fullmatch(text)
    if match is None:
        return None
    return (int(match[1]) - 2000) * 12 + int(match[2]) - 1


def month_text(number: int) -> str:
    """The month as the feed's contract wants a date that is only known to the month: `YYYY-MM`."""
    return f"{2000 + number // 12:04d}-{number % 12 + 1:02d}"


def month_of(moment: datetime) -> int:
    """The number of the month in which a moment lies, in UTC."""
    moment = moment.astimezone(UTC)
    return (moment.year - 2000) * 12 + moment.month - 1


def moment_in(number: int, day: int, hour: int, minute: int = 0) -> str:
    """A moment in a month, as the contract wants moments (RFC 3339, UTC). Days 1 to 28 exist everywhere."""
    return f"{month_text(number)}-{day:02d}T{hour:02d}:{minute:02d}:00Z"
