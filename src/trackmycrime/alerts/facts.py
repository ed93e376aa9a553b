"""What must be known of alerts to look at them once more: read for many at once."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from trackmycrime.forces.policy import DEFAULT
from trackmycrime.kernel import setwise
from trackmycrime.publish.defaults import DANGER

from .hours import Item, Pace, pace_of
from .reading import OVER
from .rules import BEFORE_JOINING
from .writing import OF_ACCOUNT

# These are asked for a few letters at a time, again and again. An array that comes out of a «select» has no length to
# plan for, so PostgreSQL keeps the plan, which costs more to make than to carry out.
#
# An entry stands as long as it is published for this victim. What is no entry (a message, a case that was closed with
# words, that there is no news) stands as long as the case is open. It is a danger where an officer has released what is
# held in a guarded case until they have spoken.
_GUARDED = """
exists (select from cases_crime k where k.id = c.crime_id and k.force_id = a.force_id and k.flags <> '{}')
  or exists (select from people_victim g where g.force_id = a.force_id and g.crime_id = c.crime_id and g.live
    and (g.enhanced or g.under_age))
"""
_STANDS = f"""
select count(*) as entries, array_agg(coalesce(e.milestone, '')) as milestones,
  array_agg(coalesce(e.happened_at, a.decided_at)) as moments,
  array_agg(case when e.decision = 'release' and e.milestone = any(%s) then {_GUARDED} else false end) as dangers
from alerts_told t left join publish_entry e on e.case_id = a.case_id and e.key = t.entry
where t.alert_id = a.id and t.entry not like 'invitation:%%'
  and (e.id is null or (e.state = 'published' and (e.victims is null or a.victim_id = any(e.victims))))
"""  # noqa: S608
_INVITATION = """
select i.expires_at from alerts_told t
  join people_invitation i on i.victim_id = a.victim_id and t.entry = 'invitation:' || i.id
where t.alert_id = a.id and i.state in ('open', 'opened') limit 1
"""
_NEWS = f"b.about <> all(array{list(OF_ACCOUNT)})"
# What else is on its way to the same victim, and when something last went out; what is about the account is no news.
_BESIDE = f"""
select max(b.sent_at) filter (where {_NEWS}) as last_out,
  count(*) filter (where b.state <> all(%s) and {_NEWS}) as others,
  coalesce(bool_or(b.state <> all(%s) and exists (
    select from delivery_dispatch d where d.owner_id = b.id and d.state = 'sending')), false) as in_flight
from alerts_alert b where b.victim_id = a.victim_id and b.id <> a.id
  and (b.sent_at > least(%s, a.decided_at) or b.state <> all(%s))
"""  # noqa: S608 (constants of ours)
_ALERTS = f"""
select a.id, a.force_id, a.victim_id, a.case_id, a.about, a.channel, a.state, a.reason, a.why, a.decided_at, a.due_at,
  a.finished_at, a.tried, f.policy,
  coalesce(c.open and (c.readable_until is null or c.readable_until > %s), false) as readable,
  c.closed_on is not null as closed,
  s.*, o.*, case when a.about = 'invitation' then ({_INVITATION}) end as invited_until
from alerts_alert a join forces_force f on f.id = a.force_id
  left join publish_case c on c.id = a.case_id and c.force_id = a.force_id
  cross join lateral ({_STANDS}) s cross join lateral ({_BESIDE}) o
where a.id = any(array(select unnest(%s::uuid[])))
"""  # noqa: S608
# In the select list, so that it is done to these rows and to no others that a plan may come by. By the victim, as one
# number: the locks of `kernel.locks` are two.
_ALONE = """
select a.id, pg_try_advisory_xact_lock(hashtextextended(a.victim_id::text, 0)) as alone
from alerts_alert a where a.id = any(array(select unnest(%s::uuid[])))
"""


def alerts(ids: Iterable[UUID], now: datetime) -> dict[UUID, dict[str, Any]]:
    """These alerts by id, each with what it tells of and what else is on its way to its victim. One statement."""
    wanted = list(ids)
    if not wanted:
        return {}
    over, danger = list(OVER), list(DANGER)
    rows = setwise.fetch(_ALERTS, [now, danger, over, over, now - BEFORE_JOINING, over, wanted])
    return {row["id"]: row for row in rows}


def alerts_to_go(ids: Iterable[UUID], now: datetime) -> dict[UUID, dict[str, Any]]:
    """As `alerts`, about to be sent: until this transaction ends, nobody else finds the same victims alone.

    Two workers that take two alerts of one victim at the same moment would not see each other: whoever comes second
    finds the other ``in_flight``. Nobody waits for anybody. Two statements.
    """
    wanted = list(ids)
    if not wanted:
        return {}
    alone = {row["id"]: row["alone"] for row in setwise.fetch(_ALONE, [wanted])}
    found = alerts(wanted, now)
    for id_, alert in found.items():
        alert["in_flight"] = alert["in_flight"] or not alone[id_]
    return found


def items(alert: Mapping[str, Any]) -> list[Item]:
    """What of that which this alert tells of still stands. What is about the account waits for no morning."""
    if alert["about"] in OF_ACCOUNT:
        return [Item("", alert["decided_at"], danger=True)]
    said = (alert["milestones"] or (), alert["moments"] or (), alert["dangers"] or ())
    return [Item(*each) for each in zip(*said, strict=True)]


def pace(alert: Mapping[str, Any]) -> Pace:
    """What the alert's force decides about when."""
    return pace_of(DEFAULT.changed(alert["policy"]) if alert["policy"] else DEFAULT)
