"""Trying a source out unseen: what it sends is kept apart from what others send, and closed to victims.

It is judged, kept and put into the records as always, under names of its own. `report` computes what would be seen and
sent, by doing all of it and undoing it. `end` throws the records that were kept apart away and takes all events once
more, as history: shown, and told to nobody (CONTRACT, «First loads»).
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from django.db import connection, transaction

from trackmycrime import pipeline
from trackmycrime.audit.api import SYSTEM, Act, record
from trackmycrime.feed import quarantine
from trackmycrime.feed.aside import apart
from trackmycrime.feed.models import Entity, Source
from trackmycrime.feed.sources import CannotDo
from trackmycrime.forces.models import Force
from trackmycrime.kernel import setwise
from trackmycrime.kernel.locks import force_lock

_AT_ONCE = 500
_CRIMES = """
select id from cases_crime
where force_id = %s and shadow and starts_with(reference_key, %s) and id > %s order by id limit %s
"""
_HELD_BACK = """
update feed_event set status = 'quarantined', waits_for = '', entity = '',
  problem = coalesce(problem, '{"type": "not-allowed", "title": "", "detail": "", "pointer": ""}'::jsonb)
where force_id = %s and source_id = %s and (status in ('applied', 'superseded') or waits_for <> '')
returning id
"""
_LATE = datetime.max.replace(tzinfo=UTC)
"""Everything is before it: a source that is live from then on tells of history"""


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


def end(source: Source, *, now: datetime) -> Counter[str]:
    """Take a source out of shadow: all that it sent is taken once more, as history. Counts what became of the events.

    What another source has told of meanwhile stays that one's: such events are `not-allowed` until it is handed over.
    All of it or nothing, under the force's lock: deliveries of the force wait meanwhile, and may be sent again.
    """
    fates = Counter[str]()
    with transaction.atomic():
        force_lock(source.force_id)
        source.refresh_from_db()
        if not source.shadow:
            return fates
        # until the end of this all that the source tells is history, also what waits for a later batch
        live_from, source.live_from, source.shadow = source.live_from, _LATE, False
        source.save(update_fields=["shadow", "live_from"])
        with connection.cursor() as cursor:
            for crimes in _batches(source):
                cursor.execute("delete from cases_crime where id = any(%s)", [list(crimes)])
        Entity.objects.filter(force_id=source.force_id, source=source).delete()
        rows = sorted(row["id"] for row in setwise.fetch(_HELD_BACK, [source.force_id, source.id]))
        for start in range(0, len(rows), _AT_ONCE):
            _take_again(source, rows[start : start + _AT_ONCE], now)
        source.live_from = live_from
        source.save(update_fields=["live_from"])
        for row in setwise.fetch(
            "select status, count(*) n from feed_event where id = any(%s::uuid[]) group by 1", [rows]
        ):
            fates[row["status"]] = row["n"]
        acts = [Act("source.shadow_off", "source", str(source.id), dict(fates))]
        record(SYSTEM, acts, force=source.force_id, now=now)
    return fates


def _take_again(source: Source, rows: Sequence[UUID], now: datetime) -> None:
    found, _unkept = quarantine.judged_again(source.force_id, rows, now=now)
    for sender, several in found.items():
        judged, again = [one.judged for one in several], [one.row for one in several]
        pipeline.take_events(sender, judged, now=now, again=again)


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
    while rows := setwise.fetch(_CRIMES, [source.force_id, apart(source.id), last, _AT_ONCE]):
        yield [row["id"] for row in rows]
        last = rows[-1]["id"]


def _open(crimes: Sequence[UUID]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("update cases_crime set shadow = false where id = any(%s)", [list(crimes)])
