"""Opening an account again by an invitation that rests on an officer's check of who it is: the portal's side."""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from trackmycrime.audit import api as audit
from trackmycrime.kernel import bell, crypto, scope
from trackmycrime.people import accounts, codes, limits, passwords
from trackmycrime.people.joining import AnotherPassword, Joining
from trackmycrime.people.models import Account, SignIn
from trackmycrime.people.sessions import own

LET_IN = "let_in"
"""How somebody signed in whom an officer let in again: they are told of it by another way, as of any sign-in."""


def opens(joining: Joining, *, now: datetime) -> UUID | None:
    """The account that this invitation opens again for whoever proved both halves.

    None where it joins a part in a crime instead, also where the account holds more than this person's at this force:
    then what this person has at this force moves to the account that they go on with, and the rest stays closed to
    whoever lost it until its own police have checked.
    """
    if not (joining.recovers and joining.ticket):
        return None
    with connection.cursor() as cursor:
        cursor.execute(
            "select people_invitation_recovers(%s, %s, %s)",
            [joining.token, codes.proof_hash(joining.ticket), now],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def reopen(joining: Joining, email: str, password: str, address: str, *, now: datetime) -> Account | None:
    """Open the account again under this email and password, and end every other way into it.

    Second steps, passkeys, recovery codes, sessions and phones that are told by push end; it is no longer frozen. None
    when the invitation cannot be used. Raises AnotherPassword and TooManyTries, as `joining.join_with`.
    """
    limits.before_password("portal", email, address, now=now)
    limits.count(limits.NAMING, joining.token.hex(), now=now)
    account = opens(joining, now=now)
    if account is None:
        return None
    secret = passwords.hashed(email, password)
    known = accounts.find(Account.Kind.VICTIM, email)
    if any(one.id != account for one in passwords.owners(known, email, password, new=secret)):
        limits.count(limits.TAKEN, joining.token.hex(), now=now)
        raise AnotherPassword
    sealed = crypto.seal("people_account.email", account, email.strip())
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "select * from people_account_reopen(%s, %s, %s, %s, %s, %s)",
            [joining.token, codes.proof_hash(joining.ticket), sealed, crypto.blind_email(email), secret, now],
        )
        row = cursor.fetchone()
        if row is None:
            return None
        account, force, victim, way = row
        with scope.bound(account=account):
            actor = audit.Actor("victim", str(account))
            acts = [
                audit.Act("account_reopened", "victim", str(victim), {"invitation": str(joining.invitation)})
            ]
            audit.record(actor, acts, force=force, now=now)
            by = way if way in ("email", "text") else ""
            SignIn.objects.create(account_id=account, at=now, how=LET_IN, by=by, detail={})
            bell.ring(own.BELL)
            return Account.objects.get(pk=account)
