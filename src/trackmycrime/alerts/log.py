"""The delivery log: every alert and invitation of a force in a span of days, with what became of it.

It is read backwards in time, a piece at a time by a key, so that neither a page nor a piece of an export costs more
where the log is long. Ids rise with time (`kernel.ids`), so the table's own key is the order; no index is kept for it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from trackmycrime.kernel import setwise
from trackmycrime.kernel.ids import lowest_id
from trackmycrime.kernel.scope import bound

from .lives import Life, lives

LOOKED_AT = 5_000
"""How many alerts are looked at for one page; where a filter is met by few of them, the page says that it goes on"""
PIECE = 200
"""How many alerts are read at once for an export"""
_APART = timedelta(days=1)
"""How far the clock that made an id and the moment of a decision may be apart"""


@dataclass(frozen=True)
class Wanted:
    """Which part of a force's log. Empty values do not matter."""

    force: int
    since: datetime
    until: datetime
    """Not included"""
    channel: str = ""
    """By which at least one letter went, or ``person`` for what a person was asked to tell"""
    state: str = ""
    crime_id: UUID | None = None


@dataclass(frozen=True)
class Found:
    """A piece of the log, the newest first."""

    lives: list[Life]
    onwards: UUID | None
    """From where the next piece goes on; None at the end"""


_SPAN = """
with span as materialized (
  select a.id, a.channel, a.state from alerts_alert a
  where a.force_id = %(force)s and a.id < %(before)s and a.id >= %(lowest)s
    and a.decided_at >= %(since)s and a.decided_at < %(until)s {case}
  order by a.id desc limit %(look)s)
select s.id, s.wanted, s.number from (
  select id, row_number() over (order by id desc) as number,
    ((%(state)s = '' or state = %(state)s) and (%(channel)s = ''
      or %(channel)s = 'person' and state in ('by_person', 'failed')
      or exists (select from delivery_dispatch d where d.owner_id = span.id and d.channel = %(channel)s))) as wanted
  from span) s
where s.wanted or s.number = %(look)s order by s.id desc limit %(most)s
"""
# As an array, so that no plan can go through all of the force's alerts and look for each one's victim.
_OF_CASE = """
    and a.victim_id = any(array(
      select v.id from people_victim v where v.force_id = %(force)s and v.crime_id = %(case)s))"""


def find(wanted: Wanted, *, before: UUID | None = None, most: int) -> Found:
    """One piece of the log: up to `most` alerts older than `before`. A bounded number of statements and of rows."""
    sql = _SPAN.format(case=_OF_CASE if wanted.crime_id else "")
    rows = setwise.fetch(sql, values(wanted, before, most))
    more = len(rows) > most or any(row["number"] == LOOKED_AT for row in rows)
    rows = rows[:most]
    onwards = rows[-1]["id"] if rows and more else None
    return Found(lives([row["id"] for row in rows if row["wanted"]]), onwards)


def values(wanted: Wanted, before: UUID | None, most: int) -> dict[str, Any]:
    """What `_SPAN` asks with."""
    return {
        "force": wanted.force,
        "since": wanted.since,
        "until": wanted.until,
        "lowest": lowest_id(wanted.since - _APART),
        "before": before or lowest_id(wanted.until + _APART),
        "state": wanted.state,
        "channel": wanted.channel,
        "case": wanted.crime_id,
        "look": LOOKED_AT,
        "most": most + 1,
    }


def whole(wanted: Wanted) -> Iterator[Life]:
    """The whole of it, the newest first, for an export: read piece by piece, each in a short transaction of its own
    that sees this force's rows only. What is decided meanwhile is not in it."""
    onwards: UUID | None = None
    while True:
        with bound(force=wanted.force):
            found = find(wanted, before=onwards, most=PIECE)
        yield from found.lives
        onwards = found.onwards
        if onwards is None:
            return
