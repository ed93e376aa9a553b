"""Telling by push: on which of a victim's phones.

An alert has one open letter at a time, also where there are several phones: on the newest one first, where that fails
for good on the next one, and only then by the next channel. Which phones have failed an alert is what its letters say.
A phone shows what it was sent also hours later, so a push that has not arrived when the safe hours end must not arrive.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from trackmycrime.delivery.api import Letter, Subscription
from trackmycrime.kernel import crypto, setwise
from trackmycrime.people.safe_hours import SafeHours

from .rules import Contact

if TYPE_CHECKING:
    from .reading import Person


class Phone(NamedTuple):
    """A browser that can be told by push, as it is stored."""

    id: UUID
    hash: bytes
    sealed: bytes

    @classmethod
    def read(cls, said: tuple[str, str, str]) -> "Phone":
        """From what `people.devices.OF_VICTIM` gives."""
        id_, hash_, sealed = said
        return cls(UUID(id_), bytes.fromhex(hash_), bytes.fromhex(sealed))

    def __repr__(self) -> str:
        return f"<phone {self.id}>"


def subscription(phones: Iterable[Phone], contact: Contact, at: datetime) -> str:
    """Where a push that goes out at that moment goes. Raises CannotOpen, and KeyError where there is no phone."""
    phone = next((each for each in phones if each.hash == contact.addresses.get("push")), None)
    if phone is None:
        raise KeyError("push")
    said = crypto.unseal_json("people_push_device.detail", phone.id, phone.sealed)
    to = Subscription(said["endpoint"], said["public"], said["secret"])
    if contact.safe_from is not None and contact.safe_to is not None:
        to = to.by(SafeHours(contact.safe_from, contact.safe_to).closes(at))
    return to.text()


def tried(alert: Mapping[str, Any]) -> frozenset[str]:
    """The channels that have failed for this alert; push only shows in its phones (`without`)."""
    return frozenset(each["channel"] for each in alert["tried"]) - {"push"}


def failed_on(alerts: Iterable[Mapping[str, Any]]) -> dict[UUID, frozenset[bytes]]:
    """On which phones (their hashes) each of these alerts has failed. No statement where push was not tried."""
    pushed = [
        alert["id"]
        for alert in alerts
        if alert["channel"] == "push" or any(each["channel"] == "push" for each in alert["tried"])
    ]
    if not pushed:
        return {}
    rows = setwise.fetch(
        "select owner_id, array_agg(address_hash) as hashes from delivery_dispatch"
        " where owner_id = any(%s) and channel = 'push' and state = 'failed' group by owner_id",
        [pushed],
    )
    return {row["owner_id"]: frozenset(bytes(each) for each in row["hashes"]) for row in rows}


def without(person: "Person | None", failed: frozenset[bytes] | None) -> "Person | None":
    """This person, as they can be told after these phones have failed."""
    if person is None or not failed:
        return person
    left = next((each.hash for each in person.phones if each.hash not in failed), None)
    addresses = {name: found for name, found in person.contact.addresses.items() if name != "push"}
    if left is not None:
        addresses["push"] = left
    return person._replace(contact=person.contact._replace(addresses=addresses))


def other_phone(person: "Person", sent: Letter, at: datetime) -> bool:
    """Whether a push to this person at that moment would be another one than this: it must arrive by another hour."""
    return sent.channel == "push" and person.address("push", at) != sent.address
