"""What a person can see and do about their own sessions: which there are, and that one or all of them end."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.http import HttpRequest

from trackmycrime.audit import api as audit
from trackmycrime.kernel import bell, crypto, scope, setwise
from trackmycrime.people import access, browsers
from trackmycrime.people.models import Account, SignIn
from trackmycrime.people.place import place_of

from .store import Store

NOTED = "device"
"""Under which name a session keeps what browser it is, and from where it was signed in"""
KEPT = timedelta(days=90)
"""For how long it is kept that somebody signed in"""
CHANGED, EMAIL, FROZEN = "changed", "email", "frozen"
"""How a row says that not a sign-in but how one signs in is new, or with which email, and that its owner has closed the
account"""
BELL = "sign-ins"
"""What the worker's pass that tells of them is called (`rounds.PASSES`)"""


@dataclass(frozen=True)
class Session:
    """One signed-in browser of an account."""

    name: str
    """By which it can be ended; the cookie cannot be made from it"""
    here: bool
    """Whether it is the one that asks"""
    browser: str
    system: str
    country: str
    private: bool
    same_network: bool
    """Whether it signed in from the network that asks now"""
    began_at: datetime
    used_at: datetime
    """To within a few minutes"""


def note(request: HttpRequest) -> dict[str, object]:
    """What is worth keeping of where a session begins: as coarse as «Chrome on Android», and the place."""
    browser, system = browsers.named(request.headers.get("User-Agent", ""))
    place = place_of(request)
    return {
        "browser": browser, "system": system, "network": place.network, "private": place.private,
        "country": place.country,
    }  # fmt: skip


def mine(request: HttpRequest, *, now: datetime) -> list[Session]:
    """The sessions of whoever is signed in here: this one first, then those that were used last."""
    account = access.signed_in(request)
    store = type(request.session)
    assert issubclass(store, Store)
    table, network = store.model._meta.db_table, place_of(request).network
    rows = setwise.fetch(
        f"select key, data, began_at, coalesce(used_at, began_at) as used_at from {table}"  # noqa: S608 (ours)
        " where account_id = %s and expires_at > %s order by used_at desc, key",
        [account, now],
    )
    own = request.session.hash_of(request.session.session_key)  # type: ignore[attr-defined]
    found = []
    for row in rows:
        key = bytes(row["key"])
        try:
            at = crypto.unseal_json(f"{table}.data", key.hex(), row["data"]).get(NOTED, {})
        except crypto.CannotOpen:
            at = {}
        found.append(
            Session(
                key.hex(), key == own, at.get("browser", ""), at.get("system", ""), at.get("country", ""),
                bool(at.get("private")), at.get("network") == network, row["began_at"], row["used_at"],
            )
        )  # fmt: skip
    return sorted(found, key=lambda one: not one.here)


def end(request: HttpRequest, name: str, *, now: datetime) -> bool:
    """End one session of whoever is signed in here; says whether there was one of that name."""
    account, store = access.signed_in(request), type(request.session)
    assert issubclass(store, Store)
    if account is None:
        return False
    try:
        key = bytes.fromhex(name)
    except ValueError:
        return False
    gone, _ = store.model._default_manager.filter(account_id=account, key=key).delete()
    if gone:
        write_down(request, account, "session.ended", now=now)
    return bool(gone)


def left(request: HttpRequest, *, now: datetime) -> dict[str, int]:
    """For the warning (session.js): how many seconds are left, and how many there would be if somebody went on now.

    To ask does not make the session longer. Of nobody's session nothing is left.
    """
    if not access.signed_in(request):
        return {"left": 0, "after": 0}
    ends, renewed = request.session.ends(now)  # type: ignore[attr-defined]
    request.session.modified = False
    return {
        "left": max(0, int((ends - now).total_seconds())),
        "after": max(0, int((renewed - now).total_seconds())),
    }


def write_down(request: HttpRequest, account: UUID, action: str, *, now: datetime, **detail: object) -> None:
    """Keep that the holder of the account did this."""
    who: access.StaffMember | None = getattr(request, "staff", None)
    actor = audit.Actor("officer" if who else "victim", str(account))
    act = audit.Act(action, "account", str(account), detail)
    audit.record(actor, [act], force=who.force_id if who else None, now=now)


def began(
    request: HttpRequest, account: Account, hows: Sequence[str] | str, now: datetime, *, by: str = ""
) -> None:
    """A session of this account has begun in this browser: keep where, and of a victim that it is told.

    `by` is the channel by which a code went, if it was signed in by one.
    """
    at = note(request)
    request.session[NOTED] = at
    if account.kind != Account.Kind.VICTIM:
        return
    how = hows if isinstance(hows, str) else "+".join(hows)
    # who signs in by a password has named the email address
    by = by or ("email" if "password" in how else "")
    detail = {name: at[name] for name in ("browser", "system", "private", "country")}
    with scope.bound(account=account.pk):
        SignIn.objects.create(account_id=account.pk, at=now, how=how[:40], by=by, detail=detail)
        bell.ring(BELL)


def changed(account: UUID, *, now: datetime, how: str = CHANGED) -> None:
    """How this victim's account is signed in to is another now, or nobody can any more: its owner is told.

    In the caller's transaction, which is bound to the account.
    """
    nowhere = {"browser": "", "system": "", "private": False, "country": ""}
    SignIn.objects.create(account_id=account, at=now, how=how, detail=nowhere)
    bell.ring(BELL)


def recent(account_id: UUID, *, most: int = 20) -> list[SignIn]:
    """When the signed-in account was signed in to, or how that is done was changed, the newest first."""
    return list(SignIn.objects.filter(account_id=account_id).order_by("-at", "-id")[:most])


def untaken(now: datetime, *, most: int = 200) -> list[SignIn]:
    """Sign-ins that nobody has been told of yet, locked for this transaction; other workers skip them (worker)."""
    found = SignIn.objects.select_for_update(skip_locked=True).filter(taken_at=None, at__lte=now)
    return list(found.order_by("at", "id")[:most])


def take(told: dict[UUID, str], *, now: datetime) -> None:
    """By which channel of each is told, or why not (worker)."""
    rows = [{"id": id_, "told": word[:30], "taken_at": now} for id_, word in told.items()]
    setwise.update("people_sign_in", ["id"], ["told", "taken_at"], rows)


def forget(now: datetime) -> int:
    """Delete what is older than `KEPT`; says how many (worker)."""
    return int(SignIn.objects.filter(at__lt=now - KEPT).delete()[0])
