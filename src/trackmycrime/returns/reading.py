"""The pull: pages of a force's returns, and how far a source has come."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from trackmycrime.audit import api as audit
from trackmycrime.kernel import crypto, setwise

MOST = 500
"""Returns on one page, at most"""
USUAL = 100


class NotAllowed(Exception):
    """An administrator has not let this source read returns."""


class Ahead(Exception):
    """A cursor that is ahead of the last return there is: of another installation, or from before a restored backup."""

    def __init__(self, last: int) -> None:
        super().__init__(f"the last is {last}")
        self.last = last


@dataclass(frozen=True)
class Page:
    """Some returns in order, as CloudEvents. `cursor` is what to acknowledge, and where to read on."""

    returns: list[dict[str, Any]]
    cursor: int
    more: bool


@dataclass(frozen=True)
class Acknowledged:
    """Where a source is now, and how many returns it has just left behind."""

    cursor: int
    count: int


_READER = "select cursor from returns_reader where source_id = %s and allowed"


def may_read(source: UUID) -> bool:
    """Whether this source may read the returns of its force."""
    return bool(setwise.fetch(_READER, [source]))


def page(
    source: UUID, force: int, after: int | None, *, limit: int = USUAL, types: Collection[str] = ()
) -> Page:
    """The returns after a number, or after what the source acknowledged last; only of `types`, if any are named.

    In a transaction bound to the force. Raises NotAllowed, Ahead.
    """
    reader = setwise.fetch(_READER, [source])
    if not reader:
        raise NotAllowed
    after = reader[0]["cursor"] if after is None else after
    last = last_of(force)
    if after > last:
        raise Ahead(last)
    rows = setwise.fetch(
        "select r.id, r.number, r.type, r.subject, r.data, r.happened_at, f.slug from returns_return r"
        " join forces_force f on f.id = r.force_id where r.force_id = %s and r.number > %s and r.number <= %s"
        " and (%s or r.type = any(%s)) order by r.number limit %s",
        [force, after, last, not types, list(types), limit],
    )
    cursor = rows[-1]["number"] if len(rows) == limit else last
    return Page([cloud_event(row) for row in rows], cursor, cursor < last)


def acknowledge(source: UUID, force: int, cursor: int, *, now: datetime) -> Acknowledged:
    """Everything up to this number is safe with the source. It never goes back. Raises NotAllowed, Ahead."""
    last = last_of(force)
    reader = setwise.fetch(f"{_READER} for update", [source])
    if not reader:
        raise NotAllowed
    if cursor > last:
        raise Ahead(last)
    before = reader[0]["cursor"]
    if cursor <= before:
        return Acknowledged(before, 0)
    setwise.fetch(
        "update returns_reader set cursor = %s, acknowledged_at = %s where source_id = %s returning cursor",
        [cursor, now, source],
    )
    count = cursor - before  # numbers have no gaps
    act = audit.Act("returns.acknowledged", "source", str(source), {"cursor": cursor, "count": count})
    audit.record(audit.Actor("source", str(source)), [act], force=force, now=now)
    return Acknowledged(cursor, count)


def last_of(force: int) -> int:
    """The number of the newest return of a force; 0 where there is none."""
    rows = setwise.fetch("select last from returns_numbering where force_id = %s", [force])
    return int(rows[0]["last"]) if rows else 0


def cloud_event(row: dict[str, Any]) -> dict[str, Any]:
    """A row as the CloudEvent that it is to the outside, in the shape of the feed's own events."""
    return {
        "specversion": "1.0",
        "id": str(row["id"]),
        "source": f"urn:trackmycrime:{row['slug']}",
        "type": row["type"],
        "subject": row["subject"],
        "time": said(row["happened_at"]),
        "sequence": str(row["number"]),
        "data": crypto.unseal_json("returns_return.data", row["id"], row["data"]),
    }


def said(moment: datetime) -> str:
    """A moment as the feed tells it: RFC 3339, in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
