"""What is known here of a source's own entities, page by page, so that it can find what is missing or differs."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from trackmycrime.kernel import crypto, setwise

from .contract.digest import content_digest
from .keeping import PLACE

MOST = 1_000
USUAL = 500
_LOOKED_AT = 5
"""For each entity of a page so many are looked at, when most are another source's; a page may then be short."""
_CURSOR = "feed_state.cursor"

_ENTITIES = """
select entity, source_id, sequence, base from feed_entity
where force_id = %s and entity > %s order by entity limit %s
"""
_NEWEST = """
select e.entity, e.id, e.type, e.body from feed_event e
join unnest(%s::text[], %s::bigint[]) as w (entity, sequence) on e.entity = w.entity and e.sequence = w.sequence
where e.force_id = %s and e.status in ('applied', 'superseded')
"""


class WrongCursor(ValueError):
    """This is not a cursor that an earlier page of this source gave."""


@dataclass(frozen=True)
class Known:
    """One entity of a source: what it is about, and the newest that was accepted of it."""

    subject: str
    """As the source wrote it"""
    entity: str
    """``crime``, ``officer``, ``unit``, or ``victim:ID``, ``update:ID``… within the subject"""
    sequence: int | None
    """As the source counts; None for an entity that was handed over to it and that it has not told of yet"""
    digest: str


def page(source: UUID, force: int, *, after: str, most: int) -> tuple[list[Known], str | None]:
    """The next entities of this source, at most `most`, and the cursor of the page after; None at the end.

    In a transaction bound to the force. Two statements, whatever there is. Raises WrongCursor.
    """
    start = _opened(source, after) if after else ""
    looked_at = most * _LOOKED_AT
    found = setwise.fetch(_ENTITIES, [force, start, looked_at])
    last = ""
    own: list[dict[str, Any]] = []
    for row in found:
        if len(own) == most:
            break
        last = row["entity"]
        if row["source_id"] == source:
            own.append(row)
    ended = len(found) < looked_at and (not found or last == found[-1]["entity"])
    names, numbers = [row["entity"] for row in own], [row["sequence"] for row in own]
    newest = {row["entity"]: row for row in (setwise.fetch(_NEWEST, [names, numbers, force]) if own else [])}
    known = [_known(row, newest[row["entity"]]) for row in own if row["entity"] in newest]
    return known, None if ended else _sealed(source, last)


def _known(row: dict[str, Any], event: dict[str, Any]) -> Known:
    kept = crypto.unseal_json(PLACE, event["id"], event["body"])
    kind, _, rest = row["entity"].partition(":")
    inner = "" if kind in ("officer", "unit") else rest.partition(":")[2]
    sequence = row["sequence"] - row["base"]
    return Known(
        subject=kept["subject"],
        entity=f"{kind}:{inner}" if inner else kind,
        sequence=sequence if sequence >= 0 else None,
        digest=content_digest(event["type"], kept["data"]),
    )


def _sealed(source: UUID, entity: str) -> str:
    """A cursor holds ids of crimes and persons, and stands in addresses: so it is sealed."""
    return base64.urlsafe_b64encode(crypto.seal(_CURSOR, source, entity)).decode().rstrip("=")


def _opened(source: UUID, cursor: str) -> str:
    try:
        stored = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        return crypto.unseal(_CURSOR, source, stored)
    except (binascii.Error, ValueError, crypto.CannotOpen):
        raise WrongCursor from None
