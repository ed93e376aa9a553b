"""A letter that an officer has had printed and posted by machine: the same as one that they post themselves.

The task is done when they press the button, as when they put a letter into the post. The letter waits as any other and
is looked at once more just before it goes; what is stopped, refused, spoilt or taken by nobody opens the task anew.
"""

from base64 import b64encode
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from trackmycrime.delivery.api import POST, Finished, Letter, Stop, Verdict, cancel, prepare
from trackmycrime.kernel import crypto, setwise
from trackmycrime.kernel.ids import new_id
from trackmycrime.people import letters as paper
from trackmycrime.people.models import Victim
from trackmycrime.publish.refresh import protected_crimes
from trackmycrime.tasks.api import Need
from trackmycrime.tasks.models import Task

from .writing import ask_officers

GIVE_UP_AFTER = timedelta(days=2)
"""A letter that could not be handed over for so long is an officer's again."""
CHANNEL = "letter"
# Force by force, as letters that wait are indexed.
_UNTAKEN = """
select d.owner_id from forces_force f cross join lateral (
  select d.owner_id from delivery_dispatch d
  where d.force_id = f.id and d.channel = %s and d.state = 'prepared' and d.purpose = %s and d.give_up_at < %s
  limit 100) d
"""


def post(task: Task, victim: Victim, made: bytes, language: str, *, now: datetime) -> None:
    """Have this PDF printed and posted to the victim, in the caller's transaction, instead of what `task` asks for.

    Whether a letter may be sent at all was asked before (`people.letters.why_not`), and is asked again.
    """
    lines = "\n".join(paper.addressed(victim))
    letter = Letter(
        id=new_id(),
        force=task.force_id,
        purpose=POST,
        owner_id=task.id,
        channel=CHANNEL,
        address=lines,
        address_hash=_hash(lines),
        body=b64encode(made).decode(),
        language=language,
        due_at=now,
        give_up_at=now + GIVE_UP_AFTER,
    )
    prepare([letter], now=now)


def look_again(letters: Sequence[Letter], now: datetime) -> dict[UUID, Verdict]:
    """Which of these letters, about to be printed, must not be; the task that each was for is open again."""
    if not letters:
        return {}
    tasks = _tasks([each.owner_id for each in letters])
    victims = Victim.objects.select_related("force").in_bulk([row["victim_id"] for row in tasks.values()])
    guarded = _guarded(victims.values())
    stopped: dict[UUID, Verdict] = {}
    reasons: dict[UUID, str] = {}
    for each in letters:
        row = tasks.get(each.owner_id)
        victim = victims.get(row["victim_id"]) if row else None
        if why := _why_not(each, row, victim, guarded):
            stopped[each.id], reasons[each.owner_id] = Stop(why), why
    _open_again(tasks, reasons, now)
    return stopped


def ended(letters: Sequence[Finished], now: datetime) -> None:
    """Of letters that were refused or spoilt, the task that each was for is open again."""
    failed = {each.owner_id: each.reason for each in letters if each.state == "failed"}
    _open_again(_tasks(list(failed)), failed, now)


def mend(now: datetime) -> int:
    """Letters that nobody has taken in their time, because nobody prints any more or all are held, are cancelled, and
    their tasks open again; says how many. For the worker, now and then."""
    late = setwise.fetch(_UNTAKEN, [CHANNEL, POST, now])
    stopped = cancel([row["owner_id"] for row in late], "over", now=now)
    _open_again(_tasks(list(stopped)), dict.fromkeys(stopped, "over"), now)
    return len(stopped)


def _open_again(tasks: Mapping[UUID, Mapping[str, Any]], reasons: Mapping[UUID, str], now: datetime) -> None:
    """Those of these tasks that there is a reason for are an officer's again, where there is still somebody to tell."""
    needs: dict[int, list[Need]] = defaultdict(list)
    for id_, why in reasons.items():
        if (row := tasks.get(id_)) and row["live"] and row["open"]:
            needs[row["force_id"]].append(_need(row, why))
    for force, several in needs.items():
        ask_officers(force, several, now=now)


def _why_not(
    letter: Letter, row: Mapping[str, Any] | None, victim: Victim | None, guarded: Collection[UUID]
) -> str:
    if row is None or victim is None or not victim.live:
        return "not live"
    if not row["open"]:
        return "case closed"
    if paper.why_not(victim, protected=victim.crime_id in guarded):
        return "no letter"
    return "" if _hash("\n".join(paper.addressed(victim))) == letter.address_hash else "address changed"


def _tasks(ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """What these tasks are about. One statement."""
    if not ids:
        return {}
    rows = setwise.fetch(
        "select t.id, t.force_id, t.kind, t.once, t.crime_id, t.victim_id, t.officer_id, t.unit_id, v.live,"
        " exists (select from publish_case c where c.force_id = t.force_id and c.crime_id = t.crime_id and c.open)"
        " as open from tasks_task t join people_victim v on v.id = t.victim_id and v.force_id = t.force_id"
        " where t.id = any(%s)",
        [list(ids)],
    )
    return {row["id"]: row for row in rows}


def _guarded(victims: Collection[Victim]) -> set[UUID]:
    by_force: dict[int, list[Victim]] = defaultdict(list)
    for victim in victims:
        by_force[victim.force_id].append(victim)
    return {
        crime
        for several in by_force.values()
        for crime in protected_crimes(several[0].force, [each.crime_id for each in several])
    }


def _need(row: Mapping[str, Any], why: str) -> Need:
    return Need(
        row["kind"],
        once=row["once"],
        crime_id=row["crime_id"],
        victim_id=row["victim_id"],
        detail={"reason": why},
    )


def _hash(lines: str) -> bytes:
    return crypto.blind("post", lines)
