"""What a passkey signs: random, ours, for one purpose of one person at one door, at most fifteen minutes old, once.

Nothing is kept until one comes back: that it is ours is seen by its seal, and that it comes for the first time by the
limits' counters, which hold across processes. So a page that offers a passkey costs the database nothing.
"""

import hmac
import os
from datetime import datetime, timedelta

from trackmycrime.kernel import crypto
from trackmycrime.kernel.limits import Limit, hit

LIFE = timedelta(minutes=15)
_ONCE = Limit("passkey-challenge", 1, 2 * LIFE)
_RANDOM, _TIME = 16, 8


def issue(purpose: str, door: str, subject: str = "", *, now: datetime) -> bytes:
    """A new challenge. `subject` is the account that is to answer it; empty where that is not known yet."""
    body = os.urandom(_RANDOM) + int(now.timestamp()).to_bytes(_TIME, "big")
    return body + _seal(purpose, door, subject, body)


def spend(challenge: bytes, purpose: str, door: str, subject: str = "", *, now: datetime) -> bool:
    """Whether it is one of these and comes for the first time; it never will be again."""
    body, seal = challenge[: _RANDOM + _TIME], challenge[_RANDOM + _TIME :]
    if not hmac.compare_digest(seal, _seal(purpose, door, subject, body)):
        return False
    age = now.timestamp() - int.from_bytes(body[_RANDOM:], "big")
    # another machine's clock may be a little ahead
    return -60 <= age <= LIFE.total_seconds() and hit(_ONCE, challenge.hex(), now=now)


def _seal(purpose: str, door: str, subject: str, body: bytes) -> bytes:
    return crypto.blind("passkey-challenge", f"{purpose}:{door}:{subject}:{body.hex()}")
