"""What ends by itself, for the worker: access whose time is over, and that of guardians whose child is grown up.

Row security ends it at the moment itself; this writes it down, so that pages and audit say so.
"""

from datetime import datetime, timedelta
from uuid import UUID

from trackmycrime.audit import api as audit
from trackmycrime.kernel import setwise
from trackmycrime.kernel.clock import london_date
from trackmycrime.tasks import api as tasks

CHILD_GROWN_UP = "child_of_age"
"""The task where the child that somebody was let in for is grown up: who tells the victim now?"""

_OVER = """
update people_access a set ended_at = %s, ended_why = case
    when not v.live then 'moved'
    when a.kind = 'guardian' and (a.until <= %s or v.of_age_on <= %s) then 'of_age'
    when not a.by_officer and a.given_by is distinct from v.account_id then 'moved'
    else 'time' end
from people_victim v
where v.id = a.victim_id and v.force_id = a.force_id and a.ended_at is null and a.id = any(array(
    select b.id from people_access b join people_victim w on w.id = b.victim_id and w.force_id = b.force_id
    where b.ended_at is null and (b.until <= %s or not w.live
      or not b.by_officer and b.given_by is distinct from w.account_id
      or b.kind = 'guardian' and w.of_age_on <= %s)
    order by b.until limit %s for update of b skip locked))
returning a.id, a.force_id, a.victim_id, a.ended_why, v.crime_id
"""
_PARENTS = """
select v.id, v.force_id, v.crime_id from people_victim v
where v.role = 'parent_guardian' and v.live and (select max(g.of_age_on) from people_victim g
    where g.crime_id = v.crime_id and g.force_id = v.force_id and g.role = 'victim' and g.live) between %s and %s
  and not exists (select from tasks_task t where t.force_id = v.force_id and t.victim_id = v.id and t.kind = %s)
limit %s
"""
A_MONTH = timedelta(days=31)


def end_what_is_over(now: datetime, *, most: int = 500) -> int:
    """End access whose time is over; says how much. Of children who are grown up an officer is told, once."""
    today = london_date(now)
    rows = setwise.fetch(_OVER, [now, now, today, now, today, most])
    setwise.fetch(
        "update people_help_invitation i set state = 'expired', finished_at = %s where i.id = any(array("
        "select j.id from people_help_invitation j where j.state in ('waiting', 'open', 'opened')"
        " and j.expires_at <= %s limit %s)) returning i.id",
        [now, now, most],
    )
    by_force: dict[int, list[tasks.Need]] = {}
    for row in rows:
        act = audit.Act(
            "access.ended",
            "victim",
            str(row["victim_id"]),
            {"access": str(row["id"]), "why": row["ended_why"]},
        )
        audit.record(audit.SYSTEM, [act], force=row["force_id"], now=now)
        if row["ended_why"] == "of_age":
            by_force.setdefault(row["force_id"], []).append(_grown_up(row["crime_id"], row["victim_id"]))
    for force, needs in by_force.items():
        tasks.open_tasks(force, needs, now=now)
    return len(rows)


def say_who_is_grown_up(now: datetime, *, most: int = 500) -> int:
    """Ask an officer, once, where a parent of whom the records system told is none of a child any more.

    Row security has closed the case to them on the birthday; says how many tasks are new.
    """
    today = london_date(now)
    by_force: dict[int, list[tasks.Need]] = {}
    for row in setwise.fetch(_PARENTS, [today - A_MONTH, today, CHILD_GROWN_UP, most]):
        by_force.setdefault(row["force_id"], []).append(_grown_up(row["crime_id"], row["id"]))
    return sum(tasks.open_tasks(force, needs, now=now) for force, needs in by_force.items())


def _grown_up(crime_id: UUID, victim_id: UUID) -> tasks.Need:
    return tasks.Need(CHILD_GROWN_UP, once=str(victim_id), crime_id=crime_id, victim_id=victim_id)
