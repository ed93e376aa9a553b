"""CloudEvents of the feed's contract, with ids and sequences that are the same on every run.

An event's id is a digest of all that it says, so that sending the same thing twice is a duplicate and
saying something else can never reuse an id. Its sequence is

    month (12 bits) · place in the month (8 bits) · 32 bits of the digest

so that events of one entity rise with the months they speak of, keep their order within a month, and two
that differ never share a sequence, whichever run or release they come from.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from trackmycrime.feed.contract import Line, Problem, Refusal, judge

_WHENEVER = datetime(9999, 1, 1, tzinfo=UTC)  # whether a moment lies ahead is for the gateway's clock
_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode
_compact = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode

Step = Literal["staff", "recorded", "victim", "outcome", "shown"]


@dataclass(frozen=True, slots=True)
class Made:
    """One event that a connector made, and where in the life of its crime it belongs.

    `outcome` is a dated outcome, `shown` what a release shows; `month` is that of the outcome or release.
    """

    step: Step
    month: int
    event: dict[str, Any]


def event(
    *, type: str, subject: str, source: str, time: str, month: int, place: int, data: dict[str, Any]
) -> dict[str, Any]:
    """An event of the contract; `month` and `place` (0 to 255) decide its sequence, see the module."""
    if not 0 <= place < 256 or not 0 <= month < 4096:
        raise ValueError("month or place out of range")
    said = {"type": type, "subject": subject, "source": source, "time": time, "data": data}
    digest = hashlib.sha256(_canonical([month, place, said]).encode()).digest()
    sequence = month << 40 | place << 32 | int.from_bytes(digest[-4:], "big")
    return _envelope(said, digest, sequence)


def numbered(
    *, type: str, subject: str, source: str, time: str, sequence: int, data: dict[str, Any]
) -> dict[str, Any]:
    """An event of the contract whose sequence the records system says."""
    said = {"type": type, "subject": subject, "source": source, "time": time, "data": data}
    digest = hashlib.sha256(_canonical([sequence, said]).encode("utf-8", "surrogatepass")).digest()
    return _envelope(said, digest, sequence)


def problem_with(event: dict[str, Any], country: str = "GB") -> Problem | None:
    """Why the contract refuses an event, whenever it were sent; None for one that it takes.

    `country` (ISO 3166) is where national telephone numbers are dialled.
    """
    said = judge(Line(0, event), now=_WHENEVER, allowed_types=None, digest_key=b"-", country=country)
    return said.problem if isinstance(said, Refusal) else None


def _envelope(said: dict[str, Any], digest: bytes, sequence: int) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"{said['subject']}.{digest[:12].hex()}",
        "source": said["source"],
        "type": said["type"],
        "subject": said["subject"],
        "time": said["time"],
        "sequence": str(sequence),
        "datacontenttype": "application/json",
        "data": said["data"],
    }


def as_line(event: dict[str, Any]) -> bytes:
    """An event as a line of NDJSON, without its end."""
    return _compact(event).encode()
