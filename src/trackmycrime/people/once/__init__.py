"""Codes that are sent to somebody who signs in: six digits, ten minutes, five tries, used once.

The portal asks and proves; a worker makes the code and sends it, where that is safe for everybody whose case the
account opens (`alerts.sign_in_codes`). The portal never learns whether there was anybody to send one to.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import connection, transaction

from trackmycrime.kernel import bell, crypto, scope, setwise
from trackmycrime.kernel.limits import first_over
from trackmycrime.people import codes, limits

from .models import SignInCode

BELL = "sign-in codes"
LIFE = timedelta(minutes=10)
TRIES = 5
KEPT = timedelta(days=1)
"""How long a code's row stays after it has run out, for whoever looks into what was sent"""


def want(
    way: str,
    address: str,
    *,
    email: str = "",
    account: UUID | None = None,
    browser: str = "",
    now: datetime,
) -> UUID:
    """Ask for a code by ``email`` or ``text``, of `account` or of whoever signs in with that email; gives its name.

    Says nothing of whether one is sent. Raises limits.TooManyTries: so many for one network address, and for one
    account, where a browser that it was used with has its own; with `account` known, one in which it was opened by more
    than the password (`limits.second_tries`): who knows the password cannot use up the codes of whose it is.
    """
    limits.count(limits.CODES_HERE, address, now=now)
    who = str(account) if account else email.strip().casefold()
    if limits.is_known("portal", limits.beyond_password(account) if account else email, browser, now=now):
        own = f"{who} {browser}"
        tries = [(limits.CODES, own), (limits.CODES_DAY, own)]
    else:
        here = f"{who} {limits.customer_of(address)}"
        tries = [(limits.CODES, here), (limits.CODES_PAIR_DAY, here), (limits.CODES_DAY, who)]
    if over := first_over(tries, now=now):
        raise limits.TooManyTries(over)
    name = uuid4()
    with scope.bound(account=account) if account else transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "select people_code_want(%s, %s, %s, %s, %s)",
            [name, crypto.blind_email(email), way, now, now + LIFE],
        )
        bell.ring(BELL)
    return name


def prove(name: UUID, typed: str, address: str, *, now: datetime) -> tuple[UUID, str] | None:
    """Whose code it is and by which way it went, if it is right; then it is used up. Raises limits.TooManyTries."""
    limits.count(limits.CODES_TYPED, address, now=now)
    with connection.cursor() as cursor:
        cursor.execute(
            "select account_id, way from people_code_prove(%s, %s, %s)", [name, _hash(name, typed), now]
        )
        row = cursor.fetchone()
    return (row[0], row[1]) if row else None


def want_new_email(
    account: UUID, email: str, secret: str, *, left_is_safe: bool, language: str, now: datetime
) -> UUID:
    """Ask for a code to an email that the signed-in account is to be signed in to with; gives its name.

    `secret`: the password as it is stored under that email; empty for none. In a transaction bound to the account.
    """
    name, sealed = uuid4(), crypto.seal("people_account.email", account, email)
    setwise.fetch(
        "select people_new_email_want(%s, %s, %s, %s, %s, %s, %s, %s)",
        [name, sealed, crypto.blind_email(email), secret, left_is_safe, language, now, now + LIFE],
    )
    bell.ring(BELL)
    return name


def prove_new_email(name: UUID, typed: str, *, now: datetime) -> str:
    """Try its code: ``right``, and then it is the account's email; ``wrong``; or ``over`` when there is nothing to
    prove (any more)."""
    rows = setwise.fetch(
        "select people_new_email_prove(%s, %s, %s) as result", [name, _hash(name, typed), now]
    )
    return str(rows[0]["result"])


@dataclass(frozen=True)
class Wanted:
    """A code to send; plain here and nowhere else."""

    id: UUID
    account_id: UUID
    way: str
    code: str
    expires_at: datetime
    new_email: "NewEmail | None" = None
    """Where the code goes there instead"""


@dataclass(frozen=True)
class NewEmail:
    """The email that somebody wants to sign in with (`people.own_email`)."""

    value: str = field(repr=False)
    hash: bytes
    left_hash: bytes
    left_is_safe: bool
    language: str


def wanted(now: datetime, *, most: int = 100) -> list[Wanted]:
    """Make the codes that were asked for, in the worker's transaction; other workers skip them."""
    asked = (
        SignInCode.objects.select_for_update(skip_locked=True)
        .filter(made_at=None, asked_at__lte=now)
        .order_by("asked_at")[:most]
    )
    made, rows = [], []
    for one in asked:
        code = codes.text_code()
        rows.append({"id": one.id, "made_at": now, "code_hash": _hash(one.id, code)})
        if one.account_id and one.expires_at > now:
            made.append(Wanted(one.id, one.account_id, one.way, code, one.expires_at, _new_email(one)))
    setwise.update("people_sign_in_code", ["id"], ["made_at", "code_hash"], rows)
    return made


def _new_email(one: SignInCode) -> NewEmail | None:
    if one.new_email is None:
        return None
    value = crypto.unseal("people_account.email", one.account_id, bytes(one.new_email))
    hashes = (bytes(one.new_email_hash or b""), bytes(one.left_hash or b""))
    return NewEmail(value, *hashes, one.left_is_safe, one.language)


def forget(now: datetime) -> int:
    """Delete what has long run out; says how many (worker)."""
    return int(SignInCode.objects.filter(expires_at__lt=now - KEPT).delete()[0])


def _hash(name: UUID, code: str) -> bytes:
    return crypto.blind("sign-in-code", f"{name}:{codes.plain(code)}")
