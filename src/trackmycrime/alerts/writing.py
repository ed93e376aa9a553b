"""The rows, letters and tasks that a decision becomes."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from trackmycrime.delivery.api import Letter, prepare, set_up
from trackmycrime.kernel import setwise
from trackmycrime.tasks.api import Need, open_tasks

from . import words
from .news import News
from .reading import Person

TELL_YOURSELF = "tell_yourself"
"""The task where no machine may"""
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


@dataclass(frozen=True, repr=False)
class Decided:
    """An alert that was decided, and what goes with it: a letter, or a task."""

    row: dict[str, Any]
    letter: Letter | None = None
    need: Need | None = None


def waiting_row(
    id_: UUID, person: Person, case_id: UUID, about: str, channel: str, at: datetime, now: datetime
) -> dict[str, Any]:
    """A new alert whose letter goes out at that moment, or as soon as its channel is set up."""
    state = "waiting" if channel in set_up() else "not_set_up"
    return alert_row(id_, person, case_id, about, now=now, state=state, channel=channel, due_at=at)


def told_rows(person: Person, alert_id: UUID, items: Iterable[News]) -> list[dict[str, Any]]:
    """That these are told to this person by that alert, as rows."""
    return [
        {
            "force_id": person.force,
            "victim_id": person.id,
            "alert_id": alert_id,
            "entry": item.entry,
            "revision": item.revision,
            "words_hash": item.words_hash,
        }
        for item in items
    ]


def store(
    force: int, made: dict[UUID, Decided], told: list[dict[str, Any]], counts: Counter[str], now: datetime
) -> None:
    """Write what was decided. An alert of which another transaction has told everything meanwhile is not made.

    The rows of what is told come before their alerts (keys are checked at the commit), because they decide. Must be
    called inside a transaction.
    """
    assert connection.in_atomic_block
    rows = setwise.insert(
        "alerts_told",
        ("force_id", "victim_id", "alert_id", "entry", "revision", "words_hash"),
        told,
        conflict="on conflict (victim_id, entry, revision) do update set alert_id = excluded.alert_id,"
        " words_hash = excluded.words_hash where exists (select from alerts_alert a"
        " where a.id = alerts_told.alert_id and a.state = 'cancelled')",
        returning="alert_id",
    )
    telling = {row[0] for row in rows}
    alerts = [alert for id_, alert in made.items() if id_ in telling]
    setwise.insert("alerts_alert", _ALERT, [alert.row for alert in alerts])
    prepare([alert.letter for alert in alerts if alert.letter], now=now)
    open_tasks(force, [alert.need for alert in alerts if alert.need], now=now)
    for alert in alerts:
        counts["alerts" if alert.letter else "by_person" if alert.need else "by_hand"] += 1
