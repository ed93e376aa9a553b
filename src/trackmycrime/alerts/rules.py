"""Whether, when and by which channel one victim is told. Pure: no Django, no clock.

In this order: nobody is told who has no part in the crime any more; no machine reaches somebody who asked for no
portal, or for disguise where none is sure, for whom nothing is safe, or who was never invited by one; then the first
channel that is safe and leads to a known address: the one that the victim chose here, else the one they prefer, else
email, else text; then the first moment that is in their safe hours, and before joining not within a day of the last
time. What else puts it off is in `hours`.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, time, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

from trackmycrime.people.safe_hours import SafeHours

if TYPE_CHECKING:
    from trackmycrime.people.models import Victim
    from trackmycrime.people.reaching import Known

MACHINE = ("email", "text", "push")
"""The channels that are built, in the order in which they are taken when nobody said a preference."""
PERSON = frozenset({"letter", "phone", "in_person"})
"""The channels that are a task for a person."""
BEFORE_JOINING = timedelta(days=1)
"""Who has not joined is not told oftener than this."""


CHOSEN, WANTED, USUAL, NAMED = "chosen", "preferred", "usual", "named"
"""Why an alert goes by its channel: the victim chose it here; they prefer it; it is the first that is safe and known;
somebody else named it, as for an invitation."""


class Contact(NamedTuple):
    """What is known of reaching one victim. Addresses are here by their hashes only."""

    live: bool = True
    addresses: Mapping[str, bytes] = MappingProxyType({})
    """Channel → hash of the address on file, for those that have one"""
    blocked: frozenset[bytes] = frozenset()
    """Hashes of addresses whose holder said «not for me», and of those that were lost: they bounced, or their holder
    wants no more"""
    chosen: str = ""
    preferred: str = ""
    safe_channels: frozenset[str] | None = None
    """None: all; empty: no contact by machine at all"""
    safe_from: time | None = None
    safe_to: time | None = None
    disguise: bool = False
    no_portal: bool = False
    joined: bool = False
    invited: bool = False
    """Whether a machine has sent the invitation; says nothing of who has joined"""
    enhanced: bool = False
    """Whether the Code's shorter times hold"""
    pace: str = ""
    """How soon they want to be told (`hours`); empty where they have not chosen"""

    def __repr__(self) -> str:
        return "<what is known of reaching one victim>"


def contact_of(
    victim: "Victim | Known",
    *,
    joined: bool,
    invited: bool,
    lost: Iterable[bytes] = (),
    phone: bytes | None = None,
) -> Contact:
    """What the rules need to know of this victim; `joined` and `invited` as in `Contact`. `lost` are the addresses that
    are not used any more; `phone` is the hash of the browser that is told next, where push is allowed
    (`people.devices`)."""
    hashes = {"email": victim.email_hash, "text": victim.mobile_hash, "push": phone}
    return Contact(
        live=victim.live,
        addresses={channel: bytes(found) for channel, found in hashes.items() if found},
        blocked=frozenset(bytes(one) for one in (*victim.blocked_hashes, *lost)),
        chosen=victim.chosen_channel,
        preferred=victim.preferred_channel,
        safe_channels=None if victim.safe_channels is None else frozenset(victim.safe_channels),
        safe_from=victim.safe_from,
        safe_to=victim.safe_to,
        disguise=victim.disguise,
        no_portal=victim.no_portal,
        joined=joined,
        invited=invited,
        enhanced=bool(victim.enhanced or victim.under_age),
        pace=victim.chosen_pace,
    )


class Decision(NamedTuple):
    """``machine``: by `channel` at `at`; ``person``: a task for an officer; ``nothing``. `reason` is a word for why,
    or by a machine for what puts it off; empty where nothing does."""

    how: Literal["machine", "person", "nothing"]
    channel: str = ""
    at: datetime | None = None
    reason: str = ""
    why: str = ""
    """Why by this channel: one of the four above"""


def decide(
    contact: Contact,
    *,
    now: datetime,
    last: datetime | None = None,
    set_up: frozenset[str] = frozenset(MACHINE),
    tried: frozenset[str] = frozenset(),
    neutral: frozenset[str] = frozenset(),
) -> Decision:
    """How to tell this victim that there is something new.

    `last` is when they were last told or invited; `set_up` names the channels that have a provider: one that was
    chosen or preferred is kept without one (the alert waits), otherwise one that has a provider comes first. `tried`
    names the channels that have failed for this very alert, `neutral` those that can hide who writes.
    """
    if not contact.live:
        return Decision("nothing", reason="not live")
    if reason := no_machine(contact, neutral):
        return Decision("person", reason=reason)
    if not contact.joined and not contact.invited:
        return Decision("person", reason="not invited")
    usual = sorted(MACHINE, key=lambda name: name not in set_up)
    for channel in (contact.chosen, contact.preferred, *usual):
        if channel in tried or not is_safe(contact, channel):
            continue
        if channel in PERSON:
            return Decision("person", channel, reason=f"prefers {channel}")
        if contact.disguise and channel not in neutral:
            continue
        if channel in MACHINE and reachable(contact, channel):
            at = now
            if last is not None and not contact.joined:
                at = max(now, last + BEFORE_JOINING)
            why = CHOSEN if channel == contact.chosen else WANTED if channel == contact.preferred else USUAL
            return _by_machine(contact, channel, now, at, why)
    return Decision("person", reason="no other way" if tried else "no safe way")


def allow(
    contact: Contact, channel: str, *, now: datetime, neutral: frozenset[str] = frozenset()
) -> Decision:
    """Whether and when this channel, chosen by somebody else (an invitation, a code), may be used for this victim.

    `neutral` names the channels by which it would go out in disguise; what invites never does.
    """
    if not contact.live:
        return Decision("nothing", reason="not live")
    if reason := no_machine(contact, neutral):
        return Decision("person", reason=reason)
    if contact.disguise and channel not in neutral:
        return Decision("person", reason="disguise")
    if channel not in MACHINE or not is_safe(contact, channel) or not reachable(contact, channel):
        return Decision("person", reason="no safe way")
    return _by_machine(contact, channel, now, now, NAMED)


def _by_machine(contact: Contact, channel: str, now: datetime, at: datetime, why: str) -> Decision:
    safe = next_safe(contact, at)
    late = "" if safe == now else "before joining" if safe == at else "safe hours"
    return Decision("machine", channel, safe, late, why)


def no_machine(contact: Contact, neutral: frozenset[str] = frozenset()) -> str:
    """Why no machine may reach this victim by any channel; empty when one may. Missing data closes.

    In disguise one may where somebody named channels as safe, one of these can hide who writes, and there is an account
    to speak of: that is for alerts, and never for what invites, which says who writes.
    """
    if contact.disguise and not (
        contact.joined and contact.safe_channels and contact.safe_channels & neutral
    ):
        return "disguise"
    if contact.no_portal:
        return "no portal"
    if contact.safe_channels is not None and not contact.safe_channels:
        return "no safe channel"
    if (contact.safe_from is None) != (contact.safe_to is None):
        return "safe hours unclear"
    if contact.safe_from is not None and contact.safe_from == contact.safe_to:
        return "safe hours unclear"
    return ""


def is_safe(contact: Contact, channel: str) -> bool:
    """Whether that channel is one that may be used at all."""
    return contact.safe_channels is None or channel in contact.safe_channels


def reachable(contact: Contact, channel: str) -> bool:
    """Whether there is an address on that channel that may be used."""
    address = contact.addresses.get(channel)
    return address is not None and address not in contact.blocked


def next_safe(contact: Contact, at: datetime) -> datetime:
    """The first moment from `at` on in which this victim may be reached."""
    if contact.safe_from is None or contact.safe_to is None:
        return at
    return SafeHours(contact.safe_from, contact.safe_to).next(at)
