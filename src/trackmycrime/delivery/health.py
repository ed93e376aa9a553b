"""How each channel is doing in a force: what waits, what went, what came back, and who carries it.

What waits is read by the index of what waits, and what went by the key of the tries, which rises with time; both stop
at a bound, so that looking costs the same however many letters there ever were.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from trackmycrime.kernel import setwise
from trackmycrime.kernel.clock import LONDON
from trackmycrime.kernel.ids import lowest_id

from . import presence, providers, switches
from .switches import CHANNELS, Switch

COUNTED = 10_000
"""How many waiting letters are counted at most"""
LOOKED_AT = 20_000
"""How many tries are looked at, the newest first"""
_APART = timedelta(minutes=5)
"""How far the clocks of the machines that make ids may be apart"""


@dataclass(frozen=True)
class Went:
    """What became of tries in a span of time."""

    accepted: int = 0
    delivered: int = 0
    """Of these, so many have arrived, as receipts say"""
    failed: int = 0
    """Refused for good, or taken and come back"""
    later: int = 0
    """Passing failures: tried again"""
    unclear: int = 0
    again: int = 0
    """Letters that may have reached their reader twice: sent again although an earlier try may have arrived, by a
    provider that cannot be asked"""


@dataclass(frozen=True)
class Health:
    """One channel in one force."""

    channel: str
    provider: str
    """The setting that chooses it; empty where the channel is not set up"""
    workers: int
    """How many live that can send by it"""
    waiting: int
    """Letters that could go now, as far as they were counted"""
    oldest: datetime | None
    """Since when the one that waits longest could have gone"""
    planned: int
    """Letters whose hour has not come, as far as they were counted"""
    sending: int
    today: int
    """How many a provider took since midnight in London"""
    hour: Went
    day: Went
    whole: bool
    """Whether all tries of the day were looked at"""
    last_error: str
    last_error_at: datetime | None
    held: tuple[Switch, ...]

    @property
    def stuck(self) -> bool:
        """Whether something could go and does not, because the channel is held, or nobody sends by it."""
        return bool(self.waiting) and (bool(self.held) or not self.workers)


_WAITING = """
select c.name as channel,
  (select count(*) from (select from delivery_dispatch d where d.force_id = %(force)s and d.channel = c.name
     and d.state = 'prepared' and d.next_try_at <= %(now)s limit %(most)s) w) as waiting,
  (select d.next_try_at from delivery_dispatch d where d.force_id = %(force)s and d.channel = c.name
     and d.state = 'prepared' and d.next_try_at <= %(now)s order by d.next_try_at limit 1) as oldest,
  (select count(*) from (select from delivery_dispatch d where d.force_id = %(force)s and d.channel = c.name
     and d.state = 'prepared' and d.next_try_at > %(now)s limit %(most)s) w) as planned,
  (select count(*) from (select from delivery_dispatch d where d.force_id = %(force)s and d.channel = c.name
     and d.state = 'sending' and d.lease_until > %(now)s limit %(most)s) w) as sending
from unnest(%(channels)s::text[]) as c (name)
"""
_WENT = """
with tries as materialized (
  select t.dispatch_id, t.at, t.result, t.answer, t.how from delivery_attempt t
  where t.force_id = %(force)s and t.id >= %(lowest)s and t.at > %(day)s order by t.id desc limit %(look)s)
select d.channel, count(*) as tries,
  count(*) filter (where t.result = 'accepted' and t.at >= %(midnight)s) as today,
  (array_agg(t.answer order by t.at desc) filter (where t.result <> 'accepted'))[1] as last_error,
  max(t.at) filter (where t.result <> 'accepted') as last_error_at,
  {counts}
from tries t join delivery_dispatch d on d.id = t.dispatch_id
left join delivery_receipt y on y.dispatch_id = t.dispatch_id and y.result = 'delivered' and t.result = 'accepted'
left join delivery_receipt n on n.dispatch_id = t.dispatch_id and n.result = 'failed' and t.result = 'accepted'
group by d.channel
"""
_COUNTS = """
  count(*) filter (where t.result = 'accepted' {since}) as accepted_{name},
  count(*) filter (where y.dispatch_id is not null and n.dispatch_id is null {since}) as delivered_{name},
  count(*) filter (where (t.result = 'never' or n.dispatch_id is not null) {since}) as failed_{name},
  count(*) filter (where t.result = 'later' {since}) as later_{name},
  count(*) filter (where t.result = 'unclear' {since}) as unclear_{name},
  count(distinct t.dispatch_id) filter (where t.how = 'again' and t.result in ('accepted', 'unclear') {since})
    as again_{name}"""
WENT = _WENT.format(
    counts=",".join(
        _COUNTS.format(name=name, since=since)
        for name, since in (("day", ""), ("hour", "and t.at > %(hour)s"))
    )
)
WAITING = _WAITING


def health(force: int, *, now: datetime) -> list[Health]:
    """Every channel that there can be. Four statements; sees what the caller's login may see."""
    asked = values(force, now)
    waiting = {row["channel"]: row for row in setwise.fetch(WAITING, asked)}
    went = {row["channel"]: row for row in setwise.fetch(WENT, asked)}
    able = list(presence.living().values())
    held = switches.standing(now=now, force=force)
    whole = sum(row["tries"] for row in went.values()) < LOOKED_AT
    return [
        Health(
            channel=name,
            provider=providers.chosen(name),
            workers=sum(name in channels for channels in able),
            **{key: value for key, value in waiting[name].items() if key != "channel"},
            today=went.get(name, {}).get("today", 0),
            hour=_went(went.get(name, {}), "hour"),
            day=_went(went.get(name, {}), "day"),
            whole=whole,
            last_error=went.get(name, {}).get("last_error") or "",
            last_error_at=went.get(name, {}).get("last_error_at"),
            held=tuple(one for one in held if one.channel == name),
        )
        for name in CHANNELS
    ]


def values(force: int, now: datetime) -> dict[str, Any]:
    """What the statements ask with."""
    day = now - timedelta(days=1)
    return {
        "force": force,
        "now": now,
        "day": day,
        "hour": now - timedelta(hours=1),
        "midnight": now.astimezone(LONDON).replace(hour=0, minute=0, second=0, microsecond=0),
        "lowest": lowest_id(day - _APART),
        "channels": list(CHANNELS),
        "most": COUNTED,
        "look": LOOKED_AT,
    }


def _went(row: Mapping[str, Any], span: str) -> Went:
    return Went(**{name: row.get(f"{name}_{span}", 0) for name in Went.__dataclass_fields__})
