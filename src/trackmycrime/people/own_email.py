"""Signing in with another email address: the password once more, a code to the new address, and both old routes told.

A person in a session that somebody left open has neither the password nor a route that goes without being told: the
email changes only for who types the password (its salt is the address's own, so it must be at hand anyway), and only
where a route besides the new one can be told of it (`alerts.new_email`). Where we write to them is another thing
(`own_addresses`).
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest

from trackmycrime.audit import api as audit
from trackmycrime.kernel import bell, crypto

from . import accounts, limits, once, own_addresses, passwords, sessions
from .helping.models import Access
from .models import Account, SignIn, Victim
from .sessions import own

ACTION = "account.email_changed"


def ask(
    request: HttpRequest,
    account: Account,
    email: str,
    password: str,
    names: Iterable[str],
    *,
    left_is_safe: bool,
    language: str,
    now: datetime,
) -> UUID | str:
    """Ask for a code to this address; what it is called, or a word for what is wrong: ``same`` (it is the one), or of
    the password ``wrong``, ``email`` and ``common`` (`passwords.faults`).

    ``common`` is also the password of somebody else who signs in with that address, as where a password is chosen: so
    it is tried a few times only. Nothing else depends on whether anybody does. An account without a password is asked
    for none. In the transaction of the request, which is bound to the account. Raises TooManyTries.
    """
    email, found = email.strip(), crypto.blind_email(email)
    if found == bytes(account.email_hash):
        return "same"
    limits.count(own_addresses.ASKING, str(account.pk), now=now)
    limits.count(own_addresses.CODES, found.hex(), now=now)
    secret = ""
    if account.has_usable_password():
        with limits.trying(request, "portal", account.email, now=now) as tries:
            if not passwords.owners([account], account.email, password):
                return "wrong"
            tries.forgive(now=now)
        if faults := passwords.faults(password, email, names):
            return "email" if faults == ["email"] else "common"
        secret = passwords.hashed(email, password)
        known = accounts.find(Account.Kind.VICTIM, email)
        if any(one.id != account.pk for one in passwords.owners(known, email, password, new=secret)):
            return "common"
    return once.want_new_email(
        account.pk, email, secret, left_is_safe=left_is_safe, language=language, now=now
    )


def prove(
    request: HttpRequest,
    account: Account,
    name: UUID,
    code: str,
    *,
    left_is_safe: bool,
    language: str,
    now: datetime,
) -> str:
    """Try the code (`once.prove_new_email`). Right, every other session ends, the police team of each case finds it in
    the case's record, and the routes that are to be told are.

    In the transaction of the request, which is bound to the account.
    """
    left = account.email
    result = once.prove_new_email(name, code, now=now)
    if result != "right":
        return result
    account.refresh_from_db()
    request.session.cycle_key()
    sessions.end_all(account.pk, door="portal", but=request.session)
    limits.tries(request, "portal", account.email).remember(now=now)
    _write_down(account.pk, now)
    detail = {
        "left": left if left_is_safe else "",
        "left_hash": crypto.blind_email(left).hex(),
        "new_hash": bytes(account.email_hash).hex(),
        "language": language,
    }
    SignIn.objects.create(account_id=account.pk, at=now, how=own.EMAIL, detail=detail)
    bell.ring(own.BELL)
    return result


def _write_down(account: UUID, now: datetime) -> None:
    """In the record of each case that the account has a part in, and of each that it was let in to."""
    victims = Victim.objects.filter(account_id=account, live=True).values_list("force_id", "id")
    helped = Access.objects.filter(account_id=account, ended_at=None).values_list("force_id", "victim_id")
    for kind, parts in (("victim", victims), ("helper", helped)):
        by_force = defaultdict(list)
        for force, victim in parts:
            by_force[force].append(audit.Act(ACTION, "victim", str(victim)))
        for force, acts in by_force.items():
            audit.record(audit.Actor(kind, str(account)), acts, force=force, now=now)
    audit.record(
        audit.Actor("victim", str(account)), [audit.Act(ACTION, "account", str(account))], force=None, now=now
    )
