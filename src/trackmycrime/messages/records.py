"""What officers write in the records system, put into the threads of those whom it is for. Set-wise."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from trackmycrime.feed.records.messages import Unshown
from trackmycrime.kernel import crypto, setwise
from trackmycrime.kernel.ids import new_id

_READERS = """
select id, crime_id, person from people_victim
where force_id = %s and live and crime_id = any(%s) and person = any(%s)"""
# What was written there answers what the victim had written, unless nobody has opened that yet.
_SETTLE = """
update tasks_task t set done_at = %s, detail = t.detail || '{"closed": "by itself"}'::jsonb
where t.force_id = %s and t.kind = 'answer_message' and t.done_at is null and t.victim_id = any(%s)
  and not exists (select from messages_message m
                  where m.victim_id = t.victim_id and m.by = 'victim' and m.read_at is null)
returning t.id"""


@dataclass(frozen=True)
class Shown:
    """A message that stands in a victim's thread now; `words_hash` tells its words from others."""

    sent: Unshown
    victim_id: UUID
    case_id: UUID
    words_hash: bytes


def show(force: int, sent: Sequence[Unshown], cases: Mapping[UUID, UUID], *, now: datetime) -> list[Shown]:
    """Put these into the threads of their victims, and take out what they replace; says which stand there now.

    `cases`: the published case of each crime that they are about, all of them open.

    Nothing comes of one whose victim has no part in an open case. The same again changes nothing. Within
    `setwise.ahead`; four statements, whatever the number of messages.
    """
    if not sent:
        return []
    readers = {
        (row["crime_id"], row["person"]): row
        for row in setwise.fetch(
            _READERS, [force, list({one.crime_id for one in sent}), list({one.person for one in sent})]
        )
    }
    # words for another person than before go out of the thread of the first, whoever may read them now
    setwise.update(
        "messages_message",
        ["case_id", "ref"],
        [],
        [_row(force, readers.get((one.crime_id, one.person)), one, cases) for one in sent],
        sets="replaced_at = case when t.once = n.once then null else coalesce(t.replaced_at, n.written_at) end,"
        " written_at = case when t.once = n.once then n.written_at else t.written_at end,"
        " corrected = t.corrected or n.corrected",
    )
    shown = [
        Shown(
            one, readers[one.crime_id, one.person]["id"], cases[one.crime_id], crypto.blind("words", one.text)
        )
        for one in sent
        if (one.crime_id, one.person) in readers
    ]
    rows = [_row(force, readers[one.sent.crime_id, one.sent.person], one.sent, cases) for one in shown]
    setwise.insert("messages_message", list(rows[0]) if rows else [], rows, conflict="on conflict do nothing")
    if rows:
        setwise.fetch(_SETTLE, [now, force, [row["victim_id"] for row in rows]])
    return shown


def _row(
    force: int, reader: dict[str, Any] | None, one: Unshown, cases: Mapping[UUID, UUID]
) -> dict[str, Any]:
    key, case = new_id(), cases[one.crime_id]
    victim = reader["id"] if reader else None
    return {
        "id": key,
        "force_id": force,
        "victim_id": victim,
        "case_id": case,
        "by": "police",
        "ref": one.ref,
        "revision": one.sequence,
        "officer_id": one.officer,
        "unit_id": one.unit,
        "corrected": one.corrected,
        "text": crypto.seal("messages_message.text", key, one.text),
        "written_at": one.written_at,
        "read_as": "",
        # the same words to the same person are one message, whenever they were said
        "once": uuid5(victim or case, f"{one.ref} {crypto.blind('words', one.text).hex()}"),
    }
