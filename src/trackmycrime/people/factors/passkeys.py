"""The passkeys of an account: made, named, shown, taken away."""

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from trackmycrime.kernel import crypto

from . import ceremony, challenges
from .ceremony import NotRight, site
from .models import Passkey
from .owner import owned

MOST = 20
"""Of one account; somebody has a phone, a computer and a key of each kind, and not more."""
LONGEST_NAME = 60


class TakenAlready(Exception):
    """That passkey is an account's already."""


class TooMany(Exception):
    """The account has MOST passkeys."""


@dataclass(frozen=True)
class Kept:
    """A passkey as its owner sees it."""

    id: UUID
    name: str
    created_at: datetime
    used_at: datetime | None


def mine(door: str, account: UUID) -> list[Kept]:
    """The account's passkeys, the oldest first."""
    with owned(door, account):
        return [
            Kept(one.id, one.name, one.created_at, one.used_at)
            for one in Passkey.objects.filter(account_id=account).order_by("created_at", "id")
        ]


def to_add(door: str, account: UUID, called: str, *, now: datetime) -> str:
    """What the browser needs to make a passkey, as JSON; `called` is what it shows as the account's name."""
    with owned(door, account):
        known = [
            bytes(one)
            for one in Passkey.objects.filter(account_id=account).values_list("credential", flat=True)
        ]
    challenge = challenges.issue("add", door, str(account), now=now)
    return json.dumps(ceremony.to_make(site(door), challenge, handle(account), called, known))


def add(door: str, account: UUID, answer: str, name: str, *, now: datetime) -> UUID:
    """Keep the passkey that the browser made. Raises NotRight, TakenAlready or TooMany."""

    def ours(challenge: bytes) -> bool:
        return challenges.spend(challenge, "add", door, str(account), now=now)

    made = ceremony.made(site(door), answer, ours)
    with owned(door, account) as owner:
        if Passkey.objects.filter(account_id=account).count() >= MOST:
            raise TooMany
        passkey = Passkey(
            account_id=account,
            credential_hash=_hash(made.id),
            credential=made.credential,
            name=name.strip()[:LONGEST_NAME],
            count=made.count,
            created_at=now,
        )
        try:
            with transaction.atomic():
                passkey.save(force_insert=True)
        except IntegrityError as error:
            if "credential_hash" in str(error):
                raise TakenAlready from None
            raise
        owner.settle(added="passkey")
        owner.record("passkey_added", {"passkey": str(passkey.id)}, now=now)
    return passkey.id


def rename(door: str, account: UUID, passkey: UUID, name: str, *, now: datetime) -> bool:
    """Call a passkey something else; False when the account has none of that id."""
    with owned(door, account) as owner:
        found = Passkey.objects.filter(account_id=account, pk=passkey).first()
        if found is None:
            return False
        found.name = name.strip()[:LONGEST_NAME]
        found.save(update_fields=["name"])
        owner.record("passkey_renamed", {"passkey": str(passkey)}, now=now)
    return True


def remove(door: str, account: UUID, passkey: UUID, *, now: datetime) -> bool:
    """Take a passkey away: it opens nothing from now on. False when the account has none of that id.

    Raises LastOne for an officer's last factor.
    """
    with owned(door, account) as owner:
        if not Passkey.objects.filter(account_id=account, pk=passkey).delete()[0]:
            return False
        owner.settle()
        owner.record("passkey_removed", {"passkey": str(passkey)}, now=now)
    return True


def to_sign_in(door: str, *, now: datetime) -> str:
    """What the browser needs to sign somebody in, whoever it is, by a passkey that it keeps; as JSON."""
    return json.dumps(ceremony.to_ask(site(door), challenges.issue("sign-in", door, now=now)))


def to_prove(door: str, account: UUID, *, now: datetime) -> str:
    """What the browser needs for this account to show one of its passkeys, as JSON; empty when it has none."""
    with owned(door, account):
        known = [
            bytes(one)
            for one in Passkey.objects.filter(account_id=account).values_list("credential", flat=True)
        ]
    if not known:
        return ""
    challenge = challenges.issue("prove", door, str(account), now=now)
    return json.dumps(ceremony.to_ask(site(door), challenge, known))


def shown(door: str, answer: str, *, account: UUID | None = None, now: datetime) -> UUID:
    """The account whose passkey this answer is of; of `account` only, where that is known already. Raises NotRight.

    A counter that does not go on says that there is a copy: the passkey is refused, which its owner finds in the
    audit. Two answers at once of one passkey that counts cannot both be taken.
    """

    def ours(challenge: bytes) -> bool:
        purpose, subject = ("prove", str(account)) if account else ("sign-in", "")
        return challenges.spend(challenge, purpose, door, subject, now=now)

    given = ceremony.answered(answer)
    function = "people_victim_passkey" if door == "portal" else "people_officer_passkey"
    with connection.cursor() as cursor:
        cursor.execute(f"select * from {function}(%s)", [_hash(given.id)])  # noqa: S608 (constants of ours)
        row = cursor.fetchone()
    if row is None:
        raise NotRight("no passkey that we know")
    passkey, whose, credential = row
    ceremony.check(site(door), given, bytes(credential), ours)
    if account not in (None, whose) or given.user not in (b"", handle(whose)):
        raise NotRight("a passkey of somebody else")
    with owned(door, whose) as owner:
        found = Passkey.objects.filter(pk=passkey)
        went_on = found.filter(count__lt=given.count) if given.count else found.filter(count=0)
        if went_on.update(count=given.count, used_at=now):
            return UUID(str(whose))
        owner.record("passkey_copied", {"passkey": str(passkey)}, now=now)
    raise NotRight("its counter does not go on")


def handle(account: UUID) -> bytes:
    """By which a passkey's keeper knows the account; it says nothing of it."""
    return crypto.blind("passkey-user", str(account))


def _hash(credential_id: bytes) -> bytes:
    return crypto.blind("passkey", credential_id.hex())
