"""The kill switch: hold a channel, for one force or for all, and let it go again. Held letters wait; none is lost.

A hold is a row, looked at in the very statement that claims letters, so it holds from its commit on; what a sender has
in hand at that moment is finished. Letters are as they were: they can be cancelled, are looked at once more when they
go out, and are not given up for the time in which they were held. Only what lets somebody in (an invitation, a code)
runs out at its own time, held or not, and is then cancelled with that reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from django.db import transaction

from trackmycrime.audit import api as audit
from trackmycrime.audit.api import Actor
from trackmycrime.kernel import bell, setwise
from trackmycrime.kernel.ids import new_id

from .letters import BELL

CHANNELS = ("email", "text", "push", "letter")
REASONS = ("provider", "wrong_words", "wrong_people", "flood", "budget", "incident", "exercise", "other")
"""Why a channel is held: its provider is in trouble; letters say the wrong thing, or go to the wrong people; too many;
too much money; something else is being looked into; it is tried out."""


class CannotHold(ValueError):
    """Asked for a hold that cannot be; the message says what would be right."""


@dataclass(frozen=True)
class Switch:
    """A standing hold. `force` is None where it is for all forces."""

    id: UUID
    force: int | None
    channel: str
    reason: str
    held_at: datetime
    held_by: str
    """``officer:<id>``, ``system`` …"""
    waiting: int = 0
    """Letters that would be on their way without it, as far as they were counted"""


HELD = (
    "exists (select from delivery_switch s where s.channel = {channel} and s.released_at is null"
    " and (s.force_id is null or s.force_id = {force}))"
)
"""Whether a hold stands, for a statement of this room; `channel` and `force` are columns or parameters of it."""
COUNTED = 100_000
"""How many waiting letters are counted at most for each hold"""

_HOLD = """
insert into delivery_switch (id, force_id, channel, reason, held_at, held_by, released_by)
values (%s, %s, %s, %s, %s, %s, '') on conflict do nothing returning id
"""
_RELEASE = """
update delivery_switch set released_at = %s, released_by = %s
where channel = %s and force_id is not distinct from %s and released_at is null returning id
"""
_STANDING = """
select s.id, s.force_id as force, s.channel, s.reason, s.held_at, s.held_by, (
  select count(*) from (
    select from delivery_dispatch d where d.state = 'prepared' and d.channel = s.channel and d.next_try_at <= %s
      and d.force_id in (select f.id from forces_force f where s.force_id is null or f.id = s.force_id) limit %s) w
) as waiting
from delivery_switch s where s.released_at is null and (%s::bigint is null or s.force_id is null or s.force_id = %s)
order by s.channel, s.force_id nulls first
"""


def hold(channel: str, *, force: int | None, reason: str, by: Actor, now: datetime) -> bool:
    """Send nothing by this channel from the commit on, for this force or (None) for all; says whether that is new.

    `reason` is one of REASONS. A hold that stands stays as it is. Raises CannotHold.
    """
    if channel not in CHANNELS:
        raise CannotHold(f"a channel is one of {', '.join(CHANNELS)}; {channel!r} is none")
    if reason not in REASONS:
        raise CannotHold(f"a reason is one of {', '.join(REASONS)}; {reason!r} is none")
    with transaction.atomic():
        held = setwise.fetch(_HOLD, [new_id(), force, channel, reason, now, _who(by)])
        if held:
            _note(by, "channel.held", channel, force, now, reason=reason)
    return bool(held)


def release(channel: str, *, force: int | None, by: Actor, now: datetime) -> bool:
    """Let what this hold kept go out; says whether there was such a hold. One for all forces and one for a single force
    are two: letters go when neither stands."""
    with transaction.atomic():
        gone = setwise.fetch(_RELEASE, [now, _who(by), channel, force])
        if gone:
            _note(by, "channel.released", channel, force, now)
            bell.ring(BELL)
    return bool(gone)


def standing(*, now: datetime, force: int | None = None) -> list[Switch]:
    """The holds that stand, all of them or those that concern a force, with how many letters wait behind each."""
    return [Switch(**row) for row in setwise.fetch(_STANDING, [now, COUNTED, force, force])]


def held_for(ids: Sequence[UUID], *, now: datetime) -> dict[UUID, timedelta]:
    """How long each of these letters has been held so far; none is named that never was."""
    rows = setwise.fetch(
        "select d.id, greatest(s.held_at, d.created_at) as since, coalesce(s.released_at, %s) as until"
        " from delivery_dispatch d join delivery_switch s on s.channel = d.channel"
        "   and (s.force_id is null or s.force_id = d.force_id)"
        "   and coalesce(s.released_at, %s) > d.created_at"
        " where d.id = any(%s) order by d.id, since",
        [now, now, list(ids)],
    )
    return {
        id_: _covered([(each["since"], each["until"]) for each in several])
        for id_, several in groupby(rows, key=lambda row: row["id"])
    }


def _covered(spans: Sequence[tuple[datetime, datetime]]) -> timedelta:
    """How much time these spans cover together, in order of their beginnings; where two overlap it counts once."""
    covered, reached = timedelta(), None
    for since, until in spans:
        begin = since if reached is None else max(since, reached)
        if until > begin:
            covered += until - begin
            reached = until
    return covered


def _who(by: Actor) -> str:
    return f"{by.kind}:{by.id}" if by.id else by.kind


def _note(by: Actor, action: str, channel: str, force: int | None, now: datetime, **more: str) -> None:
    act = audit.Act(action, "channel", channel, more)
    audit.record(by, [act], force=force, now=now)
