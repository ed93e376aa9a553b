"""What a victim's message starts: a task with a clock, for whoever is at work. The worker calls it."""

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from trackmycrime.forces.models import Force
from trackmycrime.forces.policy import DEFAULT
from trackmycrime.kernel import setwise
from trackmycrime.kernel.clock import LONDON, london_date
from trackmycrime.rights import working_days
from trackmycrime.tasks.api import Need, open_tasks

from .models import Message
from .rules import Asked, Colleague, whom_to_ask

ANSWER = "answer_message"
"""The kind of task."""


def answer_by(written_at: datetime, answer_days: int) -> date:
    """The day by which a message written at that moment should be answered (force policy `answer_days`)."""
    return working_days.after(london_date(written_at), answer_days)


def _end_of(day: date) -> datetime:
    return datetime.combine(day, time(23, 59), tzinfo=LONDON)


def untaken(now: datetime, *, limit: int = 200) -> list[Message]:
    """Victims' messages that nothing has followed from yet, locked for this transaction; other workers skip them."""
    found = Message.objects.select_for_update(skip_locked=True)
    found = found.filter(by="victim", taken_at=None, written_at__lte=now).order_by("written_at")
    return list(found.only("id", "force_id", "victim_id", "access_id", "text", "written_at")[:limit])


def take(messages: Iterable[Message], *, now: datetime) -> int:
    """Open a task to answer for each thread that has none open, and mark the messages; says how many tasks are new.

    Bounded statements per force, however many messages. To be called with what `untaken` locked, in that transaction.
    """
    messages = list(messages)
    opened = open_answers(messages, now=now)
    Message.objects.filter(id__in=[message.id for message in messages]).update(taken_at=now)
    return opened


def open_answers(messages: Iterable[Message], *, now: datetime) -> int:
    """Open the tasks to answer these messages: one per thread, with the clock of its earliest message."""
    first: dict[int, dict[UUID, datetime]] = {}
    for message in messages:
        threads = first.setdefault(message.force_id, {})
        threads[message.victim_id] = min(
            message.written_at, threads.get(message.victim_id, message.written_at)
        )
    return sum(_open(force, threads, now) for force, threads in sorted(first.items()))


def _open(force: int, threads: dict[UUID, datetime], now: datetime) -> int:
    policy = DEFAULT.changed(Force.objects.values_list("policy", flat=True).get(id=force))
    crimes = setwise.fetch(
        "select v.id victim_id, v.crime_id, c.officer_id, c.unit_id from people_victim v"
        " join cases_crime c on c.id = v.crime_id and c.force_id = v.force_id where v.force_id = %s and v.id = any(%s)",
        [force, list(threads)],
    )
    asked = _asked(force, [(row["officer_id"], row["unit_id"]) for row in crimes], london_date(now))
    needs = [
        Need(
            ANSWER,
            once=str(row["victim_id"]),
            crime_id=row["crime_id"],
            victim_id=row["victim_id"],
            officer_id=asked[row["officer_id"], row["unit_id"]].officer,
            unit_id=asked[row["officer_id"], row["unit_id"]].unit,
            due_at=_end_of(answer_by(threads[row["victim_id"]], policy.answer_days)),
        )
        for row in crimes
    ]
    return open_tasks(force, needs, now=now)


def _asked(force: int, pairs: list[tuple[str, str]], today: date) -> dict[tuple[str, str], Asked]:
    wanted = sorted({officer for officer, _ in pairs if officer})
    rows = setwise.fetch(
        "select officer_id, unit_id, active, away_until, cover from people_officer where force_id = %s and ("
        " officer_id = any(%s) or officer_id = any(array(select cover from people_officer"
        " where force_id = %s and officer_id = any(%s))))",
        [force, wanted, force, wanted],
    )
    colleagues = {
        row["officer_id"]: Colleague(row["unit_id"], row["active"], row["away_until"], row["cover"])
        for row in rows
    }
    covers = [colleague.cover for colleague in colleagues.values() if colleague.cover]
    units = setwise.fetch(
        "select unit_id from forces_unit where force_id = %s and active and unit_id = any(%s)",
        [force, covers],
    )
    known = {row["unit_id"] for row in units}
    return {pair: whom_to_ask(*pair, colleagues, known, today) for pair in set(pairs)}


_FORSAKEN = """
select distinct on (m.victim_id) m.id, m.force_id, m.victim_id, m.written_at from messages_message m
where m.by = 'victim' and m.read_at is null and m.taken_at is not null and not exists (
    select from tasks_task t where t.force_id = m.force_id and t.kind = %s and t.once = m.victim_id::text
      and t.done_at is null)
order by m.victim_id, m.written_at limit 500
"""

_OPEN = """
select t.id, t.force_id, t.officer_id, t.unit_id, c.officer_id crime_officer, c.unit_id crime_unit
from tasks_task t join cases_crime c on c.id = t.crime_id and c.force_id = t.force_id
where t.kind = %s and t.done_at is null
"""


def mend(now: datetime) -> int:
    """Keep two promises, now and then: no unread message without a task, and no task with somebody who is away.

    A message may slip by while its thread's task is being closed; an officer may leave or go away after a task was
    opened. Says how many tasks were opened or handed over.
    """
    changed = open_answers(Message.objects.raw(_FORSAKEN, [ANSWER]), now=now)
    today = london_date(now)
    by_force: dict[int, list[dict[str, Any]]] = {}
    for row in setwise.fetch(_OPEN, [ANSWER]):
        by_force.setdefault(row["force_id"], []).append(row)
    for force, rows in sorted(by_force.items()):
        asked = _asked(force, [(row["crime_officer"], row["crime_unit"]) for row in rows], today)
        moved = []
        for row in rows:
            now_asked = asked[row["crime_officer"], row["crime_unit"]]
            if (now_asked.officer, now_asked.unit) != (row["officer_id"], row["unit_id"]):
                moved.append({"id": row["id"], "officer_id": now_asked.officer, "unit_id": now_asked.unit})
        setwise.update("tasks_task", ["id"], ["officer_id", "unit_id"], moved, where="t.done_at is null")
        changed += len(moved)
    return changed
