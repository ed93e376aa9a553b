"""What a browser keeps while its person is at the provider: what we asked for, and where they go then."""

import secrets
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.http import HttpRequest

from trackmycrime.kernel.limits import Limit, hit
from trackmycrime.people import limits

KEPT = "going"
LIFE = timedelta(minutes=10)
MOST = 5
"""How many may be on their way at once, in several tabs; the oldest is forgotten"""
GOING = Limit("provider-going", 300, limits.QUARTER)
"""From one address, and not come back: a whole force may sit behind one"""


@dataclass(frozen=True)
class Going:
    """One way to a provider and back."""

    provider: str
    """The force's slug, or the name of a provider for victims"""
    purpose: str
    nonce: str
    verifier: str
    next: str
    at: str

    @property
    def began(self) -> datetime:
        return datetime.fromisoformat(self.at)


def begin(
    request: HttpRequest, provider: str, purpose: str, onward: str, *, now: datetime
) -> tuple[str, Going]:
    """Begin one, and give its state. Raises limits.TooManyTries."""
    limits.count(GOING, limits.address_of(request), now=now)
    going = Going(
        provider, purpose, secrets.token_urlsafe(24), secrets.token_urlsafe(48), onward, now.isoformat()
    )
    state = secrets.token_urlsafe(24)
    kept = dict(list(request.session.get(KEPT, {}).items())[-(MOST - 1) :])
    request.session[KEPT] = kept | {state: asdict(going)}
    return state, going


def back(request: HttpRequest, *, now: datetime) -> Going | None:
    """The one whose state came back to this very browser; each comes back once, and within minutes."""
    kept = dict(request.session.get(KEPT, {}))
    found = kept.pop(request.GET.get("state", ""), None)
    if found is None:
        return None
    request.session[KEPT] = kept
    going = Going(**found)
    return going if now - going.began <= LIFE else None


def arrived(request: HttpRequest, *, now: datetime) -> None:
    """The provider has said who came back: that costs the others behind the same address nothing."""
    hit(GOING, limits.address_of(request), now=now, weight=-1)
