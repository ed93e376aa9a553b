"""Addresses that are not used (again) until somebody confirms them: they bounced, or their holder said so."""

from collections.abc import Sequence
from datetime import datetime

from trackmycrime.kernel import setwise

from .letters import Lost

LOST = "(a.confirmed_at is null or a.confirmed_at <= a.since)"
"""Of a row ``a`` of delivery_address: nobody has confirmed it since."""

_RANKS = ("bounced", "unsubscribed", "complained")
_RANK = f"array_position(array{list(_RANKS)}, {{}}::text)"

# two workers meet the rows in the same order
_LOSE = f"""
with n as (select * from unnest(%s::smallint[], %s::bytea[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
  as n (force_id, address_hash, channel, state, reason, written_at))
insert into delivery_address as a (force_id, address_hash, channel, state, reason, since)
select n.force_id, n.address_hash, n.channel, n.state, n.reason, %s from n order by n.force_id, n.address_hash
on conflict (force_id, address_hash) do update
set state = excluded.state, reason = excluded.reason, since = excluded.since, confirmed_at = null
where case when {LOST} then {_RANK.format("a.state")} < {_RANK.format("excluded.state")}
  else a.confirmed_at < (select n.written_at from n
    where n.force_id = a.force_id and n.address_hash = a.address_hash) end
returning a.force_id, a.address_hash
"""  # noqa: S608 (constants of ours)


def lose(lost: Sequence[Lost], *, now: datetime) -> list[Lost]:
    """These addresses are not used from now on; returns those of which that is new, or the reason stronger than before.

    What a letter says that is older than the confirmation says nothing new. Of several reasons the strongest stands:
    a complaint, then «no more», then a bounce.
    """
    if not lost:
        return []
    by_rank = sorted(lost, key=lambda one: (_RANKS.index(one.state), one.written_at))
    rows = list({(one.force, one.address_hash): one for one in by_rank}.values())
    changed = setwise.fetch(
        _LOSE,
        [
            [one.force for one in rows],
            [one.address_hash for one in rows],
            [one.channel for one in rows],
            [one.state for one in rows],
            [one.reason[:60] for one in rows],
            [one.written_at for one in rows],
            now,
        ],
    )
    fresh = {(row["force_id"], bytes(row["address_hash"])) for row in changed}
    return [one for one in rows if (one.force, one.address_hash) in fresh]


def lost_among(force: int, address_hashes: Sequence[bytes]) -> set[bytes]:
    """Which of these addresses are not used any more."""
    sql = f"""
        select a.address_hash from delivery_address a
        where a.force_id = %s and a.address_hash = any(%s) and {LOST}"""  # noqa: S608 (ours)
    return {bytes(row["address_hash"]) for row in setwise.fetch(sql, [force, list(address_hashes)])}


def confirm(force: int, address_hashes: Sequence[bytes], *, now: datetime) -> int:
    """Somebody who knows says that these addresses are right and wanted: they are used again. Says how many were lost.

    What letters from before this moment still come to says nothing against them any more.
    """
    sql = f"""
        update delivery_address a set confirmed_at = %s
        where a.force_id = %s and a.address_hash = any(%s) and {LOST} returning a.address_hash"""  # noqa: S608 (ours)
    return len(setwise.fetch(sql, [now, force, list(address_hashes)]))
