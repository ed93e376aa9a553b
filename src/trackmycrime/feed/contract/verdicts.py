"""What judging an event comes to: `Event` or `Refusal`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from trackmycrime.feed.contract.belongings import PropertyChanged
from trackmycrime.feed.contract.crimes import CrimeChanged, CrimeRestored, CrimeWithdrawn
from trackmycrime.feed.contract.fields import Closed
from trackmycrime.feed.contract.hearings import HearingChanged
from trackmycrime.feed.contract.messages import MessageSent
from trackmycrime.feed.contract.problems import Problem
from trackmycrime.feed.contract.staff import OfficerChanged, UnitChanged
from trackmycrime.feed.contract.updates import UpdatePublished, UpdateWithdrawn
from trackmycrime.feed.contract.victims import VictimChanged, VictimWithdrawn
from trackmycrime.feed.contract.vocabulary import EntityKind

Data = (
    CrimeChanged
    | CrimeWithdrawn
    | CrimeRestored
    | VictimChanged
    | VictimWithdrawn
    | UpdatePublished
    | UpdateWithdrawn
    | HearingChanged
    | PropertyChanged
    | MessageSent
    | OfficerChanged
    | UnitChanged
)

MODELS: Mapping[str, type[Data]] = {
    "crime.changed": CrimeChanged,
    "crime.withdrawn": CrimeWithdrawn,
    "crime.restored": CrimeRestored,
    "victim.changed": VictimChanged,
    "victim.withdrawn": VictimWithdrawn,
    "update.published": UpdatePublished,
    "update.withdrawn": UpdateWithdrawn,
    "hearing.changed": HearingChanged,
    "property.changed": PropertyChanged,
    "message.sent": MessageSent,
    "officer.changed": OfficerChanged,
    "unit.changed": UnitChanged,
}
TYPES: tuple[str, ...] = tuple(MODELS)

_ABOUT: Mapping[type[Closed], tuple[EntityKind, str]] = {
    CrimeChanged: ("crime", ""),
    CrimeWithdrawn: ("crime", ""),
    CrimeRestored: ("crime", ""),
    VictimChanged: ("victim", "victim"),
    VictimWithdrawn: ("victim", "victim"),
    UpdatePublished: ("update", "update"),
    UpdateWithdrawn: ("update", "update"),
    HearingChanged: ("hearing", "hearing"),
    PropertyChanged: ("property", "property"),
    MessageSent: ("message", "message"),
    OfficerChanged: ("officer", ""),
    UnitChanged: ("unit", ""),
}
"""What each model is about, and the field of it that holds the entity's id within its crime."""


class Entity(NamedTuple):
    """What an event is about; sequences are compared per entity.

    `subject_key` is the crime's reference, or the officer's or unit's id, without case; `id` is the victim's,
    update's, hearing's, property item's or message's id in that crime, and "" for the others.
    """

    kind: EntityKind
    subject_key: str
    id: str

    @classmethod
    def of(cls, data: Closed, subject_key: str) -> "Entity":
        """The entity that `data` is about."""
        kind, id_ = _ABOUT[type(data)]
        return cls(kind, subject_key, getattr(data, id_) if id_ else "")


@dataclass(slots=True)
class Event:
    """An event that says what the contract lets it say. Whether it may be applied is not decided here.

    `digest` is HMAC-SHA256 of the canonical form of the event (tidied, unknown to it how the JSON was
    spelt): equal for the same content. `kept` is the event as it may be stored; judged again, as
    `judge(Line(0, kept), …)`, it gives the same event. (The digest too, unless the sender gave one of
    CloudEvents' attributes that are not kept.)
    """

    id: str
    source: str
    type: str
    subject: str
    subject_key: str
    time: datetime
    time_text: str
    sequence: int
    data: Data
    entity: Entity
    digest: bytes
    kept: dict[str, object]


@dataclass(frozen=True, slots=True)
class Refusal:
    """An event that waits in quarantine, with the attributes that could be read (None: missing or wrong).

    `kept` holds those attributes and the known fields of `data` whose values are as the contract says;
    the pointers of all others stand, without their values, in `kept["dropped"]`.
    """

    id: str | None
    source: str | None
    type: str | None
    subject: str | None
    subject_key: str | None
    time: datetime | None
    sequence: int | None
    problem: Problem
    digest: bytes
    kept: dict[str, object]
