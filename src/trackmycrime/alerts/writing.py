"""The rows and letters that a decision becomes."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings

from trackmycrime.delivery.api import Letter
from trackmycrime.kernel import setwise
from trackmycrime.tasks.api import Need

from . import words
from .reading import Person

GIVE_UP_AFTER = timedelta(hours=72)
"""A passing failure counts as final after this long: three days outlive a weekend's outage."""

_ALERT = (
    "id",
    "force_id",
    "victim_id",
    "case_id",
    "about",
    "channel",
    "state",
    "reason",
    "decided_at",
    "due_at",
    "finished_at",
    "tried",
)
_CHANGES = ("channel", "state", "reason", "due_at", "finished_at", "tried")


def alert_row(
    id_: UUID,
    person: Person,
    case_id: UUID,
    about: str,
    *,
    now: datetime,
    state: str,
    channel: str = "",
    due_at: datetime | None = None,
    reason: str = "",
) -> dict[str, Any]:
    """A new alert as a row."""
    return {
        "id": id_,
        "force_id": person.force,
        "victim_id": person.id,
        "case_id": case_id,
        "about": about,
        "channel": channel,
        "state": state,
        "reason": reason,
        "decided_at": now,
        "due_at": due_at or now,
        "finished_at": None if due_at else now,
        "tried": [],
    }


def store_alerts(rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert new alerts, all with one statement."""
    setwise.insert("alerts_alert", _ALERT, rows)


def change_alerts(rows: Sequence[Mapping[str, Any]]) -> None:
    """Write what has changed of alerts that may still go out, all with one statement."""
    setwise.update("alerts_alert", ["id"], _CHANGES, rows, where="t.state in ('waiting', 'not_set_up')")


def letter(
    alert_id: UUID,
    purpose: str,
    person: Person,
    channel: str,
    said: words.Frozen,
    *,
    due_at: datetime,
    give_up_at: datetime | None = None,
) -> Letter:
    """The letter that tells this person, by a channel on which they have an address."""
    return Letter(
        force=person.force,
        purpose=purpose,
        owner_id=alert_id,
        channel=channel,
        address=person.address(channel),
        address_hash=person.contact.addresses[channel],
        subject=said.subject,
        body=said.body,
        language=said.language,
        due_at=due_at,
        give_up_at=give_up_at or due_at + GIVE_UP_AFTER,
    )


def alert_words(person: Person, channel: str, entries: int) -> words.Frozen:
    """What is said of this many new entries."""
    kind = words.alert(entries, joined=person.contact.joined)
    return words.frozen(kind, channel, language_of(person), address=portal_address())


def language_of(person: Person) -> str:
    """In which language, or both, this person is written to."""
    return words.language_for(person.chosen_language, person.language, person.force_languages)


def portal_address() -> str:
    """The portal's bare public address."""
    return str(settings.TMC_PORTAL_URL).rstrip("/")


def need(kind: str, person: Person, reason: str, **detail: Any) -> Need:
    """A task about reaching this victim; one of a kind is open at a time."""
    return Need(
        kind,
        once=str(person.id),
        crime_id=person.crime_id,
        victim_id=person.id,
        officer_id=person.officer_id,
        unit_id=person.unit_id,
        detail={"reason": reason, **detail},
    )
