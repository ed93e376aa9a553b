"""What a browser has shown so far of who somebody is: noted in its session, sealed, for minutes.

Half of it (`Half`) lets nobody in; it is bound to the password that the account had, so a new one ends it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from .enough import FRESH, HALF_LIFE, How

_HALF, _SIGNED = "half", "signed"


@dataclass(frozen=True)
class Half:
    """Whose account, what was shown of it, and when the first of it was."""

    account_id: UUID
    hows: frozenset[How]
    at: datetime


def half(request: HttpRequest, *, now: datetime) -> Half | None:
    """What this browser has shown that was not enough yet; None when that is longer ago than HALF_LIFE."""
    found = _read(request.session.get(_HALF))
    return found if found and found.at <= now < found.at + HALF_LIFE else None


def note(request: HttpRequest, account_id: UUID, stamp: str, how: How, *, now: datetime) -> frozenset[How]:
    """Add `how` to what this browser has shown of the account; returns all of it.

    `stamp` is the account's `get_session_auth_hash`. What was shown of another account, or before a change of
    password, is forgotten. The session gets a new key.
    """
    before = half(request, now=now)
    same = before is not None and before.account_id == account_id and request.session[_HALF]["stamp"] == stamp
    hows, began = (before.hows, before.at) if before and same else (frozenset(), now)
    hows |= {how}
    request.session[_HALF] = {
        "account": str(account_id),
        "hows": sorted(hows),
        "at": began.isoformat(),
        "stamp": stamp,
    }
    request.session.cycle_key()
    return hows


def forget(request: HttpRequest) -> None:
    """Forget what was shown and was not enough."""
    request.session.pop(_HALF, None)


def signed(request: HttpRequest) -> frozenset[How]:
    """What the person who is signed in has shown, last at their sign-in or when they confirmed it."""
    return frozenset(How(each) for each in request.session.get(_SIGNED, {}).get("hows", ()))


def sign(request: HttpRequest, hows: frozenset[How], *, now: datetime) -> None:
    """Write down that this was shown now, and was enough."""
    request.session[_SIGNED] = {"hows": sorted(hows), "at": now.isoformat()}


def fresh(request: HttpRequest, *, now: datetime) -> bool:
    """Whether the person in this browser signed in, or confirmed it, within FRESH."""
    at = request.session.get(_SIGNED, {}).get("at")
    return at is not None and datetime.fromisoformat(at) <= now < datetime.fromisoformat(at) + FRESH


def _read(kept: Any) -> Half | None:
    if not kept:
        return None
    hows = frozenset(How(each) for each in kept["hows"])
    return Half(UUID(kept["account"]), hows, datetime.fromisoformat(kept["at"]))
