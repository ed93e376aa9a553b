"""Threads that wait for the police: unread, or opened and not answered."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext as _

from trackmycrime.desk import words
from trackmycrime.kernel import setwise
from trackmycrime.kernel.clock import london_date
from trackmycrime.messages.api import ANSWER
from trackmycrime.publish import dates

from .due import PAGE, Slice, about, by_when, name_of
from .me import Scope


@dataclass(frozen=True)
class Waiting:
    """One thread that waits for the police."""

    victim_id: UUID
    crime_id: UUID
    who: str
    about: str
    reference: str
    written: str
    unread: int
    due_on: date | None
    due_words: str
    more: str
    late: bool


_WAITING = """
with unread as (
    select m.victim_id, count(*) n, min(m.written_at) first from messages_message m
    where m.by = 'victim' and m.read_at is null group by m.victim_id),
open as (
    select t.victim_id, min(t.due_at) due_at, min(t.created_at) first from tasks_task t
    where t.done_at is null and t.kind = %s group by t.victim_id),
both_ as (
    select coalesce(u.victim_id, o.victim_id) victim_id, coalesce(u.n, 0) unread, o.due_at,
           least(u.first, o.first) first
    from unread u full join open o on o.victim_id = u.victim_id)
select b.*, v.detail, k.id crime_id, k.reference, k.category, k.place, count(*) over () total
from both_ b join people_victim v on v.id = b.victim_id join cases_crime k on k.id = v.crime_id
where {condition}
order by b.due_at nulls last, b.first
offset %s limit %s
"""


def waiting(scope: Scope, now: datetime, *, number: int, size: int = PAGE) -> Slice:
    """One page of the threads that wait: unread, or opened and not answered. The most urgent first. One statement."""
    condition, values = scope.sql("k")
    rows = setwise.fetch(_WAITING.format(condition=condition), [ANSWER, *values, (number - 1) * size, size])
    language, today = words.language(), london_date(now)
    found = []
    for row in rows:
        due_on = london_date(row["due_at"]) if row["due_at"] else None
        late = bool(row["due_at"] and row["due_at"] < now)
        found.append(
            Waiting(
                victim_id=row["victim_id"],
                crime_id=row["crime_id"],
                who=name_of(row["victim_id"], row["detail"]),
                about=about(row),
                reference=row["reference"],
                written=dates.moment(row["first"], language, today=today),
                unread=row["unread"],
                due_on=due_on,
                due_words=dates.day(due_on, language, today=today) if due_on else "",
                more=by_when(due_on, late, now) if due_on else _("No date"),
                late=late,
            )
        )
    return Slice(found, number, rows[0]["total"] if rows else 0, size)
