"""Taking up access, or work for an organisation: from the link in the mailbox to a sign-in of one's own.

Nothing here can read an invitation: it calls the named functions of `crossings_of_helping` with keyed hashes.
"""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from trackmycrime.audit import api as audit
from trackmycrime.kernel import crypto, scope, setwise
from trackmycrime.people import accounts, limits, passwords
from trackmycrime.people.joining import AnotherPassword
from trackmycrime.people.models import Account

from .inviting import code_hash, link_hash


@dataclass(frozen=True)
class OnTheWay:
    """How far a browser is: which invitation it opened, and what it holds since it typed the right code."""

    token: bytes
    invitation: UUID
    works: bool
    """Whether it is for work at an organisation, and not for one case"""
    ticket: str = ""

    def kept(self) -> dict[str, Any]:
        """As the session keeps it."""
        return {
            "token": self.token.hex(), "invitation": str(self.invitation), "works": self.works, "ticket": self.ticket,
        }  # fmt: skip


def read(kept: Any) -> OnTheWay | None:
    """What `OnTheWay.kept` gave, or None."""
    if not kept:
        return None
    return OnTheWay(bytes.fromhex(kept["token"]), UUID(kept["invitation"]), kept["works"], kept["ticket"])


def usable(link: str, *, now: datetime) -> bool:
    """Whether a link can still be used: all that a GET may know. Changes nothing."""
    (row,) = setwise.fetch("select people_help_peek(%s, %s) as yes", [link_hash(link), now])
    return bool(row["yes"])


def open_link(link: str, address: str, *, now: datetime) -> OnTheWay | None:
    """Open an invitation because somebody pressed its button; None when it cannot be used. Raises TooManyTries."""
    limits.count(limits.OPENING, address, now=now)
    token = link_hash(link)
    rows = setwise.fetch("select id, works from people_help_open(%s, %s)", [token, now])
    return OnTheWay(token, rows[0]["id"], rows[0]["works"]) if rows else None


def prove(found: OnTheWay, typed: str, address: str, *, now: datetime) -> tuple[str, OnTheWay | None]:
    """Check the code: ``right`` (the second value goes on from there), ``wrong``, or ``gone``. Raises TooManyTries.

    Five wrong ones lock it, counted on the invitation from all browsers; whoever guesses is not told which it was.
    """
    limits.count(limits.PROVING, address, now=now)
    ticket = secrets.token_urlsafe(24)
    hashes = [found.token, code_hash(found.invitation, typed), _ticket_hash(ticket), now]
    (row,) = setwise.fetch("select people_help_prove(%s, %s, %s, %s) as said", hashes)
    said = str(row["said"])
    return said, replace(found, ticket=ticket) if said == "right" else None


def take_up(found: OnTheWay, account: UUID, *, now: datetime) -> bool:
    """Give what was offered to this account, and use the invitation up; False when it cannot be used.

    Nobody helps with what is their own, nobody twice, and of two at once one gets it.
    """
    if not found.ticket:
        return False
    with scope.bound(account=account):
        rows = setwise.fetch(
            "select * from people_help_redeem(%s, %s, %s)", [found.token, _ticket_hash(found.ticket), now]
        )
        if not rows:
            transaction.set_rollback(True)
            return False
        row = rows[0]
        detail = {row["kind"]: str(row["id"])}
        act = (
            audit.Act("access.taken_up", "victim", str(row["victim_id"]), detail)
            if row["kind"] == "access"
            else audit.Act("member.joined", "member", str(row["id"]))
        )
        audit.record(audit.Actor("helper", str(account)), [act], force=row["force_id"], now=now)
    return True


def take_up_with(
    found: OnTheWay, email: str, password: str, address: str, *, language: str, now: datetime
) -> Account | None:
    """Make a new sign-in that takes it up; None when it cannot be used. Nobody comes into an account that is there.

    Raises AnotherPassword and TooManyTries, as `joining.join_with`.
    """
    limits.before_password("portal", email, address, now=now)
    limits.count(limits.NAMING, found.token.hex(), now=now)
    new = passwords.hashed(email, password)
    known = accounts.find(Account.Kind.VICTIM, email)
    if passwords.owners(known, email, password, new=new):
        limits.count(limits.TAKEN, found.token.hex(), now=now)
        raise AnotherPassword
    with transaction.atomic():
        account = accounts.create(Account.Kind.VICTIM, email, None, language=language, now=now, stored=new)
        if account is None or not take_up(found, account.pk, now=now):
            transaction.set_rollback(True)
            return None
    return account


def stop(found: OnTheWay, *, now: datetime) -> bool:
    """«This is not for me»: it ends, and so does what was offered."""
    with transaction.atomic():
        (row,) = setwise.fetch("select people_help_stop(%s, %s) as done", [found.token, now])
        if row["done"]:
            act = audit.Act("help.not_for_me", "help_invitation", str(found.invitation))
            audit.record(audit.SYSTEM, [act], force=None, now=now)
    return bool(row["done"])


def _ticket_hash(ticket: str) -> bytes:
    return crypto.blind("help-proof", ticket)
