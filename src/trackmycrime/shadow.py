"""Trying a source out unseen: a crime that a source in shadow has sent is closed to its victims, whatever it says.

What it sends is judged, kept and put into the records as always. `report` computes what would be seen and sent, by
doing all of it and undoing it. `end` publishes what came in shadow as history: shown, and told to nobody (CONTRACT,
«First loads»).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from trackmycrime import pipeline
from trackmycrime.audit.api import SYSTEM, Act, record
from trackmycrime.feed.models import Entity, Source
from trackmycrime.feed.sources import CannotDo
from trackmycrime.forces.models import Force
from trackmycrime.kernel import setwise
from trackmycrime.kernel.locks import force_lock
from trackmycrime.publish.contacts import publish_contacts

_AT_ONCE = 500
_HISTORY = (
    "cases_crime_state", "cases_update", "cases_hearing", "cases_property", "cases_message"
)  # fmt: skip
_CRIMES = """
select c.id from cases_crime c join feed_entity e
  on e.force_id = c.force_id and e.entity = 'crime:' || c.reference_key || ':' and e.source_id = %s
where c.force_id = %s and c.shadow and c.id > %s order by c.id limit %s
"""
_STAFF = """
select split_part(entity, ':', 1) kind, substr(entity, position(':' in entity) + 1) ref from feed_entity
where force_id = %s and source_id = %s and (starts_with(entity, 'officer:') or starts_with(entity, 'unit:'))
"""


@dataclass
class Report:
    """What a source in shadow would have led to, counted."""

    crimes: int = 0
    open: int = 0
    """Crimes whose victims could see them; the rest is closed by policy, or protected"""
    entries: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By milestone and state: ``published``, ``held``, ``never``"""
    days: Counter[str] = field(default_factory=Counter)
    """Published entries by the day on which the thing happened"""
    sent: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Letters by purpose (``invitation``, ``alert``) and channel"""
    tasks: Counter[str] = field(default_factory=Counter)
    """Tasks for officers by kind"""
    events: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Events of the source by type and status"""
    listed: list[tuple[str, int, int]] = field(default_factory=list)
    """Reference, published and held entries of the first crimes"""


def begin(source: Source, *, now: datetime) -> bool:
    """Put a source into shadow, before it has told of anything; False where it was so before. Raises CannotDo."""
    with transaction.atomic():
        force_lock(source.force_id)
        source.refresh_from_db()
        if source.shadow:
            return False
        if Entity.objects.filter(force_id=source.force_id, source=source).exists():
            raise CannotDo(
                f"«{source.name}» has told of things that victims may see already; add another source to try out"
            )
        source.shadow = True
        source.save(update_fields=["shadow"])
        record(SYSTEM, [Act("source.shadow_on", "source", str(source.id))], force=source.force_id, now=now)
    return True


def end(source: Source, *, now: datetime) -> int:
    """Take a source out of shadow: what it sent is shown, as history. Says how many crimes there were.

    All of it or nothing, under the force's lock: deliveries of the force wait meanwhile, and may be sent again.
    """
    with transaction.atomic():
        force_lock(source.force_id)
        source.refresh_from_db()
        if not source.shadow:
            return 0
        source.shadow = False
        source.save(update_fields=["shadow"])
        force, count = Force.objects.get(id=source.force_id), 0
        for crimes in _batches(source):
            _into_history(crimes)
            pipeline.publish_anew(force, crimes, now=now)
            count += len(crimes)
        publish_contacts(force, _staff(source))
        acts = [Act("source.shadow_off", "source", str(source.id), {"crimes": count})]
        record(SYSTEM, acts, force=source.force_id, now=now)
    return count


def report(source: Source, *, now: datetime, most: int = 100) -> Report:
    """What would have been seen and sent, with the policy of today: done as it would be, counted, and undone.

    `most` crimes are listed. Raises CannotDo for a source that is not in shadow.
    """
    if not source.shadow:
        raise CannotDo(f"«{source.name}» is not in shadow: what it sends is shown and sent")
    found = Report()
    force = Force.objects.get(id=source.force_id)
    with transaction.atomic():
        force_lock(source.force_id)
        for crimes in _batches(source):
            _open(crimes)
            pipeline.publish_anew(force, crimes, now=now)
            _count(found, crimes, most)
        for row in setwise.fetch(
            "select purpose, channel, count(*) n from delivery_dispatch where force_id = %s and created_at = %s"
            " group by 1, 2",
            [force.id, now],
        ):
            found.sent[row["purpose"], row["channel"]] = row["n"]
        for row in setwise.fetch(
            "select kind, count(*) n from tasks_task where force_id = %s and created_at = %s group by 1",
            [force.id, now],
        ):
            found.tasks[row["kind"]] = row["n"]
        transaction.set_rollback(True)
    for row in setwise.fetch(
        "select type, status, count(*) n from feed_event where source_id = %s group by 1, 2", [source.id]
    ):
        found.events[row["type"], row["status"]] = row["n"]
    return found


def _count(found: Report, crimes: Sequence[UUID], most: int) -> None:
    found.crimes += len(crimes)
    rows = setwise.fetch(
        "select k.reference, k.id, c.open, e.milestone, e.state,"
        " (e.happened_at at time zone 'Europe/London')::date as day from cases_crime k"
        " left join publish_case c on c.crime_id = k.id left join publish_entry e on e.case_id = c.id"
        " where k.id = any(%s) order by k.reference",
        [list(crimes)],
    )
    by_crime: dict[str, list[int]] = {}
    opened = set()
    for row in rows:
        sums = by_crime.setdefault(row["reference"], [0, 0])
        if row["open"]:
            opened.add(row["id"])
        if row["state"] is not None:
            found.entries[row["milestone"], row["state"]] += 1
        if row["state"] == "published":
            sums[0] += 1
            found.days[row["day"].isoformat()] += 1
        elif row["state"] == "held":
            sums[1] += 1
    found.open += len(opened)
    left = most - len(found.listed)
    found.listed += [(one, shown, held) for one, (shown, held) in list(by_crime.items())[:left]]


def _batches(source: Source) -> Iterator[list[UUID]]:
    last = UUID(int=0)
    while rows := setwise.fetch(_CRIMES, [source.id, source.force_id, last, _AT_ONCE]):
        yield [row["id"] for row in rows]
        last = rows[-1]["id"]


def _open(crimes: Sequence[UUID]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("update cases_crime set shadow = false where id = any(%s)", [list(crimes)])


def _into_history(crimes: Sequence[UUID]) -> None:
    """What was said of these crimes so far alerts and invites nobody; the first that comes from now on does."""
    with connection.cursor() as cursor:
        cursor.execute(
            "update cases_crime set shadow = false, live = false where id = any(%s)", [list(crimes)]
        )
        for table in _HISTORY:
            cursor.execute(
                f"update {table} set live = false where crime_id = any(%s) and live",  # noqa: S608
                [list(crimes)],
            )


def _staff(source: Source) -> list[tuple[str, str]]:
    rows: list[dict[str, Any]] = setwise.fetch(_STAFF, [source.force_id, source.id])
    return [(row["kind"], row["ref"][:-1]) for row in rows]
