"""Watermarks: values of the column by which a view is followed. Moments, dates, numbers, or row versions in bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from trackmycrime.feed.connectors.protocol import Unfit

Value = datetime | date | int | Decimal | bytes


@dataclass(frozen=True)
class Overlap:
    """How far behind the mark reading begins: seconds for moments, steps for numbers and row versions."""

    seconds: float
    steps: int

    def before(self, value: Value) -> Value:
        """The value from which reading begins when `value` is the mark."""
        if isinstance(value, datetime):
            return _at_least(value, timedelta(seconds=self.seconds))
        if isinstance(value, date):
            return value - timedelta(days=-(-self.seconds // 86400))
        if isinstance(value, bytes):
            return max(int.from_bytes(value, "big") - self.steps, 0).to_bytes(len(value), "big")
        return value - self.steps


def _at_least(value: datetime, back: timedelta) -> datetime:
    try:
        return value - back
    except OverflowError:
        return datetime.min.replace(tzinfo=value.tzinfo)


def watermark(value: object) -> Value | None:
    """A value as a watermark; None for one that cannot be."""
    if isinstance(value, bytearray | memoryview):
        return bytes(value)
    if isinstance(value, bool):
        return None
    return value if isinstance(value, datetime | date | int | Decimal | bytes) else None


def later(one: Value | None, other: Value | None) -> Value | None:
    """The higher of two of one kind; the first where they cannot be compared."""
    if one is None or other is None:
        return one if other is None else other
    try:
        return max(one, other)
    except TypeError:
        return one


def not_ahead(value: Value | None, now: datetime | None, zone: ZoneInfo) -> Value | None:
    """The watermark, or now where it lies ahead of the server's clock: one wrong date must not hide what follows."""
    if now is None or not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        local = now.astimezone(zone).replace(tzinfo=None)
        return min(value, local)
    return min(value, now)


def written(value: Value | None) -> str:
    """A watermark as the mark of a batch."""
    kind, text = "", ""
    if isinstance(value, datetime | date):
        kind, text = ("moment" if isinstance(value, datetime) else "date"), value.isoformat()
    elif isinstance(value, bytes):
        kind, text = "bytes", value.hex()
    elif value is not None:
        kind, text = "number", str(value)
    return json.dumps({"watermark": kind, "is": text}) if kind else ""


def read(mark: str) -> Value | None:
    """The watermark of a mark. Raises Unfit for a mark of something else: to begin again is a person's decision."""
    if not mark:
        return None
    try:
        found: dict[str, Any] = json.loads(mark)
        kind, text = found["watermark"], found["is"]
        match kind:
            case "moment":
                return datetime.fromisoformat(text)
            case "date":
                return date.fromisoformat(text)
            case "bytes":
                return bytes.fromhex(text)
            case "number":
                return int(text) if text.lstrip("-").isdigit() else Decimal(text)
    except (ValueError, KeyError, TypeError, ArithmeticError):
        pass
    raise Unfit(
        "what is kept of how far this input was read is not of a view; was the input of another type before?"
    )
