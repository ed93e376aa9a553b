"""What a refresh of published cases changed, for the rooms that come next. Pure."""

from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from trackmycrime.tasks.api import Need


class News(NamedTuple):
    """One entry that victims can see since now, or in other words than before. `victims` None: all of the case."""

    crime_id: UUID
    case_id: UUID
    entry: str
    revision: int
    words_hash: bytes
    victims: frozenset[UUID] | None
    live: bool


class Part(NamedTuple):
    """What is decided about here of one victim's part in a crime."""

    id: UUID
    person: str
    live: bool
    joined: bool
    invited: bool


@dataclass
class Published:
    """What a refresh changed: news by case, what an officer must do, and the cases that are open to their victims."""

    news: list[News] = field(default_factory=list)
    needs: list[Need] = field(default_factory=list)
    victims: dict[UUID, list[Part]] = field(default_factory=dict)
    """By crime, for crimes whose case is open and readable and has anything live: who may be told or invited."""
    cases: dict[UUID, UUID] = field(default_factory=dict)
    """Case by crime."""
    opened: set[UUID] = field(default_factory=set)
    """Crimes that were known and closed to their victims, and are open now: what was missed, an officer looks at."""
    closed: list[UUID] = field(default_factory=list)
    """Crimes whose case has just been closed to everybody: what was about to be sent about them is cancelled."""
    protected: set[UUID] = field(default_factory=set)
    """Crimes of a protected kind: where safe contact is not known, no machine invites."""
    entries: dict[UUID, list[News]] = field(default_factory=dict)
    """All published live entries of crimes with a victim who was not invited, or has a part since now: what the
    invitation tells of at once, and what they catch up on."""
