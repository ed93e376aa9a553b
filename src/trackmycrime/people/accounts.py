"""What a person signs in with: finding it by its email, and making a new one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from trackmycrime.kernel import crypto

from . import passwords
from .models import Account
from .passwords import faults as password_faults

LONGEST_PASSWORD, SHORTEST_PASSWORD = passwords.LONGEST, passwords.SHORTEST
_LOOK_UP = {Account.Kind.VICTIM.value: "people_victim_for", Account.Kind.OFFICER.value: "people_officer_for"}
__all__ = ["LONGEST_PASSWORD", "SHORTEST_PASSWORD", "Found", "create", "find", "password_faults", "whose"]


@dataclass(frozen=True)
class Found:
    """What a door may know of an account before it has signed in."""

    id: UUID
    password: str
    is_active: bool
    """Neither closed nor frozen"""


def find(kind: str, email: str) -> list[Found]:
    """The accounts of that kind with that sign-in email, compared without case; of victims there may be several."""
    with connection.cursor() as cursor:
        cursor.execute(f"select * from {_LOOK_UP[kind]}(%s)", [crypto.blind_email(email)])  # noqa: S608 (constants of ours)
        return [Found(*row) for row in cursor.fetchall()]


def whose(known: Sequence[Found], email: str, password: str) -> Found | None:
    """The one of these accounts of an email whose password it is, if it is open; see `passwords.owners`."""
    right = passwords.owners(known, email, password)
    return right[0] if len(right) == 1 and right[0].is_active else None


def create(
    kind: str, email: str, password: str | None, *, now: datetime, language: str = "", stored: str = ""
) -> Account | None:
    """A new account; None when it is an officer's and that email has one already. Two victims may share an address.

    Without a password nobody can sign in yet. `stored`: the password as `passwords.hashed` made it, where it did.
    """
    account = Account(kind=kind, email=email.strip(), email_hash=crypto.blind_email(email), created_at=now)
    account.language = language
    account.password = stored or passwords.hashed(email, password)
    try:
        with transaction.atomic():
            account.save(force_insert=True)
    except IntegrityError as error:
        if "people_account_once" in str(error):
            return None
        raise
    return account
