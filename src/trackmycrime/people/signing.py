"""Signing in and out. One answer for a wrong password, an unknown email and an account of another door.

Whatever shows who somebody is ends in `passed`: whether it is enough is a pure rule (`enough`), never a view's.
"""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth import authenticate, login
from django.http import HttpRequest

from trackmycrime.audit import api as audit
from trackmycrime.kernel import scope

from . import access, limits, passwords, sessions, shown, staff
from .backends import StaffBackend, VictimBackend
from .enough import How, enough, lacking, must_add, next_steps
from .factors.owner import held
from .models import Account
from .shown import Half, fresh, half

__all__ = [
    "Half",
    "How",
    "asked_next",
    "confirm_password",
    "confirmed",
    "fresh",
    "half",
    "has_shown",
    "must_add",
    "passed",
    "sign_in",
    "sign_out",
]

_BACKENDS = {"portal": VictimBackend, "desk": StaffBackend}


def sign_in(request: HttpRequest, door: str, email: str, password: str, *, now: datetime) -> Account | None:
    """Try email and password at ``portal`` or ``desk``; the account if that lets them in.

    None when they are not right, or when more is asked for: then `half` says so, and the way goes on at
    ``second_step``. Raises limits.TooManyTries, before the password is looked at.
    """
    with limits.trying(request, door, email, now=now) as tries:
        account = authenticate(request, email=email, password=password)
        if not isinstance(account, Account):
            shown.forget(request)  # or what was shown before would go on as if this had been right
            return None
        signed = passed(request, door, account.pk, How.PASSWORD, stored=account.password, now=now)
        if signed or half(request, now=now):  # a frozen account leaves no trace of a right password
            tries.forgive(now=now)
    return signed


def passed(
    request: HttpRequest,
    door: str,
    account_id: UUID,
    how: How,
    *,
    by: str = "",
    stored: str = "",
    now: datetime,
) -> Account | None:
    """Note that this browser has shown `how` for this account; the account if that is enough.

    Then its session begins, under a new key, and that is written down; in the session of this very account it counts
    as `confirmed` instead. Else None: while `half` says that something was shown, the caller sends them on to
    ``second_step``. Of an account that is frozen or closed nothing is noted, so it looks like a wrong password. `by` is
    the channel by which a code went; `stored` the password, as it is stored, that was found right.
    """
    account = _BACKENDS[door]().get_user(account_id)
    changed = account is not None and bool(stored) and account.password != stored
    if account is None or not account.is_active or account.frozen_at or changed:
        shown.forget(request)
        return None
    hows = shown.note(request, account.pk, account.get_session_auth_hash(), how, now=now)
    if not enough(hows, **_asks(account, door)):
        return None
    shown.forget(request)
    if access.signed_in(request) == account.pk:
        _confirm(request, account, hows, now)
    elif not _begin(request, account, hows, by, now):
        return None
    return account


def _asks(account: Account, door: str) -> dict[str, Any]:
    """What the account itself says of what is enough for it."""
    who = staff.member(account.pk) if door == "desk" else None
    return {
        "door": door,
        "second_step": account.second_step,
        "code_alone": account.code_alone,
        "vouched": who is not None and who.by_provider,
    }


def asked_next(request: HttpRequest, door: str, *, now: datetime) -> frozenset[How]:
    """What the person in this browser may show next: who has begun to sign in, or is signed in and confirms it."""
    begun = half(request, now=now)
    who = begun.account_id if begun else access.signed_in(request)
    account = _BACKENDS[door]().get_user(who) if who else None
    if account is None:
        return frozenset()
    hows = begun.hows if begun else frozenset()
    asked = next_steps(hows, **_asks(account, door)) - lacking(held(door, account.pk))
    return asked if account.has_usable_password() else asked - {How.PASSWORD}


def has_shown(request: HttpRequest, how: How, *, now: datetime) -> bool:
    """Whether whoever is signed in has shown `how`, at their sign-in or within the last minutes."""
    begun = half(request, now=now)
    mine = begun is not None and begun.account_id == access.signed_in(request)
    return how in shown.signed(request) or bool(mine and begun and how in begun.hows)


def confirmed(request: HttpRequest, how: How, now: datetime) -> None:
    """Write down in the session that the person who is signed in has just shown `how`: it is fresh again."""
    shown.sign(request, shown.signed(request) | {how}, now=now)


def _begin(request: HttpRequest, account: Account, hows: frozenset[How], by: str, now: datetime) -> bool:
    """Begin the session. What it held before stays, unless it was another account's.

    Whoever ends all sessions of an account locks it first, and so does this: what is begun is there to be ended. False,
    and nothing has begun, where another request has meanwhile changed what lets somebody in.
    """
    binding, actor, force = _scope(account.pk, account.kind)
    with binding:
        same = {
            "password": account.password,
            "second_step": account.second_step,
            "code_alone": account.code_alone,
        }
        if not Account.objects.select_for_update().filter(pk=account.pk, frozen_at=None, **same).exists():
            return False
        backend = _BACKENDS["portal" if account.kind == Account.Kind.VICTIM else "desk"]
        login(request, account, backend=f"{backend.__module__}.{backend.__name__}")
        shown.sign(request, hows, now=now)
        act = audit.Act("signed_in", "account", str(account.pk), {"how": sorted(hows)})
        audit.record(actor, [act], force=force, now=now)
        account.refresh_from_db(fields=["language"])
        sessions.began(request, account, sorted(hows), now, by=by)
        request.session.save()
    if How.PASSWORD not in hows:  # else `sign_in` has done it
        door = "portal" if account.kind == Account.Kind.VICTIM else "desk"
        limits.tries(request, door, account.email).remember(now=now)
    return True


def _confirm(request: HttpRequest, account: Account, hows: frozenset[How], now: datetime) -> None:
    binding, actor, force = _scope(account.pk, account.kind)
    with binding:
        for how in hows:
            confirmed(request, how, now)
        act = audit.Act("sign_in_confirmed", "account", str(account.pk), {"how": sorted(hows)})
        audit.record(actor, [act], force=force, now=now)


def confirm_password(request: HttpRequest, door: str, password: str, *, now: datetime) -> Account | None:
    """Try the password of the account that is signed in, as `sign_in` does; raises limits.TooManyTries."""
    who = access.signed_in(request)
    account = _BACKENDS[door]().get_user(who) if who else None
    if account is None:
        return None
    with limits.trying(request, door, account.email, now=now) as tries:
        if not passwords.owners([account], account.email, password):
            return None
        tries.forgive(now=now)
    return passed(request, door, account.pk, How.PASSWORD, stored=account.password, now=now)


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
