"""What somebody decides about their own sign-in: the password, and at the portal what is asked besides it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from trackmycrime.audit import api as audit
from trackmycrime.forces.models import Force
from trackmycrime.kernel import setwise

from . import accounts, limits, passwords, sessions, signing
from .access import DeskRequest
from .enough import How
from .factors import code_app, passkeys
from .models import Account


@dataclass(frozen=True)
class Way:
    """How somebody may sign in, by its name; `second_step` and `code_alone` as the account keeps them."""

    name: str
    second_step: str = ""
    code_alone: bool = False
    proof: How | None = None
    """What must be shown before it is chosen, so that nobody shuts themselves out"""


WAYS = (
    Way("password"),
    Way("code_alone", code_alone=True, proof=How.CODE),
    Way("code", "code", proof=How.CODE),
    Way("app", "app"),
    Way("passkey", "passkey"),
)


def way_of(account: Account) -> Way:
    """How this account signs in now."""
    kept = (account.second_step, account.code_alone and not account.second_step)
    return next(way for way in WAYS if (way.second_step, way.code_alone) == kept)


def ways_for(account: Account) -> list[Way]:
    """The ways that this account may choose: an app or a passkey only where it has one."""
    has = {
        "app": lambda: code_app.has("portal", account.pk),
        "passkey": lambda: bool(passkeys.mine("portal", account.pk)),
    }
    return [way for way in WAYS if way.name not in has or has[way.name]()]


def choose(request: HttpRequest, account: Account, way: Way, *, now: datetime) -> bool:
    """From now on the account signs in in this way; False, and nothing is changed, while its proof is missing.

    In the transaction of the request, which is bound to the account.
    """
    if way.proof and way != way_of(account) and not signing.has_shown(request, way.proof, now=now):
        return False
    if way != way_of(account):
        account.second_step, account.code_alone = way.second_step, way.code_alone
        account.save(update_fields=["second_step", "code_alone"])
        _record(account, "sign_in_way_changed", now, way=way.name)
    return True


def change_password(
    request: HttpRequest, account: Account, password: str, names: Iterable[str], *, now: datetime
) -> list[str]:
    """Set a new password and end all other sessions; says what is wrong with it instead (`passwords.faults`).

    `names` are what the forces are called that the account has to do with. The password of somebody else who signs in
    with this email counts as ``common``: that tells of theirs, so it is tried a few times only; raises TooManyTries.
    In the transaction of the request, which is bound to the account.
    """
    if wrong := passwords.faults(password, account.email, names):
        return wrong
    limits.count(limits.CHANGING, str(account.pk), now=now)
    new = passwords.hashed(account.email, password)
    known = accounts.find(Account.Kind.VICTIM, account.email)
    if any(one.id != account.pk for one in passwords.owners(known, account.email, password, new=new)):
        return ["common"]
    account.password = new
    account.save(update_fields=["password"])
    request.session.cycle_key()
    sessions.end_all(account.pk, door="portal", but=request.session)
    _record(account, "password_changed", now)
    return []


def officer_email(request: DeskRequest) -> str:
    """What the officer signs in with."""
    return str(Account.objects.get(pk=request.staff.account_id).email)


def change_officer_password(request: DeskRequest, password: str, *, now: datetime) -> list[str]:
    """The same for an officer at the desk for whom no provider vouches. Raises PermissionError for one of these.

    In the transaction of the request, which is bound to force and account.
    """
    who = request.staff
    names = Force.objects.values_list("name", "name_cy").get(pk=who.force_id)
    if wrong := passwords.faults(password, officer_email(request), filter(None, names)):
        return wrong
    name = str(who.account_id)
    limits.count(limits.CHANGING, name, now=now)
    rows = setwise.fetch("select people_officer_password(%s) as done", [make_password(password)])
    if not rows[0]["done"]:
        raise PermissionError("a provider vouches for them")
    request.session.cycle_key()
    sessions.end_all(who.account_id, door="desk", but=request.session)
    act = audit.Act("password_changed", "account", name)
    audit.record(audit.Actor("officer", name), [act], force=who.force_id, now=now)
    return []


def _record(account: Account, action: str, now: datetime, **detail: str) -> None:
    act = audit.Act(action, "account", str(account.pk), detail)
    audit.record(audit.Actor("victim", str(account.pk)), [act], force=None, now=now)
    sessions.changed(account.pk, now=now)
