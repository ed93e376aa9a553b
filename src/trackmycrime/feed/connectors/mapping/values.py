"""From the value of a column, as a CSV or a database gives it, to a value of the contract.

No message here ever holds the value itself: any column can hold what nobody may read in a log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from trackmycrime.feed.connectors.refusals import Wrong

ISO = "iso"
MOST_SEQUENCE = 2**63 - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TRUE = frozenset({"true", "yes", "y", "1", "t"})
_FALSE = frozenset({"false", "no", "n", "0", "f"})
_NAMED = 8
"""So many known words are named in a message"""


def text_of(value: object, column: str) -> str | None:
    """The value as trimmed text; None for nothing."""
    if value is None:
        return None
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(value.normalize(), "f") if value.is_finite() else str(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, bytes | bytearray | memoryview):
        raise Wrong(column, "it holds bytes, not text", "a column of text, number or date")
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value).strip() or None


def flag_of(value: object, column: str) -> bool | None:
    """Yes or no, as the usual words and numbers say it."""
    if isinstance(value, bool):
        return value
    word = text_of(value, column)
    if word is None:
        return None
    if word.casefold() in _TRUE | _FALSE:
        return word.casefold() in _TRUE
    raise Wrong(
        column, "it says neither yes nor no", "true, false, yes, no, y, n, 1 or 0; or a map in «values»"
    )


def number_of(value: object, column: str) -> int | None:
    """A whole number."""
    word = text_of(value, column)
    if word is None:
        return None
    try:
        return int(word)
    except ValueError:
        raise Wrong(column, "it is not a whole number", "a whole number like 3") from None


@dataclass(frozen=True, slots=True)
class Point:
    """A point of time: a day or month (its first day), or an aware moment."""

    value: date
    exact: str

    def text(self) -> str:
        """As the contract writes it."""
        if isinstance(self.value, datetime):
            moment = self.value.astimezone(UTC)
            return moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds")[:-6] + "Z"
        return self.value.isoformat()[:7] if self.exact == "month" else self.value.isoformat()


@dataclass(frozen=True, slots=True)
class Dates:
    """How dates of one column are read: formats in the order in which they are tried, and where they are from."""

    formats: Sequence[str]
    zone: ZoneInfo
    only: str | None = None
    """Cut down to this exactness (day, month); None: as exactly as it is said"""

    def read(self, value: object, column: str) -> Point | None:
        """What the value says, None for nothing. Raises Wrong."""
        point = self._point(value, column)
        if point is None or self.only in (None, point.exact):
            return point
        day = point.value.astimezone(self.zone).date() if isinstance(point.value, datetime) else point.value
        if self.only == "month":
            return Point(day.replace(day=1), "month")
        if point.exact == "month":
            raise Wrong(column, "it names a month and no day", "a day")
        return Point(day, "day")

    def _point(self, value: object, column: str) -> Point | None:
        if isinstance(value, datetime):
            return Point(self.aware(value), "moment")
        if isinstance(value, date):
            return Point(value, "day")
        text = text_of(value, column)
        if text is None:
            return None
        for form in self.formats:
            try:
                return self._as(text, form)
            except (ValueError, OverflowError):
                continue
        raise Wrong(column, "it is not a date in the format that the mapping says", " or ".join(self.formats))

    def _as(self, text: str, form: str) -> Point:
        if form == ISO:
            if len(text) == 7:
                return Point(datetime.strptime(text, "%Y-%m").date(), "month")  # noqa: DTZ007 (a month has no hour)
            if len(text) == 10:
                return Point(date.fromisoformat(text), "day")
            return Point(self.aware(datetime.fromisoformat(text)), "moment")
        found = datetime.strptime(text, form)  # noqa: DTZ007 (made aware by what the mapping says)
        if any(sign in form for sign in ("%H", "%I", "%c", "%X")):
            return Point(self.aware(found), "moment")
        return Point(found.date(), "day" if any(sign in form for sign in ("%d", "%j", "%x")) else "month")

    def aware(self, moment: datetime) -> datetime:
        """A moment without an offset is of this zone; of an hour that comes twice in autumn, the first."""
        return (moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).astimezone(UTC)

    def moment(self, value: object, column: str) -> datetime | None:
        """A moment; a day stands for its beginning."""
        point = self.read(value, column)
        if point is None:
            return None
        if isinstance(point.value, datetime):
            return point.value
        return datetime.combine(point.value, time(), self.zone).astimezone(UTC)


def microseconds(moment: datetime) -> int:
    """Of a moment, since 1970."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def sequence_of(value: object, column: str, dates: Dates | None) -> int | None:
    """What rises with each change: a whole number, a row version of up to 8 bytes, or a moment as microseconds."""
    if isinstance(value, bytes | bytearray | memoryview):
        raw = bytes(value)
        number = int.from_bytes(raw, "big") if len(raw) <= 8 else -1
    elif isinstance(value, datetime | date) or (dates is not None and value is not None):
        moment = (dates or Dates((ISO,), ZoneInfo("UTC"))).moment(value, column)
        if moment is None:
            return None
        number = microseconds(moment)
    else:
        found = number_of(value, column)
        if found is None:
            return None
        number = found
    if not 0 <= number <= MOST_SEQUENCE:
        raise Wrong(column, "it cannot be a sequence", f"a whole number from 0 to {MOST_SEQUENCE}")
    return number


def named(words: Sequence[str]) -> str:
    """Known words for a message, the first few."""
    more = f" and {len(words) - _NAMED} more" if len(words) > _NAMED else ""
    return ", ".join(words[:_NAMED]) + more
