"""Whose factors: the rows that may be touched, who acts, and in which force it is written down."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from trackmycrime.audit import api as audit
from trackmycrime.kernel import scope
from trackmycrime.people import staff


@dataclass(frozen=True)
class Owner:
    """An account at its door."""

    door: str
    account: UUID
    force: int | None = None

    def record(self, action: str, detail: dict[str, str] | None = None, *, now: datetime) -> None:
        """Write down what the owner did, in the caller's transaction."""
        actor = audit.Actor("victim" if self.door == "portal" else "officer", str(self.account))
        acts = [audit.Act(action, "account", str(self.account), detail or {})]
        audit.record(actor, acts, force=self.force, now=now)


@contextmanager
def owned(door: str, account: UUID) -> Iterator[Owner]:
    """One transaction within the rows of this account, and of its force where it is an officer's."""
    who = staff.member(account) if door == "desk" else None
    force = who.force_id if who else None
    with scope.bound(force=force, account=account):
        yield Owner(door, account, force)
