"""The shapes of a case as it is shown: plain values, ready in the reader's language. Portal and desk draw the same."""

from dataclasses import dataclass, field
from datetime import date
from uuid import UUID


@dataclass(frozen=True)
class StageStep:
    """One of the five stages: ``done``, ``now`` or ``todo``; `when` is a short date or empty."""

    name: str
    state: str
    when: str


@dataclass(frozen=True)
class Newer:
    """The entry that took the place of another, where the reader may read it."""

    id: UUID
    title: str
    when: str


@dataclass(frozen=True)
class Entry:
    """One entry of the timeline as it is read."""

    id: UUID
    key: str
    title: str
    when: str
    iso: str
    who: str
    paragraphs: list[str]
    language: str
    is_new: bool
    corrected: str
    withdrawn: str
    not_translated: bool
    newer: Newer | None = None


@dataclass(frozen=True)
class Promise:
    """When the victim hears next, and what happens until then."""

    date: date | None
    date_text: str
    paragraphs: list[str]


@dataclass(frozen=True)
class Contact:
    """Who works the case and who answers. `away_until`: the last day that the officer is away, in words; empty while
    at work. `cover`: who answers meanwhile; empty where it is the team."""

    officer: str
    unit: str
    phone: str
    hours: str
    away_until: str = ""
    cover: str = ""
    email: str = ""


@dataclass(frozen=True)
class HearingLine:
    """One hearing that has not been yet. `day` is None where only a week is known; `first` is for the order.

    `off` says that it was put off or cancelled (else empty), `attendance` whether to go (else empty).
    """

    day: date | None
    first: date
    when: str
    court: str
    address: str
    type: str
    off: str
    attendance: str


@dataclass(frozen=True)
class PropertyLine:
    """One item of property. `serial` and `value` are empty for everybody but the one whose it can only be."""

    description: str
    status: str
    ready: bool
    collect_from: str
    serial: str
    value: str


@dataclass(frozen=True)
class CaseView:
    """One case, whole."""

    id: UUID
    version: int
    reference: str
    title: str
    place: str
    occurred: str
    force: str
    stages: list[StageStep]
    stage_number: int
    stage_name: str
    stage_sentence: str
    promise: Promise
    contact: Contact
    entries: list[Entry]
    closed: bool
    closing_words: list[str]
    read_until: str
    new_updates: int = 0
    joined: str = ""
    """That another record of it was put together with this one, in words"""
    hearings: list[HearingLine] = field(default_factory=list)
    property: list[PropertyLine] = field(default_factory=list)


@dataclass(frozen=True)
class CaseLine:
    """One case in the list of a victim's cases."""

    id: UUID
    reference: str
    title: str
    place: str
    force: str
    stage_name: str
    stage_number: int
    stage_count: int
    rail: list[str]
    last_title: str
    last_when: str
    promise_date: date | None
    promise_text: str
    new_updates: int
    new_messages: int
    closed: bool
    helping: bool = False
    """The reader was let in to it by somebody whose case it is"""
