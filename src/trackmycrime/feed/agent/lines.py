"""An event as a line of a delivery, or why it can never be one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trackmycrime.feed.contract import MOST_BYTES

MOST_LINE = MOST_BYTES - 64 * 1024
"""Bytes of the largest event that is sent; the contract's limit is of the whole delivery"""

_as_it_is = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode
_escaped = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode


class CannotBeSent(Exception):
    """No delivery can carry this event; the message says why, without a value of it."""


@dataclass(frozen=True, slots=True)
class Ready:
    """An event that is ready to be kept and sent."""

    id: str
    type: str
    subject: str
    line: bytes


def ready(event: Mapping[str, Any]) -> Ready:
    """The event's line, and what the spool must know of it. Raises CannotBeSent."""
    id_, type_, subject = named(event)
    try:
        try:
            line = _as_it_is(event).encode()
        except (
            UnicodeEncodeError
        ):  # half a surrogate pair: the gateway refuses that one event, and says where
            line = _escaped(event).encode()
    except (TypeError, ValueError, RecursionError):
        raise CannotBeSent(
            "it holds what JSON cannot say (NaN, Infinity, a loop, or a value of no JSON type)"
        ) from None
    if len(line) > MOST_LINE:
        raise CannotBeSent(f"it is longer than {MOST_LINE:,} bytes")
    return Ready(id_, type_, subject, line)


def named(event: Mapping[str, Any]) -> tuple[str, str, str]:
    """Id, type and subject, as far as they are texts, cut to what the contract allows."""
    id_, type_, subject = (event.get(name) for name in ("id", "type", "subject"))
    return _text(id_, 128), _text(type_, 40), _text(subject, 64)


def _text(value: object, most: int) -> str:
    return value.encode("utf-8", "replace").decode()[:most] if isinstance(value, str) else ""
