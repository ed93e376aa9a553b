"""What providers post to us, in the form in which a door hands it on and gets it read, and what is the same in all of
their forms. Pure.

Of what people write back nothing is kept: it is counted, and whether it was «stop».
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from .letters import Receipt

_STOP = frozenset({"stop", "stopall", "unsubscribe", "atal", "stopiwch"})
_STOP_ALONE = _STOP | {"cancel", "end", "quit", "stopio"}
_WORD = re.compile(r"[^\W\d_]+")
_ABROAD = re.compile(r"\+?([1-9][0-9]{6,14})")
_AT_HOME = re.compile(r"0([1-9][0-9]{8,9})")


class CannotBeRead(ValueError):
    """Not of the form that this provider has published. The text names no value of what was posted."""


@dataclass(frozen=True)
class Posted:
    """One request of a provider."""

    url: str
    """The address as the provider knows it, with its query: signatures are of it"""
    headers: Mapping[str, str]
    """With names in small letters"""
    body: bytes = b""

    def __repr__(self) -> str:
        return f"<posted, {len(self.body)} bytes>"

    @property
    def bearer(self) -> str:
        """The bearer token that came along; empty where there is none."""
        return bearer(self.headers.get("authorization", ""))


@dataclass(frozen=True)
class Told:
    """What it says: receipts of letters, and what people wrote back."""

    receipts: tuple[Receipt, ...] = ()
    stops: tuple[str, ...] = ()
    """The numbers (E.164) of those who wrote «stop»"""
    replies: tuple[str, ...] = ()
    """The numbers of those who wrote anything else; each as often as they did"""

    def __repr__(self) -> str:
        return f"<told: {len(self.receipts)} receipts, {len(self.stops)} stops, {len(self.replies)} replies>"


def bearer(authorization: str) -> str:
    """The token in a header ``Bearer TOKEN``; empty where there is none."""
    scheme, _, said = authorization.partition(" ")
    return said.strip() if scheme.lower() == "bearer" else ""


def is_secret(said: str, secret: str) -> bool:
    """Whether what was said is the secret, compared in constant time. Where there is none, nothing is."""
    return bool(secret) and hmac.compare_digest(said.encode("utf-8", "replace"), secret.encode())


def uuid(said: object) -> UUID | None:
    """The UUID that was said, as a provider gives back our letter's id; None for what is none."""
    try:
        return UUID(str(said))
    except ValueError:
        return None


def moment(said: object, *, now: datetime) -> datetime:
    """The moment that was said in ISO 8601, of UTC where it names no zone; `now` for what is none."""
    try:
        found = datetime.fromisoformat(str(said))
    except ValueError:
        return now
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def is_stop(text: str) -> bool:
    """Whether a text that somebody sent back says «no more», in English or Welsh: by a word alone, or with a please."""
    words = [word.lower() for word in _WORD.findall(text)]
    if len(words) == 1:
        return words[0] in _STOP_ALONE
    return bool(words) and words[0] in _STOP and len(words) <= 3


def number(text: str) -> str:
    """The number as we know it, E.164; empty for what is none (a name, a short code)."""
    if found := _AT_HOME.fullmatch(text):
        return f"+44{found[1]}"
    found = _ABROAD.fullmatch(text)
    return f"+{found[1]}" if found else ""
