"""How often anything that guards a secret may be tried. Counted in PostgreSQL, before anything costly is done."""

import ipaddress
from datetime import datetime, timedelta
from urllib.parse import quote

from django.conf import settings
from django.http import HttpRequest

from trackmycrime.kernel.limits import Limit, clear, hit

QUARTER, DAY = timedelta(minutes=15), timedelta(days=1)

# Signing in. One network address alone can never use up an account's own limit (a day's PAIR is less than ACCOUNT),
# and an address from which the account has been used is not held up by it: nobody is locked out by a stranger.
ADDRESS = Limit("sign-in-address", 100, QUARTER)
PAIR = Limit("sign-in-pair", 10, QUARTER)
PAIR_DAY = Limit("sign-in-pair-day", 40, DAY)
ACCOUNT = Limit("sign-in-account", 60, timedelta(hours=4))
KNOWN = Limit("sign-in-known", 0, timedelta(days=30))

# Joining.
OPENING = Limit("invitation-opening", 60, QUARTER)
TYPING = Limit("invitation-typing", 20, timedelta(hours=1))
PROVING = Limit("invitation-proving", 40, QUARTER)
WANTING = Limit("invitation-wanting", 20, timedelta(hours=1))
NAMING = Limit("invitation-naming", 10, timedelta(hours=1))
TAKEN = Limit("invitation-taken", 3, DAY)

SETUP = Limit("staff-setup", 30, QUARTER)


class TooManyTries(Exception):
    """The limit is reached; `minutes` is for how long at most."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(limit.name)
        self.minutes = int(limit.window.total_seconds()) // 60


def count(limit: Limit, who: str, *, now: datetime) -> None:
    """Count one try. Raises TooManyTries when it is one too many."""
    if not hit(limit, who, now=now):
        raise TooManyTries(limit)


def address_of(request: HttpRequest) -> str:
    """The network address that a request comes from; of IPv6 the /64, for that is what one household has.

    Behind proxies of our own (``TMC_TRUSTED_PROXIES`` of them) it is what the outermost of these saw, never what
    the caller wrote into the header.
    """
    found = str(request.META.get("REMOTE_ADDR", ""))
    proxies = int(getattr(settings, "TMC_TRUSTED_PROXIES", 0))
    if proxies:
        hops = [
            hop.strip() for hop in str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",") if hop.strip()
        ]
        found = hops[-proxies] if len(hops) >= proxies else found
    try:
        address = ipaddress.ip_address(found)
    except ValueError:
        return "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address) >> 64 << 64, 64)))
    return str(address)


def before_password(door: str, email: str, address: str, *, now: datetime) -> None:
    """Count a try to sign in, before the password is looked at. Raises TooManyTries."""
    account, pair = _names(door, email, address)
    count(ADDRESS, f"{door} {address}", now=now)
    count(PAIR, pair, now=now)
    count(PAIR_DAY, pair, now=now)
    if hit(KNOWN, pair, now=now, weight=0):
        count(ACCOUNT, account, now=now)


def after_password(door: str, email: str, address: str, *, now: datetime) -> None:
    """Remember that this account is used from this address, and forget its failed tries from there."""
    _, pair = _names(door, email, address)
    clear(PAIR, pair)
    clear(PAIR_DAY, pair)
    hit(KNOWN, pair, now=now)


def _names(door: str, email: str, address: str) -> tuple[str, str]:
    account = f"{door} {quote(email.strip().casefold())}"
    return account, f"{account} {address}"
