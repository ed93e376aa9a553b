"""Whose factors: the rows that may be touched, who acts, and in which force it is written down."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from trackmycrime.audit import api as audit
from trackmycrime.kernel import scope
from trackmycrime.people import sessions, staff
from trackmycrime.people.models import Account

from . import second
from .models import CodeApp, Passkey, RecoveryCode

TOLD = frozenset(
    {"passkey_added", "passkey_removed", "code_app_added", "code_app_removed", "recovery_codes_made"}
)
"""Of these a victim is told by another way: whoever adds a way in may mean to come back."""


class LastOne(Exception):
    """An officer's only app or passkey: another is added before it goes."""


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
        if self.door == "portal" and action in TOLD:
            sessions.changed(self.account, now=now)

    def held(self) -> second.Held:
        """What the account has now."""
        mine = {"account_id": self.account}
        return second.Held(
            Passkey.objects.filter(**mine).count(),
            CodeApp.objects.filter(**mine).exists(),
            RecoveryCode.objects.filter(**mine, used_at=None).count(),
        )

    def settle(self, *, added: str = "") -> None:
        """Have the account asked for what it has now. Raises LastOne where it may not have become that little."""
        # two that go at once wait for each other here
        account = Account.objects.select_for_update().get(pk=self.account)
        held = self.held()
        if not added and not second.may_go(self.door, held):
            raise LastOne
        asked = second.after(self.door, account.second_step, held, added=added)
        if asked != account.second_step:
            account.second_step = asked
            account.save(update_fields=["second_step"])


def held(door: str, account: UUID) -> second.Held:
    """What an account has besides its password."""
    with owned(door, account) as owner:
        return owner.held()


@contextmanager
def owned(door: str, account: UUID) -> Iterator[Owner]:
    """One transaction within the rows of this account, and of its force where it is an officer's."""
    who = staff.member(account) if door == "desk" else None
    force = who.force_id if who else None
    with scope.bound(force=force, account=account):
        yield Owner(door, account, force)
