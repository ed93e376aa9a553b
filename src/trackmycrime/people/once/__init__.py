"""Codes that are sent to somebody who signs in: six digits, ten minutes, five tries, used once.

The portal asks and proves; a worker makes the code and sends it, where that is safe for everybody whose case the
account opens (`alerts.sign_in_codes`). The portal never learns whether there was anybody to send one to.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import connection, transaction

from trackmycrime.kernel import bell, crypto, scope, setwise
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
        who = f"{who} {browser}"
    for limit in (limits.CODES, limits.CODES_DAY):
        limits.count(limit, who, now=now)
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


@dataclass(frozen=True)
class Wanted:
    """A code to send; plain here and nowhere else."""

    id: UUID
    account_id: UUID
    way: str
    code: str
    expires_at: datetime


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
            made.append(Wanted(one.id, one.account_id, one.way, code, one.expires_at))
    setwise.update("people_sign_in_code", ["id"], ["made_at", "code_hash"], rows)
    return made


def forget(now: datetime) -> int:
    """Delete what has long run out; says how many (worker)."""
    return int(SignInCode.objects.filter(expires_at__lt=now - KEPT).delete()[0])


def _hash(name: UUID, code: str) -> bytes:
    return crypto.blind("sign-in-code", f"{name}:{codes.plain(code)}")
