"""How long it takes from the moment at which an alert was to go out until a provider has taken it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from trackmycrime.kernel import setwise
from trackmycrime.kernel.ids import lowest_id

LOOKED_AT = 2_000
"""How many alerts are looked at, the newest first"""

PROMPTNESS = """
with newest as materialized (
  select a.id, greatest(a.decided_at, a.due_at) as due from alerts_alert a
  where a.force_id = %(force)s and a.id >= %(lowest)s order by a.id desc limit %(look)s)
select d.channel, count(*) as alerts,
  percentile_cont(0.5) within group (order by extract(epoch from t.taken - n.due)) as median
from newest n join delivery_dispatch d on d.owner_id = n.id
join lateral (select x.at + make_interval(secs => x.millis / 1000.0) as taken from delivery_attempt x
  where x.dispatch_id = d.id and x.result = 'accepted' order by x.at limit 1) t on true
where d.state in ('accepted', 'delivered') group by d.channel
"""


@dataclass(frozen=True)
class Promptness:
    """How prompt one channel is."""

    alerts: int
    """How many were measured"""
    median: timedelta


def promptness(force: int, *, now: datetime) -> dict[str, Promptness]:
    """By channel, of what was decided in the last day: from when it was to go until it was taken. One statement.

    What waits for a safe hour is to go at that hour, so waiting for it counts as no delay.
    """
    rows = setwise.fetch(PROMPTNESS, values(force, now))
    return {
        row["channel"]: Promptness(row["alerts"], max(timedelta(), timedelta(seconds=row["median"])))
        for row in rows
    }


def values(force: int, now: datetime) -> dict[str, Any]:
    """What the statement asks with."""
    return {"force": force, "lowest": lowest_id(now - timedelta(days=1)), "look": LOOKED_AT}
