"""Time: UTC inside, Europe/London for people. Decisions take `now` as a parameter and never call these."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def utc_now() -> datetime:
    """This moment, aware, in UTC."""
    return datetime.now(UTC)


def london(moment: datetime) -> datetime:
    """The same moment on a clock in Great Britain."""
    return moment.astimezone(LONDON)


def london_date(moment: datetime) -> date:
    """The calendar day on which that moment falls in Great Britain."""
    return moment.astimezone(LONDON).date()
