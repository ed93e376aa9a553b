"""What became of letters, for people who look at it: to which masked address, each try, each receipt, and the end."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from trackmycrime.kernel import crypto, setwise

from .masking import masked

T = TypeVar("T")


@dataclass(frozen=True)
class Try:
    """One try to send a letter."""

    at: datetime
    """When it began"""
    result: str
    """``accepted``, ``later``, ``never`` or ``unclear``"""
    answer: str
    """The provider's code, without addresses"""
    millis: int
    how: str
    """``sent``, ``again`` (it may have arrived before), or ``asked`` (only the provider was)"""

    @property
    def ended_at(self) -> datetime:
        return self.at + timedelta(milliseconds=self.millis)


@dataclass(frozen=True)
class Said:
    """What a provider, or the holder of the address, said of a letter afterwards."""

    at: datetime
    result: str
    """``delivered``, ``failed``, ``later``, ``complained`` or ``unsubscribed``"""
    answer: str


@dataclass(frozen=True)
class Sent:
    """One letter with all that became of it. It holds neither the address nor the words."""

    id: UUID
    owner_id: UUID
    purpose: str
    channel: str
    to: str
    """The masked address; empty where there is none to show, or where it does not open any more"""
    language: str
    words: str
    """From which version of the words it was frozen; empty for what is older than that being kept"""
    disguised: bool
    state: str
    reason: str
    created_at: datetime
    next_try_at: datetime | None
    finished_at: datetime | None
    tries: tuple[Try, ...]
    receipts: tuple[Said, ...]

    @property
    def accepted_at(self) -> datetime | None:
        """When a provider took it."""
        return next((one.ended_at for one in reversed(self.tries) if one.result == "accepted"), None)

    @property
    def delivered_at(self) -> datetime | None:
        """When it arrived, as a receipt says; None too where it came back after all."""
        if self.state == "failed":
            return None
        return next((one.at for one in self.receipts if one.result == "delivered"), None)


_LETTERS = """
select id, owner_id, purpose, channel, address, language, words, disguised, state, reason, created_at, next_try_at,
  finished_at
from delivery_dispatch where owner_id = any(%s) order by created_at, id
"""
_TRIES = """
select dispatch_id, at, result, answer, millis, how from delivery_attempt where dispatch_id = any(%s) order by at, id
"""
_RECEIPTS = """
select dispatch_id, at, result, answer from delivery_receipt where dispatch_id = any(%s) order by at, result
"""


def record_of(owner_ids: Sequence[UUID]) -> dict[UUID, list[Sent]]:
    """All letters of these owners with their tries, oldest first. Three statements; what the caller's login may see."""
    if not owner_ids:
        return {}
    letters = setwise.fetch(_LETTERS, [list(owner_ids)])
    ids = [letter["id"] for letter in letters]
    tries, receipts = _of(_TRIES, Try, ids), _of(_RECEIPTS, Said, ids)
    found: dict[UUID, list[Sent]] = {}
    for row in letters:
        sealed = row.pop("address")
        sent = Sent(
            **row,
            to=_masked(row, sealed),
            tries=tuple(tries.get(row["id"], ())),
            receipts=tuple(receipts.get(row["id"], ())),
        )
        found.setdefault(sent.owner_id, []).append(sent)
    return found


def _of(sql: str, kind: Callable[..., T], ids: list[UUID]) -> dict[UUID, list[T]]:
    """What `sql` finds of these letters, by letter."""
    found: dict[UUID, list[T]] = {}
    for row in setwise.fetch(sql, [ids]) if ids else []:
        found.setdefault(row.pop("dispatch_id"), []).append(kind(**row))
    return found


def _masked(row: dict[str, Any], sealed: bytes | None) -> str:
    if sealed is None:
        return ""
    try:
        return masked(row["channel"], crypto.unseal("delivery_dispatch.address", row["id"], sealed))
    except crypto.CannotOpen:
        return ""
