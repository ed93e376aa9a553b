"""Events written down: as they came, with what judging says of them and what became of each."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from trackmycrime.kernel import crypto, setwise
from trackmycrime.kernel.ids import new_id

from .contract import Event, Problem, Refusal

if TYPE_CHECKING:
    from .accept import Item, Source, Taking

PLACE = "feed_event.body"

_CAME = ["id", "event_id", "digest", "body"]
JUDGED = ["type", "subject_key", "entity", "sequence", "time", "status", "problem", "waits_for"]
"""What judging says of an event; the rest is how it came."""


def seen(
    source: "Source", judged: Sequence[Event | Refusal], again: Sequence[UUID]
) -> dict[str, dict[bytes, bool]]:
    """Which content this source has sent before under these ids, and whether that uses the id up: not where it was
    refused, mended or dropped."""
    found: dict[str, dict[bytes, bool]] = {}
    ids = sorted({one.id or "" for one in judged})
    for row in setwise.fetch(
        "select event_id, digest, entity <> '' and status not in ('mended', 'dropped') as event from feed_event"
        " where source_id = %s and event_id = any(%s) and (event_id <> '' or digest = any(%s))"
        " and id <> all(%s::uuid[])",
        [source.id, ids, [one.digest for one in judged if not one.id], list(again)],
    ):
        found.setdefault(row["event_id"], {})[bytes(row["digest"])] = row["event"]
    return found


def row_of(one: Event | Refusal) -> dict[str, Any]:
    """What is written down of an event, but for what is the same for a whole delivery."""
    key = new_id()
    return {
        "id": key,
        "event_id": one.id or "",
        "digest": one.digest,
        "type": one.type or "",
        "subject_key": one.subject_key or "",
        "entity": "",
        "sequence": one.sequence,
        "time": one.time,
        "body": crypto.seal_json(PLACE, key, one.kept),
        "status": "",
        "problem": None,
        "waits_for": "",
    }


def quarantine(row: dict[str, Any], problem: Problem) -> None:
    """Note on a row of `row_of` that its event waits, and for what."""
    row["status"] = "quarantined"
    row["problem"] = {
        "type": problem.type, "title": problem.title, "detail": problem.detail, "pointer": problem.pointer
    }  # fmt: skip


def write(
    source: "Source", rows: list[dict[str, Any]], waited: Sequence["Item"], taking: "Taking", now: datetime
) -> None:
    """Write down the events of a delivery, those that had waited for them, and the newest of each entity."""
    if rows:
        same = {"force_id": source.force_id, "source_id": source.id, "received_at": now}
        setwise.insert("feed_event", _CAME + JUDGED, rows, same=same)
    changed = []
    for item in waited:
        row = {"id": item.row["id"], "status": item.status, "problem": None, "waits_for": ""}
        if item.problem:
            quarantine(row, item.problem)
            row["waits_for"] = taking.missing(item)
        changed.append(row)
    setwise.update("feed_event", ["id"], ["status", "problem", "waits_for"], changed)
    if taking.touched:
        entities = list(taking.touched.values())
        setwise.insert(
            "feed_entity",
            list(entities[0]),
            entities,
            same={"force_id": source.force_id},
            conflict="on conflict (force_id, entity) do update set sequence = excluded.sequence",
        )
