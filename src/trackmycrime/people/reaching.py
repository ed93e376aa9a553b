"""Whether a machine may invite a person, and by which way. Pure: no Django, no clock.

Silence never loosens: what is not known to be safe in a protected case is not used at all (DESIGN section 5).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import NamedTuple
from uuid import UUID

from .safe_hours import SafeHours


class Known(NamedTuple):
    """What is stored of one victim about reaching them, under the names of its columns: for who reads many at once."""

    id: UUID
    force_id: int
    crime_id: UUID
    live: bool
    under_age: bool
    account_id: UUID | None
    joined_at: datetime | None
    invited_at: datetime | None
    email: bytes | None
    """Sealed, as `mobile`"""
    email_hash: bytes | None
    mobile: bytes | None
    mobile_hash: bytes | None
    language: str
    chosen_language: str
    preferred_channel: str
    chosen_channel: str
    safe_known: bool
    safe_channels: Sequence[str] | None
    safe_from: time | None
    safe_to: time | None
    disguise: bool
    no_portal: bool
    blocked_hashes: Sequence[bytes]
    enhanced: bool | None
    chosen_pace: str

    def __repr__(self) -> str:
        return f"<victim {self.id}>"


@dataclass(frozen=True)
class Contact:
    """What is known of reaching one victim. Addresses are compared by their keyed hashes."""

    email: bytes | None = None
    mobile: bytes | None = None
    safe_known: bool = False
    safe_channels: frozenset[str] | None = None
    """None: all that are known; empty: no machine contact at all."""
    safe_from: time | None = None
    safe_to: time | None = None
    disguise: bool = False
    no_portal: bool = False
    blocked: frozenset[bytes] = field(default_factory=frozenset)
    """Addresses whose holder said «not for me»."""

    def address(self, channel: str) -> bytes | None:
        """The address of ``email`` or ``text`` if that channel may be used for this person, else None."""
        found = self.email if channel == "email" else self.mobile
        if found is None or found in self.blocked:
            return None
        return found if self.safe_channels is None or channel in self.safe_channels else None


@dataclass(frozen=True)
class Plan:
    """How to invite: `way` as an invitation's. `task`: what an officer is asked to do instead."""

    way: str
    second: str = "officer"
    address: bytes | None = None
    task: str = ""
    reason: str = ""


def forbidden(contact: Contact, *, protected: bool) -> str:
    """Why no machine may invite this person; empty when one may."""
    if contact.no_portal:
        return "no_portal"
    if contact.disguise:
        return "disguise"
    if protected and not contact.safe_known:
        return "safe_contact_not_known"
    return ""


def plan(contact: Contact, *, protected: bool) -> Plan:
    """How this person is invited. The second proof never goes the way that the first went."""
    if reason := forbidden(contact, protected=protected):
        return Plan("desk", task="tell_yourself", reason=reason)
    email, mobile = contact.address("email"), contact.address("text")
    if email:
        return Plan("email", "text" if mobile else "officer", email)
    if mobile:
        return Plan("text", "officer", mobile)
    return Plan("desk", task="invite_in_person", reason="no_safe_address")


def by_letter(contact: Contact) -> Plan:
    """How this person is invited by a letter in the post: whoever opens it needs a second proof that went elsewhere."""
    return Plan("letter", "text" if contact.address("text") else "officer")


def within_hours(contact: Contact, moment: datetime) -> bool:
    """Whether it is safe to reach this person at that moment. Hours that are half known are no hours at all."""
    if contact.safe_from is None and contact.safe_to is None:
        return True
    if contact.safe_from is None or contact.safe_to is None:
        return False
    return SafeHours(contact.safe_from, contact.safe_to).covers(moment)
