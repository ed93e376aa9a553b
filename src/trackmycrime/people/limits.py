"""How often anything that guards a secret may be tried. Counted in PostgreSQL, before anything costly is done."""

import ipaddress
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest

from trackmycrime.kernel.limits import Limit, clear, first_over, hit, seen

from . import known, turns
from .turns import Busy as Busy
from .turns import TooManyTries as TooManyTries

QUARTER, DAY = timedelta(minutes=15), timedelta(days=1)

# Trying passwords. A browser with which the account has been used has tries of its own, whatever others do and from
# wherever it comes. Everybody else shares those of their address, its network and the account. One address alone never
# uses up an account's tries (a day's PAIR is less than ACCOUNT); when many have, an address from which the account has
# been used is not held up, and any other still has its FIRST few: nobody can lock anybody out from elsewhere.
NETWORK = Limit("sign-in-network", 1000, QUARTER)
ADDRESS = Limit("sign-in-address", 100, QUARTER)
PAIR = Limit("sign-in-pair", 10, QUARTER)
PAIR_DAY = Limit("sign-in-pair-day", 40, DAY)
ACCOUNT = Limit("sign-in-account", 60, timedelta(hours=4))
FIRST = Limit("sign-in-first", 2, DAY)
KNOWN = Limit("sign-in-known", 0, timedelta(days=180))
# Two people may share an email address, and with it what is counted for it: getting in gives back that one try and no
# other, and makes only so many new browsers and addresses known, or one of them could guess at the other for ever.
KNOWING = Limit("sign-in-knowing", 10, DAY)

# What is asked besides the password is guessed at only by who has that, and counted as passwords are; six digits are
# few, so all strangers together have a day's tries. A passkey cannot be guessed; its look-ups are counted.
SECOND_DAY = Limit("second-step-day", 60, DAY)
SHOWING = Limit("passkey-showing", 60, QUARTER)
# Codes for signing in, to be sent and to be typed: five tries each, so some dozens of guesses a day for one account.
# As with passwords a known browser has its own, and no single address uses up those of all strangers together.
CODES_HERE = Limit("sign-in-codes-here", 20, timedelta(hours=1))
CODES = Limit("sign-in-codes", 5, timedelta(hours=1))
CODES_PAIR_DAY = Limit("sign-in-codes-pair-day", 6, DAY)
CODES_DAY = Limit("sign-in-codes-day", 15, DAY)
CODES_TYPED = Limit("sign-in-codes-typed", 60, QUARTER)
# A new password that somebody else on the email has is refused, so that form may not be a way to guess at it.
CHANGING = Limit("password-changing", 5, DAY)

# Joining.
OPENING = Limit("invitation-opening", 60, QUARTER)
TYPING = Limit("invitation-typing", 20, timedelta(hours=1))
PROVING = Limit("invitation-proving", 40, QUARTER)
WANTING = Limit("invitation-wanting", 20, timedelta(hours=1))
NAMING = Limit("invitation-naming", 10, timedelta(hours=1))
TAKEN = Limit("invitation-taken", 3, DAY)

SETUP = Limit("staff-setup", 30, QUARTER)


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


def network_of(address: str) -> str:
    """The network that an address (of `address_of`) is in: /24, of IPv6 the /48, for that is what one customer gets."""
    try:
        host = ipaddress.ip_network(address)
    except ValueError:
        return "unknown"
    return str(host.supernet(new_prefix=24 if host.version == 4 else 48))


def customer_of(address: str) -> str:
    """The address (of `address_of`), or of IPv6 the /48: where one person alone may have as many as they like."""
    return network_of(address) if ":" in address else address


class Tries:
    """Tries of the password of one email address at one door, by one browser at one network address."""

    def __init__(
        self,
        door: str,
        email: str,
        address: str,
        browser: str = "",
        *,
        keep: Callable[[], None] = lambda: None,
    ) -> None:
        self._keep = keep
        account = f"{door} {quote(email.strip().casefold())}"
        self.account, self.address, self.network = (
            account,
            f"{door} {address}",
            f"{door} {network_of(address)}",
        )
        self.here = f"{account} {address}"
        self.first = f"{account} {customer_of(address)}"
        self.browser = f"{account} browser {browser}" if browser else ""
        self._counted: list[tuple[Limit, str]] = []

    def count(self, *, now: datetime) -> None:
        """Count one, before the password is looked at. Raises TooManyTries."""
        own = bool(self.browser and seen(KNOWN, self.browser, now=now))
        who = self.browser if own else self.here
        asked = [(PAIR, who), (PAIR_DAY, who)]
        if not own:
            asked = [(NETWORK, self.network), (ADDRESS, self.address), *asked]
        self._counted = asked
        if not own and not seen(KNOWN, self.here, now=now):
            asked = [*asked, (ACCOUNT, self.account)]
        over = first_over(asked, now=now)
        if over and not (over == ACCOUNT and hit(FIRST, self.first, now=now)):
            raise TooManyTries(over)

    def is_known(self, *, now: datetime) -> bool:
        """Whether the account has been used with this browser, or from this address."""
        return any(seen(KNOWN, who, now=now) for who in (self.browser, self.here) if who)

    def forgive(self, *, now: datetime) -> None:
        """The password was right: the try that was counted last costs nobody anything. Remember browser and address."""
        for limit, who in self._counted:
            hit(limit, who, now=now, weight=-1)
        self._counted = []
        self.remember(now=now)

    def remember(self, *, now: datetime) -> None:
        """The account is used in this browser and from this address: both have tries of their own from now on."""
        for who in filter(None, (self.here, self.browser)):
            if seen(KNOWN, who, now=now) or hit(KNOWING, self.account, now=now):
                clear(KNOWN, who)
                hit(KNOWN, who, now=now)
        self._keep()


def is_known(door: str, email: str, browser: str, *, now: datetime) -> bool:
    """Whether the account of that email was used with that browser (`known.shown`)."""
    tries = Tries(door, email, "", browser)
    return bool(tries.browser and seen(KNOWN, tries.browser, now=now))


def tries(request: HttpRequest, door: str, email: str) -> Tries:
    """The tries of that email by this request's browser, from its address."""
    return Tries(door, email, address_of(request), known.shown(request), keep=lambda: known.keep(request))


@contextmanager
def trying(request: HttpRequest, door: str, email: str, *, now: datetime) -> Iterator[Tries]:
    """One try of a password by this request: counted, in its turn. Call `forgive` on it when it was right.

    Raises Busy and TooManyTries, before anything is hashed.
    """
    this = tries(request, door, email)
    with turns.one():
        try:
            this.count(now=now)
        except TooManyTries:
            time.sleep(turns.PAUSE)
            raise
        yield this


def before_password(door: str, email: str, address: str, *, now: datetime, browser: str = "") -> None:
    """Count a try to sign in, before the password is looked at. Raises TooManyTries."""
    Tries(door, email, address, browser).count(now=now)


def beyond_password(account: UUID) -> str:
    """Under which name it is counted what is shown of an account besides its password: who knows that is no more known
    for it than anybody else."""
    return f"second step of {account}"


def second_tries(request: HttpRequest, door: str, account: UUID) -> Tries:
    """The tries, by this request's browser, of what is shown besides the password."""
    return tries(request, door, beyond_password(account))


def second_step(request: HttpRequest, door: str, account: UUID, *, now: datetime) -> Tries:
    """One try at an app's or a recovery code, counted. Call `forgive` on it when it was right. Raises TooManyTries."""
    this = second_tries(request, door, account)
    this.count(now=now)
    if not this.is_known(now=now):
        count(SECOND_DAY, this.account, now=now)
    return this
