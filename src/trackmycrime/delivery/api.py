"""The verbs of this room for the rooms above: prepare letters, cancel them, say what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from trackmycrime.kernel import bell, crypto, setwise

from . import presence
from .channels.push.subscription import Subscription, WrongSubscription
from .letters import BELL, POST, WAITS, WIPED, Finished, Letter, OnFinished, Stop, Upstairs, Verdict, Wait
from .providers import neutral, sender, set_up
from .pushing import push_key, read_subscription

__all__ = [
    "BELL",
    "NOT_WAITING",
    "POST",
    "WAITS",
    "Finished",
    "Letter",
    "OnFinished",
    "Standing",
    "Stop",
    "Subscription",
    "Upstairs",
    "Verdict",
    "Wait",
    "WrongSubscription",
    "cancel",
    "living_workers",
    "neutral",
    "prepare",
    "push_key",
    "read_subscription",
    "sender",
    "set_up",
    "standing",
    "state_of",
]

NOT_WAITING = ("sending", "accepted", "delivered", "failed", "cancelled")
"""Of letters that are known by their owner it is asked whether they are none of these: asked whether they are prepared,
PostgreSQL would in a burst read all that are, by an index that it still takes for almost empty."""

_COLUMNS = (
    "id",
    "force_id",
    "purpose",
    "owner_id",
    "channel",
    "address",
    "address_hash",
    "subject",
    "body",
    "language",
    "words",
    "disguised",
    "next_try_at",
    "give_up_at",
)


def prepare(letters: Sequence[Letter], *, now: datetime) -> None:
    """Freeze these letters in the caller's transaction; a worker sends each once it is due and committed.

    One statement for all of them, and one ring.
    """
    if not letters:
        return
    rows = [_row(letter, str(letter.id)) for letter in letters]
    same = {"state": "prepared", "reason": "", "tries": 0, "created_at": now, "provider_id": ""}
    setwise.insert("delivery_dispatch", _COLUMNS, rows, same=same)
    bell.ring(BELL)


def _row(letter: Letter, place: str) -> dict[str, Any]:
    subject = letter.subject
    return {
        "id": letter.id,
        "force_id": letter.force,
        "purpose": letter.purpose,
        "owner_id": letter.owner_id,
        "channel": letter.channel,
        "address": crypto.seal("delivery_dispatch.address", place, letter.address),
        "address_hash": letter.address_hash,
        "subject": None if subject is None else crypto.seal("delivery_dispatch.subject", place, subject),
        "body": crypto.seal("delivery_dispatch.body", place, letter.body),
        "language": letter.language,
        "words": letter.words,
        "disguised": letter.disguised,
        "next_try_at": letter.due_at,
        "give_up_at": letter.give_up_at,
    }


def cancel(owner_ids: Sequence[UUID], reason: str, *, now: datetime) -> set[UUID]:
    """Cancel what these owners have waiting; returns the owners of what was cancelled.

    A letter that a worker is sending at this moment is not stopped. `reason` is a word, kept with the letter.
    """
    if not owner_ids:
        return set()
    rows = setwise.fetch(
        "update delivery_dispatch set state = 'cancelled', reason = %s, finished_at = %s, next_try_at = null,"
        " body = case when purpose = any(%s) then null else body end"
        " where owner_id = any(%s) and state <> all(%s) returning owner_id",
        [reason, now, list(WIPED), list(owner_ids), list(NOT_WAITING)],
    )
    return {row["owner_id"] for row in rows}


def living_workers() -> dict[UUID, frozenset[str]]:
    """The workers that are running, each with the channels that it can send by."""
    return presence.living()


@dataclass(frozen=True)
class Standing:
    """What became of one letter so far."""

    id: UUID
    owner_id: UUID
    channel: str
    words: str
    """From which version of the words it was frozen (`Letter.words`)"""
    state: str
    reason: str
    tries: int
    created_at: datetime
    next_try_at: datetime | None
    finished_at: datetime | None


def standing(owner_ids: Sequence[UUID]) -> list[Standing]:
    """All letters of these owners, oldest first."""
    rows = setwise.fetch(
        "select id, owner_id, channel, words, state, reason, tries - asks as tries, created_at, next_try_at,"
        " finished_at"
        " from delivery_dispatch where owner_id = any(%s) order by created_at, id",
        [list(owner_ids)],
    )
    return [Standing(**row) for row in rows]


def state_of(owner_ids: Sequence[UUID]) -> dict[UUID, Standing]:
    """The newest letter of each of these owners that has one."""
    return {each.owner_id: each for each in standing(owner_ids)}
