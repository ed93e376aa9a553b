"""The shapes of a case as it is shown: plain values, ready in the reader's language. Portal and desk draw the same."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID


@dataclass(frozen=True)
class StageStep:
    """One of the five stages: ``done``, ``now`` or ``todo``; `when` is a short date or empty."""

    name: str
    state: str
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


@dataclass(frozen=True)
class Promise:
    """When the victim hears next, and what happens until then."""

    date: date | None
    date_text: str
    paragraphs: list[str]


@dataclass(frozen=True)
class Contact:
    """Who works the case and who answers."""

    officer: str
    unit: str
    phone: str
    hours: str
    cover: str = ""
    email: str = ""


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
