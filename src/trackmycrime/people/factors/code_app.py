"""The app that shows codes (TOTP, RFC 6238: six digits, half a minute, SHA-1, which is what all apps can)."""

import hmac
from datetime import datetime
from uuid import UUID

import pyotp
import segno
from django.db import IntegrityError, transaction

from .models import CodeApp
from .owner import owned

STEP = 30
TOLERANCE = 1
"""How many half minutes a phone's clock may be off, either way."""


class HasOne(Exception):
    """The account has an app already: it is removed first."""


def new_secret() -> str:
    """A secret of 160 bits, in base32. It is kept with the account once the app has shown a right code."""
    return pyotp.random_base32()


def address(secret: str, called: str) -> str:
    """What the QR code says (``otpauth://``): the secret, and under which names an app lists it."""
    return pyotp.TOTP(secret).provisioning_uri(name=called, issuer_name="TrackMyCrime")


def picture(secret: str, called: str) -> str:
    """The QR code as the address of an image (``data:``), dark on light with its quiet zone."""
    return segno.make_qr(address(secret, called), error="m").svg_data_uri(scale=5, border=4, light="#fff")


def spelled(secret: str) -> str:
    """The secret for typing: in groups of four."""
    return " ".join(secret[n : n + 4] for n in range(0, len(secret), 4))


def has(door: str, account: UUID) -> bool:
    """Whether the account has an app."""
    with owned(door, account):
        return CodeApp.objects.filter(account_id=account).exists()


def add(door: str, account: UUID, secret: str, code: str, *, now: datetime) -> bool:
    """Keep the app, once it shows a right code; False for a wrong one. Raises HasOne."""
    step = _step(secret, code, now)
    if step is None:
        return False
    with owned(door, account) as owner:
        app = CodeApp(account_id=account, secret=secret, last_step=step, created_at=now)
        try:
            with transaction.atomic():
                app.save(force_insert=True)
        except IntegrityError as error:
            if "account" in str(error):
                raise HasOne from None
            raise
        owner.settle(added="app")
        owner.record("code_app_added", now=now)
    return True


def remove(door: str, account: UUID, *, now: datetime) -> bool:
    """Take the app away: its codes open nothing from now on. False when there is none.

    Raises LastOne for an officer's last factor.
    """
    with owned(door, account) as owner:
        if not CodeApp.objects.filter(account_id=account).delete()[0]:
            return False
        owner.settle()
        owner.record("code_app_removed", now=now)
    return True


def right(door: str, account: UUID, code: str, *, now: datetime) -> bool:
    """Whether this is a code of the account's app that has not been used, nor one after it; it is used by that."""
    with owned(door, account):
        app = CodeApp.objects.filter(account_id=account).first()
        step = app and _step(app.secret, code, now)
        if app is None or step is None:
            return False
        newer = CodeApp.objects.filter(pk=app.pk, last_step__lt=step)
        return bool(newer.update(last_step=step, used_at=now))


def code_at(secret: str, now: datetime) -> str:
    """The code that an app with this secret shows at a moment."""
    return pyotp.TOTP(secret).at(now)


def _step(secret: str, code: str, now: datetime) -> int | None:
    """The half minute of which this is the code, within the tolerance."""
    typed = "".join(sign for sign in code if sign.isascii() and sign.isdigit())
    at, found = int(now.timestamp()) // STEP, None
    app = pyotp.TOTP(secret)
    for step in range(at - TOLERANCE, at + TOLERANCE + 1):
        if hmac.compare_digest(app.generate_otp(step), typed):
            found = step
    return found
