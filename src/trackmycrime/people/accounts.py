"""What a person signs in with: finding it by its email, checking its password, making a new one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction

from trackmycrime.kernel import crypto

from .models import Account

LONGEST_PASSWORD = 200
SHORTEST_PASSWORD = 10
_LOOK_UP = {Account.Kind.VICTIM.value: "people_victim_for", Account.Kind.OFFICER.value: "people_officer_for"}


@dataclass(frozen=True)
class Found:
    """What a door may know of an account before it has signed in."""

    id: UUID
    password: str
    is_active: bool


def find(kind: str, email: str) -> Found | None:
    """The account of that kind with that sign-in email, compared without case."""
    with connection.cursor() as cursor:
        cursor.execute(f"select * from {_LOOK_UP[kind]}(%s)", [crypto.blind_email(email)])  # noqa: S608 (constants of ours)
        row = cursor.fetchone()
    return Found(*row) if row else None


def right_password(found: Found | None, password: str) -> bool:
    """Whether it is the account's password. One password is hashed whatever the answer, also for no account."""
    right = check_password(password, found.password if found else make_password(None))
    return right and found is not None and found.is_active


def create(
    kind: str, email: str, password: str | None, *, now: datetime, language: str = ""
) -> Account | None:
    """A new account; None when that email has one of this kind already. Without a password nobody can sign in yet."""
    account = Account(kind=kind, email=email.strip(), email_hash=crypto.blind_email(email), created_at=now)
    account.language = language
    account.password = make_password(password)
    try:
        with transaction.atomic():
            account.save(force_insert=True)
    except IntegrityError as error:
        if "people_account_once" in str(error):
            return None
        raise
    return account


def password_faults(password: str, email: str = "") -> list[str]:
    """What is wrong with a new password: ``short``, ``long``, ``common``, ``email``; nothing when it will do."""
    faults = []
    if len(password) > LONGEST_PASSWORD:
        return ["long"]
    try:
        validate_password(password)
    except ValidationError as wrong:
        codes = {error.code for error in wrong.error_list}
        faults = ["short"] if "password_too_short" in codes else ["common"]
    name = email.strip().casefold().partition("@")[0]
    added = len(password) - len(name)
    if not faults and len(name) >= 4 and name in password.casefold() and added < SHORTEST_PASSWORD:
        faults.append("email")
    return faults
