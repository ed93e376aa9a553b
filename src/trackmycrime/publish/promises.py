"""The dates that victims were promised, and the officer who is asked to keep them."""

from collections import defaultdict
from datetime import datetime, timedelta

from trackmycrime.kernel import setwise
from trackmycrime.kernel.clock import LONDON, london_date
from trackmycrime.tasks.api import Need

BELL = "promises"
"""What the worker's pass that asks officers is called (`rounds.PASSES`)."""
BEFORE = timedelta(days=3)
"""How long before the day an officer is asked."""

_DUE = """
with dated as (
    select id, force_id, crime_id,
           coalesce(case when promised_on >= %(today)s then promised_on end, next_update_on) as due
    from publish_case where open and closed_on is null
)
select d.id, d.force_id, d.crime_id, d.due, k.officer_id, k.unit_id
from dated d join cases_crime k on k.id = d.crime_id and k.force_id = d.force_id
where d.due between %(today)s and %(until)s
  and exists (select from people_victim v where v.force_id = d.force_id and v.crime_id = d.crime_id
              and v.live and v.account_id is not null)
  and not exists (select from tasks_task t where t.force_id = d.force_id and t.kind = 'update_due'
                  and t.once = d.id || ':' || d.due)
order by d.due limit 500
"""


def due_promises(now: datetime) -> dict[int, list[Need]]:
    """By force, what officers must write soon: cases with somebody who reads them, due within three days."""
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
