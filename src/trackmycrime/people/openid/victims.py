"""Victims who sign in by GOV.UK One Login, or another provider with its profile.

A subject of the provider becomes an account's only by the person who is signed in to that account, or who holds an
invitation with both proofs; never by an email address. The profile: we sign (``private_key_jwt``), ask for a vector
of trust (``vtr``) in the language of the page, and hold the answer (``vot``) against it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from trackmycrime.audit import api as audit
from trackmycrime.kernel import crypto, scope
from trackmycrime.people import accounts, joining, sessions
from trackmycrime.people.joining import Joining
from trackmycrime.people.models import Account, Identity, Passkey

from . import claims as rules
from . import provider as speaking
from . import told
from .provider import Answer, Provider, Refused

NAME = "one-login"
TRUST = "Cl.Cm"
"""A password and a second step; who somebody is by name is not asked: an invitation says that"""
PENDING = "one_login"


class Taken(Exception):
    """That subject is another account's already, or the account has one."""


@dataclass(frozen=True)
class Pending:
    """Somebody who has come back from the provider and has not said yet that this is to be how they sign in."""

    subject: bytes
    email: str

    def kept(self) -> dict[str, str]:
        return {"subject": self.subject.hex(), "email": self.email}


def read(kept: Any) -> Pending | None:
    """What `Pending.kept` gave, or None."""
    return Pending(bytes.fromhex(kept["subject"]), kept["email"]) if kept else None


def provider() -> Provider | None:
    """The provider for victims, if one is set (``TMC_ONE_LOGIN_ISSUER``)."""
    if not settings.TMC_ONE_LOGIN_ISSUER:
        return None
    return Provider(
        settings.TMC_ONE_LOGIN_ISSUER,
        settings.TMC_ONE_LOGIN_CLIENT_ID,
        settings.TMC_ONE_LOGIN_KEY,
        "openid email",
        one_login=True,
    )


def asks(language: str) -> dict[str, str]:
    """What is asked for beside the usual, in the language of the page."""
    return {"vtr": f'["{TRUST}"]', "ui_locales": "cy" if language == "cy" else "en"}


def trusted(answer: Answer) -> None:
    """Raises Refused where the provider gives less trust than was asked for."""
    if not rules.trusted_enough(answer.claims, TRUST):
        raise Refused("it gives less trust than was asked for")


def pending(their: Provider, answer: Answer) -> Pending:
    """What is kept until they have said that this is to be how they sign in."""
    return Pending(subject_hash(their.issuer, answer.subject), rules.verified_email(answer.claims))


def subject_hash(issuer: str, subject: str) -> bytes:
    """By which a victim's identity is found."""
    return crypto.blind("identity-portal", f"{issuer}\n{subject}")


def find(subject: bytes) -> UUID | None:
    """The account of that subject, if somebody has made it theirs."""
    with connection.cursor() as cursor:
        cursor.execute("select people_victim_by(%s)", [subject])
        found: UUID | None = cursor.fetchone()[0]
    return found


def mine(account: UUID) -> Identity | None:
    """That the account is connected, within its own rows."""
    return Identity.objects.filter(account_id=account).first()


def connect(account: UUID, held: Pending, *, now: datetime) -> None:
    """Make the subject the account's. Raises Taken."""
    with scope.bound(account=account):
        if mine(account):
            raise Taken
        try:
            with transaction.atomic():
                Identity.objects.create(account_id=account, subject_hash=held.subject, created_at=now)
        except IntegrityError:
            raise Taken from None
        _record(account, "provider_connected", now)
        sessions.changed(account, now=now)


def only_way(account: Account) -> bool:
    """Whether nothing else lets them in: then it cannot be taken away."""
    has_passkey = Passkey.objects.filter(account_id=account.pk).exists()
    return not account.has_usable_password() and not has_passkey


def disconnect(account: Account, *, now: datetime) -> bool:
    """Take it away again; False when nothing else would let them in. In the transaction of the request."""
    if only_way(account):
        return False
    if Identity.objects.filter(account_id=account.pk).delete()[0]:
        _record(account.pk, "provider_disconnected", now)
        sessions.changed(account.pk, now=now)
    return True


def join(found: Joining, held: Pending, *, language: str, now: datetime) -> UUID | None:
    """Join by an invitation whose proofs were shown, with this to sign in by; None when the invitation cannot be used.

    Whoever has an account with it joins that one; else a new one is made, which has no password. Raises Refused, with
    nothing joined or used up, where theirs is frozen: a case that is joined to it could not be read.
    """
    with transaction.atomic():
        account = find(held.subject)
        if account is not None:
            with scope.bound(account=account):
                if Account.objects.get(pk=account).frozen_at:
                    raise Refused("the account is frozen")
        if account is None:
            made = accounts.create("victim", held.email, None, language=language, now=now)
            assert made is not None
            account = made.pk
            connect(account, held, now=now)
        if not joining.join(found, account, now=now):
            transaction.set_rollback(True)
            return None
    return account


def logged_out(their: Provider, token: str, *, now: datetime) -> None:
    """End the sessions of whom the provider says is signed out there. Raises Refused, Unreachable."""
    said = speaking.logged_out(their, token, now=now)
    with transaction.atomic(), connection.cursor() as cursor:
        if not told.is_new("portal", said, now=now):
            return
        cursor.execute(
            "select people_victim_logged_out(%s)", [subject_hash(their.issuer, rules.text(said, "sub"))]
        )
        account = cursor.fetchone()[0]
        if account:
            act = audit.Act("signed_out_by_provider", "account", str(account))
            audit.record(audit.SYSTEM, [act], force=None, now=now)


def _record(account: UUID, act: str, now: datetime) -> None:
    acts = [audit.Act(act, "account", str(account))]
    audit.record(audit.Actor("victim", str(account)), acts, force=None, now=now)
