"""The portal's side of an invitation: from the button to the crime that belongs to an account.

Nothing here can read an invitation: it calls the named functions of `crossings` with keyed hashes. A browser that is
on its way holds a `Joining` in its session; the link or code itself is kept nowhere.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from trackmycrime.audit import api as audit
from trackmycrime.kernel import bell, scope

from . import accounts, codes, limits, passwords
from .enough import How
from .models import Account

BELL = "codes"
"""Rung when a text with a code is wanted; `invitations.codes_wanted` makes them."""


@dataclass(frozen=True)
class Joining:
    """How far a browser is on its way: which invitation it opened, and what it holds since it typed the right code."""

    token: bytes
    invitation: UUID
    way: str
    second: str
    recovers: bool = False
    """Whether it lets somebody in again who had joined (`recovering`)"""
    ticket: str = ""

    def kept(self) -> dict[str, str | bool]:
        """As the session keeps it."""
        return {
            "token": self.token.hex(),
            "invitation": str(self.invitation),
            "way": self.way,
            "second": self.second,
            "recovers": self.recovers,
            "ticket": self.ticket,
        }


def read(kept: Any) -> Joining | None:
    """What `Joining.kept` gave, or None."""
    if not kept:
        return None
    return Joining(
        bytes.fromhex(kept["token"]),
        UUID(kept["invitation"]),
        kept["way"],
        kept["second"],
        bool(kept.get("recovers")),
        kept["ticket"],
    )


@dataclass(frozen=True)
class Joined:
    """The part in a crime that now belongs to the account."""

    force_id: int
    victim_id: UUID
    crime_id: UUID


def _call(sql: str, *params: str | bytes | datetime) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def usable(link: str, *, now: datetime) -> bool:
    """Whether a link can still be used: all that a GET may know. Changes nothing."""
    row = _call("select people_invitation_peek(%s, %s)", codes.link_hash(link), now)
    return bool(row and row[0])


def open_link(link: str, address: str, *, now: datetime) -> Joining | None:
    """Open an invitation because somebody pressed its button; None when it cannot be used. Raises TooManyTries."""
    limits.count(limits.OPENING, address, now=now)
    return opened(codes.link_hash(link), now)


def open_code(typed: str, address: str, *, now: datetime) -> Joining | None:
    """Open an invitation by the code that was texted or handed over; None when it is not one. Raises TooManyTries.

    A code handed over in person has its second proof in the officer who knew whom they gave it to.
    """
    limits.count(limits.TYPING, address, now=now)
    if len(codes.plain(typed)) != codes.START_LENGTH:
        return None
    found = opened(codes.start_hash(typed), now)
    if found and found.second == "none":
        return prove(found, typed, address, now=now)[1]
    return found


def opened(token: bytes, now: datetime) -> Joining | None:
    """Open the invitation with this keyed hash, for whoever has shown the first proof; None when it cannot be used."""
    row = _call("select id, way, second, recovers from people_invitation_open(%s, %s)", token, now)
    return Joining(token, *row) if row else None


def want_code(joining: Joining, address: str, *, now: datetime) -> bool:
    """Ask for a code by text; False when none can be had (now). Raises TooManyTries."""
    limits.count(limits.WANTING, address, now=now)
    with transaction.atomic():
        row = _call("select people_invitation_want(%s, %s)", joining.token, now)
        wanted = bool(row and row[0])
        if wanted:
            bell.ring(BELL)
    return wanted


def prove(joining: Joining, typed: str, address: str, *, now: datetime) -> tuple[str, Joining | None]:
    """Check the second proof: the texted code or the officer's. The second value goes on from there if it is right.

    The first is ``right``, ``wrong`` or ``gone``. Wrong ones are counted on the invitation, so they count together from
    all browsers; the fifth locks it and asks the officer. Whoever types is not told: it is wrong as the four before,
    and so is every later one, the right code too. Raises TooManyTries.
    """
    limits.count(limits.PROVING, address, now=now)
    ticket = secrets.token_urlsafe(24)
    with transaction.atomic():
        row = _call(
            "select result, force_id, victim_id from people_invitation_prove(%s, %s, %s, %s, %s)",
            joining.token,
            codes.text_hash(joining.invitation, typed),
            codes.activation_hash(joining.invitation, typed),
            codes.proof_hash(ticket),
            now,
        )
        result, force, victim = row or ("gone", None, None)
        if result == "locked":
            result = "wrong"
            act = audit.Act("invitation_locked", "victim", str(victim))
            audit.record(audit.SYSTEM, [act], force=force, now=now)
    return result, replace(joining, ticket=ticket) if result == "right" else None


def stop(joining: Joining, *, now: datetime) -> bool:
    """End the invitation: it is not for the person who got it. That address is not used for this victim again."""
    with transaction.atomic():
        row = _call("select force_id, victim_id from people_invitation_stop(%s, %s)", joining.token, now)
        if row:
            act = audit.Act("invitation_not_for_me", "victim", str(row[1]))
            audit.record(audit.SYSTEM, [act], force=row[0], now=now)
    return bool(row)


def join(joining: Joining, account: UUID, *, now: datetime) -> Joined | None:
    """Give the invitation's part in a crime to the account, and use the invitation up; None when it cannot be used.

    Of two that try at once, one gets it. What lets somebody into an account again (`recovering`) cannot be used by that
    account itself.
    """
    if not joining.ticket:
        return None
    with scope.bound(account=account):
        row = _call(
            "select force_id, victim_id, crime_id from people_invitation_redeem(%s, %s, %s)",
            joining.token,
            codes.proof_hash(joining.ticket),
            now,
        )
        if row is None:
            return None
        acts = [audit.Act("joined", "victim", str(row[1]), {"invitation": str(joining.invitation)})]
        audit.record(audit.Actor("victim", str(account)), acts, force=row[0], now=now)
    return Joined(*row)


class AnotherPassword(Exception):
    """Somebody else signs in with that email and that password. Say no more than that it is too easy to guess."""


def join_with(
    joining: Joining, email: str, password: str, address: str, *, language: str = "", now: datetime
) -> tuple[Account, How] | None:
    """Make a new account and join it; says also what was shown of it. None when the invitation cannot be used.

    Two people may share an email address, and stay two: whoever joins here never comes into an account that is there
    already (`join_existing` is for that). The password that another account of that email has is refused, by
    AnotherPassword, a few times only; raises TooManyTries, for this form must not be a quicker way to guess a password
    than signing in.
    """
    limits.before_password("portal", email, address, now=now)
    limits.count(limits.NAMING, joining.token.hex(), now=now)
    new = passwords.hashed(email, password)
    known = accounts.find(Account.Kind.VICTIM, email)
    if passwords.owners(known, email, password, new=new):
        limits.count(limits.TAKEN, joining.token.hex(), now=now)
        raise AnotherPassword
    with transaction.atomic():
        account = accounts.create(Account.Kind.VICTIM, email, None, language=language, now=now, stored=new)
        assert account is not None
        if not join(joining, account.pk, now=now):
            transaction.set_rollback(True)
            return None
    return account, How.INVITATION
