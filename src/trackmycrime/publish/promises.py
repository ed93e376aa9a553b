"""The dates that victims were promised, and the officer who is asked to keep them."""

from collections import defaultdict
from datetime import datetime, timedelta

from trackmycrime.kernel import setwise
from trackmycrime.kernel.clock import LONDON, london_date
from trackmycrime.tasks.api import Need

BEFORE = timedelta(days=3)
"""How long before the day an officer is asked."""

_DUE = """
select c.id, c.force_id, c.crime_id, k.officer_id, k.unit_id,
       coalesce(case when c.promised_on >= %(today)s then c.promised_on end, c.next_update_on) as due
from publish_case c join cases_crime k on k.id = c.crime_id and k.force_id = c.force_id
where c.open and c.closed_on is null
  and coalesce(case when c.promised_on >= %(today)s then c.promised_on end, c.next_update_on)
      between %(today)s and %(until)s
  and exists (select from people_victim v where v.crime_id = c.crime_id and v.live and v.account_id is not null)
  and not exists (select from tasks_task t where t.force_id = c.force_id and t.kind = 'update_due'
                  and t.once = c.id || ':' || coalesce(case when c.promised_on >= %(today)s then c.promised_on end, c.next_update_on))
order by due limit 500
"""


def due_promises(now: datetime) -> dict[int, list[Need]]:
    """By force, what officers must write soon: a case with somebody who reads it, whose date comes within three days."""
    today = london_date(now)
    needs: dict[int, list[Need]] = defaultdict(list)
    rows = setwise.fetch(_DUE, {"today": today, "until": today + BEFORE})
    for row in rows:
        needs[row["force_id"]].append(
            Need(
                "update_due",
                f"{row['id']}:{row['due']}",
                crime_id=row["crime_id"],
                officer_id=row["officer_id"],
                unit_id=row["unit_id"],
                due_at=datetime.combine(row["due"], datetime.max.time(), tzinfo=LONDON),
            )
        )
    return needs
