"""The portal's side of a look without an account: asking, and typing the code. It never learns what there is."""

import re
import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import phonenumbers
from django.db import connection, transaction

from trackmycrime.audit import api as audit
from trackmycrime.kernel import bell, crypto
from trackmycrime.kernel.limits import Limit, first_over, hit, seen
from trackmycrime.people import codes, limits

from .models import Look

BELL = "looks"
"""Rung when somebody has asked; `publish.looks.codes_wanted` makes the codes."""
CODE_LIFE = timedelta(minutes=10)

ASKING = Limit("look-asking", 20, timedelta(hours=1))
"""For each network address, as `PROVING`"""
PROVING = Limit("look-proving", 40, limits.QUARTER)
FROM_HERE = Limit("look-from-here", 3, limits.QUARTER)
"""For what was typed, from one address; so no single address uses up the day's `OF_ONE`"""
FROM_HERE_DAY = Limit("look-from-here-day", 6, limits.DAY)
OF_ONE = Limit("look-of-one", 12, limits.DAY)
"""For what was typed, from addresses that never had the right code. It spares a mailbox and makes guesses few."""
KNOWN = Limit("look-known", 0, timedelta(days=90))


def read_contact(typed: str) -> tuple[str, str] | None:
    """What was typed as a contact: (``email``, address) or (``text``, number in E.164); None when it is neither."""
    text = typed.strip()
    if "@" in text:
        return ("email", text) if re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", text) else None
    try:
        number = phonenumbers.parse(text, "GB")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return "text", phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@dataclass(frozen=True)
class Asked:
    """What a browser holds of the look that it has asked for. `target` is a keyed hash of what was typed."""

    ticket: str
    target: str
    proved: bool = False

    def kept(self) -> dict[str, Any]:
        """As the session keeps it."""
        return {"ticket": self.ticket, "target": self.target, "proved": self.proved}


def read(kept: Any) -> Asked | None:
    """What `Asked.kept` gave, or None."""
    return Asked(kept["ticket"], kept["target"], kept["proved"]) if kept else None


def ask(reference: str, contact: tuple[str, str], address: str, *, now: datetime) -> Asked:
    """Ask for a code. The same is done whatever was typed. Raises TooManyTries.

    `address` is the network address that asks.
    """
    channel, to = contact
    found = crypto.blind_email(to) if channel == "email" else crypto.blind("mobile", to)
    plain = " ".join(reference.split())
    target = crypto.blind("look-target", f"{plain.casefold()} {found.hex()}").hex()
    _count(target, address, now)
    asked = Asked(secrets.token_urlsafe(32), target)
    with transaction.atomic():
        Look.objects.create(
            ticket_hash=ticket_hash(asked.ticket),
            reference=plain,
            channel=channel,
            address_hash=found,
            asked_at=now,
            expires_at=now + CODE_LIFE,
        )
        bell.ring(BELL)
    return asked


def prove(asked: Asked, typed: str, address: str, *, now: datetime) -> Asked | None:
    """Check the code; returns what the browser holds from now on, None when it is not right. Raises TooManyTries."""
    limits.count(PROVING, address, now=now)
    held = ticket_hash(asked.ticket)
    proved = replace(asked, ticket=secrets.token_urlsafe(32), proved=True)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "select force_id, victim_id from people_look_prove(%s, %s, %s, %s)",
                [held, code_hash(held, typed), ticket_hash(proved.ticket), now],
            )
            row = cursor.fetchone()
        if row is None:
            return None
        act = audit.Act("looked_without_account", "victim", str(row[1]))
        audit.record(audit.SYSTEM, [act], force=row[0], now=now)
    hit(KNOWN, f"{asked.target} {address}", now=now)
    return proved


def end(asked: Asked, *, now: datetime) -> None:
    """End a look."""
    with connection.cursor() as cursor:
        cursor.execute("select people_look_end(%s, %s)", [ticket_hash(asked.ticket), now])


def code_hash(ticket: bytes, code: str) -> bytes:
    """The code of just the look that has this hash of a ticket."""
    return crypto.blind("look-code", f"{ticket.hex()}:{codes.plain(code)}")


def ticket_hash(ticket: str) -> bytes:
    """By which a look is found."""
    return crypto.blind("look-ticket", ticket)


def _count(target: str, address: str, now: datetime) -> None:
    here = f"{target} {address}"
    tries = [(ASKING, address), (FROM_HERE, here), (FROM_HERE_DAY, here)]
    if not seen(KNOWN, here, now=now):
        tries.append((OF_ONE, target))
    if over := first_over(tries, now=now):
        raise limits.TooManyTries(over)
