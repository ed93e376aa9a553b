"""Updates that wait until somebody has spoken with the victim, and the supervisor who is asked when nobody has."""

from collections import defaultdict
from datetime import datetime

from trackmycrime.kernel import setwise
from trackmycrime.tasks.api import Need

SPEAK, OVERDUE = "speak_before_release", "speak_overdue"
"""The tasks: the officer's, and the supervisor's after it ran out"""

# For as long as the update waits: one that has gone, or is not held any more, concerns no supervisor. Where its words
# have changed since, the time of the first goes on, and the task is about them as they are now.
_UNSPOKEN = """
select distinct on (e.id) t.force_id, e.id || ':' || e.revision as once, t.crime_id, t.victim_id, t.unit_id, t.detail
from forces_force f
  join tasks_task t on t.force_id = f.id and t.kind = %(speak)s and t.done_at is null and t.due_at < %(now)s
  join publish_entry e on e.id = (t.detail ->> 'entry')::uuid and e.force_id = t.force_id and e.state = 'held'
where not exists (select from tasks_task o where o.force_id = t.force_id and o.kind = %(overdue)s
  and o.once = e.id || ':' || e.revision and o.created_at >= t.created_at)
order by e.id, t.due_at limit 500
"""


def unspoken(now: datetime) -> dict[int, list[Need]]:
    """By force, what supervisors are asked, because no officer has spoken. Of each update in its words once."""
    needs: dict[int, list[Need]] = defaultdict(list)
    for row in setwise.fetch(_UNSPOKEN, {"speak": SPEAK, "overdue": OVERDUE, "now": now}):
        need = Need(
            OVERDUE,
            row["once"],
            row["crime_id"],
            row["victim_id"],
            unit_id=row["unit_id"],
            due_at=now,
            detail=row["detail"],
        )
        needs[row["force_id"]].append(need)
    return needs
