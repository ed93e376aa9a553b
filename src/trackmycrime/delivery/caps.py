"""How much may go out: caps for each address and for a force's day; a budget of text segments that stops and shouts.

Counted where letters are claimed, in the claim's transaction: a row for each address and day, and one for all texts of
a force and day, so that any number of workers together send what one might. A letter counts once, however often it is
tried. What is over a cap is not sent: it goes another way or waits (`Upstairs.over_cap`), and says why.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from trackmycrime.forces.policy import DEFAULT, Policy
from trackmycrime.kernel import setwise
from trackmycrime.kernel.clock import london_date
from trackmycrime.kernel.sms import sms_segments
from trackmycrime.tasks.api import Need, needless_but, open_tasks

from . import numbers
from .letters import LOOK_AGAIN, Letter

COUNTED = ("email", "text")
NEAR, SPENT = "text_budget_near", "text_budget_spent"
"""The tasks for administrators"""
SHOUT_AT = 0.8
"""At this part of a budget an administrator gets a task."""
PER_ADDRESS, PER_FORCE, BUDGET_DAY, BUDGET_MONTH = "cap address", "cap force", "budget day", "budget month"
REASONS = (PER_ADDRESS, PER_FORCE, BUDGET_DAY, BUDGET_MONTH)
"""Why a letter is over; kept as its reason while it waits"""

LOOKED_AT = 10_000
"""How many waiting letters of each channel are looked at for the desk"""
_KEPT = timedelta(days=62)
_WHOLE = b""
"""Stands for the address in the row where all letters of a force's day are counted together."""

Key = tuple[bytes, int]
"""An address, or `_WHOLE`, and its force; in this order rows are locked everywhere."""


@dataclass
class Spending:
    """Of letters about to go: those over a cap, with why; and those to numbers that are not allowed."""

    over: dict[UUID, str] = field(default_factory=dict)
    barred: set[UUID] = field(default_factory=set)


class _Used:
    """What was used of one row before these letters, and counting on."""

    def __init__(self, letters: int, segments: int) -> None:
        self.letters, self.segments = letters, segments


def spend(letters: Sequence[Letter], now: datetime) -> Spending:
    """Count these letters, all of one channel, in the caller's transaction; says which of them may not go.

    At most five statements, however many letters; one for mails of forces that have no cap for them, which are not
    counted, because mails go out by the thousand and cost nothing. The counters are held until the transaction ends,
    always in the same order, so that no two workers count past each other.
    """
    found = Spending()
    if not letters or letters[0].channel not in COUNTED:
        return found
    channel, today = letters[0].channel, london_date(now)
    policies = _policies({each.force for each in letters})
    going = []
    for each in letters:
        policy = policies[each.force]
        if channel == "text" and not numbers.allowed(each.address, policy.text_countries):
            found.barred.add(each.id)
        elif each.tries <= 1 and (channel == "text" or policy.mails_per_address or policy.mails_per_day):
            going.append(each)
    if not going:
        return found
    whole = {force for force, policy in policies.items() if channel == "text" or policy.mails_per_day}
    cost = {each.id: sms_segments(each.body).segments if channel == "text" else 0 for each in going}
    used = _add(going, cost, whole, today)
    month = _month_until(whole, today) if channel == "text" else {}
    for each in going:
        mine, all_ = used[each.address_hash, each.force], used.get((_WHOLE, each.force))
        why = _over(policies[each.force], channel, cost[each.id], mine, all_, month.get(each.force, 0))
        if why:
            found.over[each.id] = why
            continue
        for row in filter(None, (mine, all_)):
            row.letters, row.segments = row.letters + 1, row.segments + cost[each.id]
    if found.over:
        _add([each for each in going if each.id in found.over], cost, whole, today, sign=-1)
    if channel == "text":
        stopped = {(each.force, found.over[each.id]) for each in going if each.id in found.over}
        _shout(policies, used, month, stopped, today, now)
    return found


def _over(policy: Policy, channel: str, cost: int, mine: _Used, all_: _Used | None, month: int) -> str:
    """Which cap one more letter of that many segments would be over; empty when none. 0 in a policy is no cap."""
    text = channel == "text"
    per_address, per_day = (
        (policy.texts_per_number, policy.texts_per_day)
        if text
        else (policy.mails_per_address, policy.mails_per_day)
    )
    if per_address and mine.letters >= per_address:
        return PER_ADDRESS
    if all_ is None:
        return ""
    if per_day and all_.letters >= per_day:
        return PER_FORCE
    if text and policy.text_budget_day and all_.segments + cost > policy.text_budget_day:
        return BUDGET_DAY
    if text and policy.text_budget_month and month + all_.segments + cost > policy.text_budget_month:
        return BUDGET_MONTH
    return ""


def _add(
    letters: Sequence[Letter], cost: Mapping[UUID, int], whole: set[int], today: date, sign: int = 1
) -> dict[Key, _Used]:
    """Count these letters (or, with `sign` -1, take them back); returns what was used before them, by row."""
    sums: dict[Key, list[int]] = defaultdict(lambda: [0, 0])
    owners: dict[Key, UUID] = {}
    for each in letters:
        for key in ((each.address_hash, each.force), (_WHOLE, each.force)):
            if key[0] or each.force in whole:
                sums[key][0] += 1
                sums[key][1] += cost[each.id]
                owners[key] = each.owner_id
    keys = sorted(sums)
    rows = setwise.fetch(
        "insert into delivery_tally as t (address_hash, force_id, channel, day, letters, segments, owner_id)"
        " select n.address_hash, n.force_id, %s, %s, n.letters, n.segments, n.owner_id"
        " from unnest(%s::bytea[], %s::smallint[], %s::int[], %s::int[], %s::uuid[])"
        " as n (address_hash, force_id, letters, segments, owner_id) order by n.address_hash, n.force_id"
        " on conflict (address_hash, force_id, channel, day) do update set letters = t.letters + excluded.letters,"
        " segments = t.segments + excluded.segments, owner_id = excluded.owner_id"
        " returning t.address_hash, t.force_id, t.letters, t.segments",
        [
            letters[0].channel,
            today,
            [address for address, _ in keys],
            [force for _, force in keys],
            [sign * sums[key][0] for key in keys],
            [sign * sums[key][1] for key in keys],
            [owners[key] for key in keys],
        ],
    )
    before = {}
    for row in rows:
        key = bytes(row["address_hash"]), row["force_id"]
        before[key] = _Used(row["letters"] - sums[key][0], row["segments"] - sums[key][1])
    return before


def _policies(forces: set[int]) -> dict[int, Policy]:
    rows = setwise.fetch("select id, policy from forces_force where id = any(%s)", [list(forces)])
    return {row["id"]: DEFAULT.changed(row["policy"]) for row in rows}


def _month_until(forces: set[int], today: date) -> dict[int, int]:
    """The text segments of these forces in this month, before today."""
    rows = setwise.fetch(
        "select force_id, sum(segments)::int as segments from delivery_tally where address_hash = %s"
        " and force_id = any(%s) and channel = 'text' and day >= %s and day < %s group by force_id",
        [_WHOLE, list(forces), today.replace(day=1), today],
    )
    return {row["force_id"]: row["segments"] for row in rows}


# shouting


def _shout(
    policies: Mapping[int, Policy],
    used: Mapping[Key, _Used],
    month: Mapping[int, int],
    stopped: set[tuple[int, str]],
    today: date,
    now: datetime,
) -> None:
    """Ask administrators of forces whose budget is nearly or wholly used; each once for its day or month."""
    for force, policy in policies.items():
        if (_WHOLE, force) not in used:
            continue
        day = used[_WHOLE, force].segments
        needs = [
            Need(
                SPENT if spent >= budget or (force, f"budget {period}") in stopped else NEAR,
                f"{period}:{name}",
                detail={"period": period, "budget": budget},
            )
            for period, name, spent, budget in _budgets(policy, day, month.get(force, 0), today)
            if budget and (spent >= budget * SHOUT_AT or (force, f"budget {period}") in stopped)
        ]
        if needs:
            open_tasks(force, needs, now=now)


def _budgets(policy: Policy, day: int, month: int, today: date) -> tuple[tuple[str, str, int, int], ...]:
    """For the day and for the month: which one, what was used, and of how much."""
    return (
        ("day", str(today), day, policy.text_budget_day),
        ("month", f"{today:%Y-%m}", month + day, policy.text_budget_month),
    )


def tidy(now: datetime) -> int:
    """Close what was asked about budgets whose period is over, and forget old counters; for the worker."""
    today = london_date(now)
    for kind in (NEAR, SPENT):
        needless_but(kind, [f"day:{today}", f"month:{today:%Y-%m}"], now=now)
    gone = setwise.fetch("delete from delivery_tally where day < %s returning force_id", [today - _KEPT])
    return len(gone)


# for the desk


_WAITING = """
select w.reason, count(*) as n from unnest(%s::text[]) as c (name) cross join lateral (
  select d.reason from delivery_dispatch d where d.force_id = %s and d.channel = c.name and d.state = 'prepared'
    and d.next_try_at <= %s limit %s) w
where w.reason = any(%s) group by w.reason
"""


@dataclass(frozen=True)
class Standing:
    """How much of its texts a force has used. A budget of 0 is none; pence only where the force says its price."""

    texts_today: int
    segments_today: int
    segments_month: int
    budget_day: int
    budget_month: int
    pence_today: float | None
    pence_month: float | None
    waiting: Mapping[str, int]
    """Letters that wait for a cap or budget, by why (`REASONS`), as far as they were looked at"""

    @property
    def share(self) -> float:
        """How much of the tighter budget is used, 1 for all; 0 where there is none."""
        used = ((self.segments_today, self.budget_day), (self.segments_month, self.budget_month))
        return max((spent / budget for spent, budget in used if budget), default=0.0)

    @property
    def stopped(self) -> bool:
        """Whether texts have stopped because a budget is used up."""
        return self.share >= 1 or any(why in self.waiting for why in (BUDGET_DAY, BUDGET_MONTH))


def standing(force: int, now: datetime) -> Standing:
    """What this force has used today and this month. Four statements; sees what the caller's door may see."""
    today = london_date(now)
    policy = _policies({force}).get(force, DEFAULT)
    rows = setwise.fetch(
        "select letters, segments from delivery_tally where address_hash = %s and force_id = %s"
        " and channel = 'text' and day = %s",
        [_WHOLE, force, today],
    )
    texts, segments = (rows[0]["letters"], rows[0]["segments"]) if rows else (0, 0)
    month = segments + _month_until({force}, today).get(force, 0)
    # what is over a cap is looked at again after LOOK_AGAIN; twice that, because clocks differ
    soon = now + 2 * LOOK_AGAIN
    waiting = setwise.fetch(_WAITING, [list(COUNTED), force, soon, LOOKED_AT, list(REASONS)])
    pence = policy.text_price / 100
    return Standing(
        texts,
        segments,
        month,
        policy.text_budget_day,
        policy.text_budget_month,
        segments * pence if pence else None,
        month * pence if pence else None,
        {row["reason"]: row["n"] for row in waiting},
    )
