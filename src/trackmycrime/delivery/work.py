"""What a worker does with letters, in the database: claim, complete, take over what a dead worker held.

Prepare → look once more → send → complete. The second look is part of the claim: in the one transaction in which a
letter becomes ``sending``, the rooms above are asked whether it still may go out (`Upstairs`), so nothing is ever
``sending`` that was not allowed a moment before. A worker claims no more than it has idle senders, so that moment is
milliseconds, and what a killed worker leaves in ``sending`` was really in flight. Nothing here talks to a provider.
"""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction

from trackmycrime.kernel import crypto, setwise

from . import caps, retry
from .letters import WIPED, Letter, Outcome, Stop, Upstairs, Verdict
from .settling import Tried, settle, stop_doubtful
from .switches import HELD

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
"""Longer than the slowest single send (channels/smtp). It matters only in a live worker: for a sender that hangs, and
for letters whose claim was committed while the answer to that was lost, so that no sender ever got them."""


_COLUMNS = (
    "id, force_id, purpose, owner_id, channel, address, address_hash, subject, body, language, words, disguised,"
    " tries, asks, doubts, next_try_at, give_up_at"
)
_OF_D = ", ".join(f"d.{column}" for column in _COLUMNS.split(", "))
# One statement, so that a hold counts from its commit on. Force by force, those first whose letters have waited
# longest: each is one descent into an index, whatever waits in the others or behind a hold, and no row is locked that
# is not taken, because rows are pulled one by one until there are enough.
DUE = f"""
select d.* from (
  select f.id, (
    select q.next_try_at from delivery_dispatch q where q.force_id = f.id and q.channel = %s and q.state = 'prepared'
    order by q.next_try_at limit 1) as since
  from forces_force f where not {HELD.format(channel="%s", force="f.id")} order by 2
) f cross join lateral (
  select {_COLUMNS} from delivery_dispatch
  where force_id = f.id and channel = %s and state = 'prepared' and next_try_at <= %s
  order by next_try_at limit %s for update skip locked
) d where f.since <= %s limit %s
"""  # noqa: S608 (constants of ours)
_THIS = f"""
select {_COLUMNS} from delivery_dispatch d where id = %s and state = 'prepared' and channel = %s and next_try_at <= %s
  and not {HELD.format(channel="d.channel", force="d.force_id")} for update skip locked
"""  # noqa: S608 (constants of ours)
_EXPIRE = f"""
update delivery_dispatch d set state = 'cancelled', finished_at = %s, next_try_at = null, body = null,
  reason = case when {HELD.format(channel="d.channel", force="d.force_id")} then 'over while held' else 'over' end
where d.state = 'prepared' and d.purpose in ('invitation', 'code') and d.give_up_at < %s returning d.id
"""  # noqa: S608 (constants of ours)


_BY_INDEX = "select " + ", ".join(
    f"set_config('{name}', %s, true)"
    for name in ("enable_sort", "enable_seqscan", "enable_bitmapscan", "jit")
)
"""For one statement: what PostgreSQL knows of how many wait is old in a burst, and it would read and sort all. (A plan
with what is switched off looks dear, and would be compiled; hence no jit.)"""


def due(by: "Holder", most: int, now: datetime, *, explain: str = "") -> list[dict[str, Any]]:
    """The rows of up to `most` letters that are due and not held, locked for this transaction. `explain` is for a look
    at how PostgreSQL does it."""
    channel = by.channel
    setwise.fetch(_BY_INDEX, ["off"] * 4)
    rows = setwise.fetch(f"{explain}{DUE}", [channel, channel, channel, now, most, now, most])
    setwise.fetch(_BY_INDEX, ["on"] * 3 + ["off"])
    return rows


@dataclass(frozen=True)
class Holder:
    """Who claims: a worker, for one channel."""

    worker: UUID
    channel: str
    askable: bool = False
    """Whether that channel's provider can be asked what became of a letter"""


def turn(
    tried: Sequence[Tried], by: Holder, *, most: int, now: datetime, upstairs: Upstairs
) -> tuple[list[Letter], bool]:
    """`complete`, then `claim`, both in one transaction: a worker's whole round for its idle senders."""
    with transaction.atomic():
        settle(tried, now, upstairs)
        return _take(by, most, now, upstairs) if most else ([], False)


def claim(
    by: Holder, *, most: int, now: datetime, upstairs: Upstairs, only: UUID | None = None
) -> tuple[list[Letter], bool]:
    """Take up to `most` due letters of a channel for this worker (or the one that is named), in one transaction.

    Returns the letters to send now, and whether there may be more. Rows at which another worker is looking are passed
    by. What may not go out any more is cancelled with its reason; what may not go out now is put off; what may have
    arrived twice is sent no third time, unless its provider can be asked.
    """
    with transaction.atomic():
        return _take(by, most, now, upstairs, only)


def _take(
    by: Holder, most: int, now: datetime, upstairs: Upstairs, only: UUID | None = None
) -> tuple[list[Letter], bool]:
    rows = due(by, most, now) if only is None else setwise.fetch(_THIS, [only, by.channel, now])
    letters, broken, doubtful = [], [], []
    for row in rows:
        if row["doubts"] >= retry.ENOUGH and not by.askable:
            doubtful.append(_letter(row, opened=False))
            continue
        try:
            letters.append(_letter(row))
        except crypto.CannotOpen:
            broken.append(_letter(row, opened=False))
    verdicts = dict(upstairs.still_allowed(letters, now)) if letters else {}
    going = [letter for letter in letters if letter.id not in verdicts]
    spending = caps.spend(going, now)
    if spending.over:
        over = [(letter, spending.over[letter.id]) for letter in going if letter.id in spending.over]
        verdicts |= upstairs.over_cap(over, now)
    barred = [letter for letter in going if letter.id in spending.barred]
    going = [letter for letter in going if letter.id not in spending.over.keys() | spending.barred]
    _hold([*going, *broken, *doubtful, *barred], by.worker, now)
    _obey(verdicts, now)
    settle([Tried(each, Outcome("never", "cannot be opened"), now) for each in broken], now, upstairs)
    settle([Tried(each, Outcome("never", "number not allowed"), now) for each in barred], now, upstairs)
    stop_doubtful(doubtful, now, upstairs)
    return going, len(rows) == most


def claim_apart(by: Holder, *, most: int, now: datetime, upstairs: Upstairs) -> list[Letter]:
    """As `claim`, but each letter by itself, so that one whose second look fails does not hold up all others.

    That one is put off as after a passing failure, and in the end given up; the fault is logged by its kind.
    """
    going: list[Letter] = []
    for row in due(by, most, now):
        try:
            going += claim(by, most=1, now=now, upstairs=upstairs, only=row["id"])[0]
        except (OperationalError, InterfaceError):
            raise
        except Exception as fault:
            log.error("dispatch %s cannot be looked at: %s", row["id"], type(fault).__name__)
            letter = _letter(row, opened=False)
            with transaction.atomic():
                _hold([letter], by.worker, now)
                settle([Tried(letter, Outcome("later", "fault"), now)], now, upstairs)
    return going


def complete(tried: Sequence[Tried], *, now: datetime, upstairs: Upstairs) -> None:
    """Write down what became of these letters, in one transaction, and tell the rooms above.

    A letter that another worker has taken meanwhile (because this one was not seen for too long) keeps that one's
    state; the try is recorded all the same.
    """
    with transaction.atomic():
        settle(tried, now, upstairs)


def sweep(worker: UUID, *, now: datetime, unseen: timedelta, upstairs: Upstairs, most: int = 200) -> int:
    """Take back what is held by other workers that have not been seen for `unseen`, or by any for longer than a lease.

    Whether it was sent nobody knows: it counts as one unclear try (`Holder.askable` and `retry.ENOUGH` say what comes
    of that when it is claimed again). Returns how many there were.
    """
    with transaction.atomic():
        rows = setwise.fetch(
            f"select {_OF_D}, d.lease_by from delivery_dispatch d"  # noqa: S608 (constants of ours)
            " left join delivery_worker w on w.id = d.lease_by"
            " where d.state = 'sending' and (d.lease_until < %s or d.lease_by <> %s and"
            "   (w.id is null or w.seen_at < clock_timestamp() - make_interval(secs => %s)))"
            " order by d.lease_until limit %s for update of d skip locked",
            [now, worker, unseen.total_seconds(), most],
        )
        lost = Outcome("unclear", "worker lost")
        letters = [_letter({**row, "tries": row["tries"] - 1}, opened=False) for row in rows]
        settle([Tried(each, lost, now) for each in letters], now, upstairs)
    for holder, held in Counter(row["lease_by"] for row in rows).items():
        log.warning("took back %d dispatches of worker %s, which is silent", held, holder)
    return len(rows)


def expire(*, now: datetime) -> int:
    """Cancel and wipe invitations and codes that have run out unsent, on a channel that nobody sends by or that is held
    (the reason says which); says how many.

    An alert waits however long it takes for its channel; what lets somebody in does not outlive its time.
    """
    return len(setwise.fetch(_EXPIRE, [now, now]))


def _letter(row: Mapping[str, Any], *, opened: bool = True) -> Letter:
    """The letter in a row, as it is during its next try. Raises CannotOpen when its words do not open."""

    def text(column: str) -> str:
        return crypto.unseal(f"delivery_dispatch.{column}", row["id"], row[column]) if opened else ""

    return Letter(
        id=row["id"],
        force=row["force_id"],
        purpose=row["purpose"],
        owner_id=row["owner_id"],
        channel=row["channel"],
        address=text("address"),
        address_hash=bytes(row["address_hash"]),
        subject=None if row["subject"] is None else text("subject"),
        body="" if row["body"] is None else text("body"),
        language=row["language"],
        due_at=row["next_try_at"] or row["give_up_at"],
        give_up_at=row["give_up_at"],
        tries=row["tries"] + 1,
        asks=row["asks"],
        doubts=row["doubts"],
        words=row["words"],
        disguised=row["disguised"],
    )


def _hold(letters: Sequence[Letter], worker: UUID, now: datetime) -> None:
    if letters:
        setwise.fetch(
            "update delivery_dispatch set state = 'sending', tries = tries + 1, lease_by = %s, lease_until = %s"
            " where id = any(%s) returning id",
            [worker, now + LEASE, [letter.id for letter in letters]],
        )


def _obey(verdicts: Mapping[UUID, Verdict], now: datetime) -> None:
    if not verdicts:
        return
    rows = [
        {"id": id_, "state": "cancelled", "reason": said.reason, "at": None, "over": now, "give_up": None}
        if isinstance(said, Stop)
        else {
            "id": id_,
            "state": "prepared",
            "reason": said.reason,
            "at": said.until,
            "over": None,
            "give_up": said.give_up_at,
        }
        for id_, said in verdicts.items()
    ]
    setwise.fetch(
        "update delivery_dispatch t set state = n.state, reason = n.reason, next_try_at = n.at, finished_at = n.over,"
        " give_up_at = coalesce(n.give_up, t.give_up_at),"
        " body = case when n.state = 'cancelled' and t.purpose = any(%s) then null else t.body end"
        " from unnest(%s::uuid[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::timestamptz[])"
        " as n (id, state, reason, at, over, give_up) where t.id = n.id returning t.id",
        [list(WIPED), *([row[name] for row in rows] for name in rows[0])],
    )
