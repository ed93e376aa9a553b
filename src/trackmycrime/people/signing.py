"""Signing in and out. One answer for a wrong password, an unknown email and an account of another door."""

from contextlib import AbstractContextManager
from datetime import datetime
from uuid import UUID

from django.contrib.auth import authenticate, login
from django.http import HttpRequest

from trackmycrime.audit import api as audit
from trackmycrime.kernel import scope

from . import access, limits, sessions, staff
from .models import Account


def sign_in(request: HttpRequest, door: str, email: str, password: str, *, now: datetime) -> Account | None:
    """Sign somebody in at ``portal`` or ``desk``; None when email or password are not right.

    Raises limits.TooManyTries, before the password is looked at. A new session key is made (whatever the session held
    before stays, unless it was another account's), and the act is written down.
    """
    address = limits.address_of(request)
    limits.before_password(door, email, address, now=now)
    account = authenticate(request, email=email, password=password)
    if not isinstance(account, Account):
        return None
    limits.after_password(door, email, address, now=now)
    begin(request, account, now=now)
    return account


def begin(request: HttpRequest, account: Account, *, now: datetime) -> None:
    """Begin the session of an account that has proved who it is."""
    backend = "VictimBackend" if account.kind == Account.Kind.VICTIM else "StaffBackend"
    binding, actor, force = _scope(account.pk, account.kind)
    with binding:
        login(request, account, backend=f"trackmycrime.people.backends.{backend}")
        audit.record(actor, [audit.Act("signed_in", "account", str(account.pk))], force=force, now=now)
        account.refresh_from_db(fields=["language"])
        sessions.began(request, account, "password", now)


def sign_out(request: HttpRequest, *, now: datetime) -> None:
    """End this session, in this browser."""
    account = access.signed_in(request)
    who: access.StaffMember | None = getattr(request, "staff", None)
    if account:
        binding, actor, force = _scope(account, Account.Kind.OFFICER if who else Account.Kind.VICTIM)
        with binding:
            audit.record(actor, [audit.Act("signed_out", "account", str(account))], force=force, now=now)
    request.session.flush()


def _scope(account: UUID, kind: str) -> tuple[AbstractContextManager[None], audit.Actor, int | None]:
    """Whose rows, who acts, and in which force."""
    if kind == Account.Kind.VICTIM:
        return scope.bound(account=account), audit.Actor("victim", str(account)), None
    who = staff.member(account)
    force = who.force_id if who else None
    return scope.bound(force=force, account=account), audit.Actor("officer", str(account)), force
