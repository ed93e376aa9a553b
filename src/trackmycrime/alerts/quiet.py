"""Saying that there is no news yet, because silence is the complaint."""

from collections import Counter, defaultdict
from datetime import datetime

from trackmycrime.forces.policy import DEFAULT
from trackmycrime.kernel import setwise
from trackmycrime.kernel.clock import london, london_date

from .news import News
from .reading import people
from .rules import PERSON
from .telling import decide_news
from .writing import Decisions

NOTHING = b"\0" * 32
HOURS = (9, 10, 14)
"""At which hours, in London, it is looked for: it reads all open cases, and has days"""

# Who reads an open case, or is told of it by a person as they wished; what they were told last, by whomever (an officer
# who tells in person has the date of the task; that somebody signed in tells nothing of a case); and the interval,
# theirs or their force's. Whoever is about to be told something is left alone. Cases that are closed, and history
# that was loaded without telling, begin with the joining.
_SILENT = """
select v.id, v.force_id, c.id as case_id, told.last
from publish_case c
  join forces_force f on f.id = c.force_id
  join people_victim v on v.force_id = c.force_id and v.crime_id = c.crime_id and v.live
    and (v.joined_at is not null or v.preferred_channel = any(%(person)s) or v.chosen_channel = any(%(person)s))
  cross join lateral (select coalesce(v.agreed_days, (f.policy ->> 'update_days')::int, %(usual)s) as days) agreed
  cross join lateral (
    select greatest(v.joined_at, v.invited_at,
        max(coalesce(a.sent_at, a.finished_at)) filter (where a.state <> 'cancelled')) as last,
      count(*) filter (where a.state in ('waiting', 'not_set_up')) as waiting
    from alerts_alert a where a.victim_id = v.id and a.about <> all('{sign_in,frozen}')) told
where c.open and c.closed_on is null and (c.readable_until is null or c.readable_until > %(now)s)
  and agreed.days > 0 and told.waiting = 0
  and (told.last at time zone 'Europe/London')::date + agreed.days <= %(today)s
order by told.last limit %(most)s
"""


def say_no_news(now: datetime, *, most: int = 500) -> int:
    """Tell who has heard nothing for as long as was agreed that there is no news yet; says how many. For the worker.

    Once for each silence: what is told, by this too, begins the next one. It goes the way of every alert, with all its
    rules, and is cancelled when news comes before it has gone out.
    """

    if london(now).hour not in HOURS:
        return 0
    values = {
        "person": list(PERSON),
        "usual": DEFAULT.update_days,
        "now": now,
        "today": london_date(now),
        "most": most,
    }
    silent: dict[int, list[News]] = defaultdict(list)
    for row in setwise.fetch(_SILENT, values):
        entry = f"no-news:{row['last'].isoformat()}"
        silent[row["force_id"]].append(News(row["id"], row["case_id"], entry, 0, NOTHING, "no_news"))
    counts: Counter[str] = Counter()
    for force, news in silent.items():
        decisions = Decisions(force, now)
        decide_news(decisions, people({each.victim_id for each in news}), news)
        counts += decisions.store()
    return counts.total()
