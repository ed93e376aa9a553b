"""The rows, letters and tasks that a decision becomes."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection
from psycopg.types.json import Jsonb

from trackmycrime.delivery.api import Letter, neutral, prepare, set_up
from trackmycrime.forces.policy import DEFAULT, Policy
from trackmycrime.kernel import setwise
from trackmycrime.kernel.clock import LONDON, london_date
from trackmycrime.kernel.ids import new_id
from trackmycrime.publish import own_words
from trackmycrime.rights import working_days
from trackmycrime.tasks.api import Need, open_tasks

from . import words
from .news import News
from .reading import OVER, Person, in_charge
from .rules import Decision

NO_NEWS = "no_news"
"""What an alert is about that says that there is none"""
CONTACT_NEW, CONTACT_TOLD = "contact_new", "contact_told"
"""That their address has changed: what goes to the new one, and what goes to another route"""
SIGN_IN, FROZEN = "sign_in", "frozen"
"""That their account was signed in to, and that it was closed because somebody else may have seen it"""
OF_ACCOUNT = (SIGN_IN, FROZEN)
"""What is about the account, and no news of a case: it must be safe for all that the account holds"""
TELL_YOURSELF = "tell_yourself"
"""The task where no machine may"""
TELL_NO_NEWS = "tell_no_news"
"""The same, where there is nothing new to tell"""
GIVE_UP_AFTER = timedelta(hours=72)
"""A passing failure counts as final after this long: three days outlive a weekend's outage."""

_ALERT = (
    "id",
    "victim_id",
    "case_id",
    "about",
    "channel",
    "state",
    "reason",
    "why",
    "due_at",
    "finished_at",
)
_CHANGES = ("channel", "state", "reason", "why", "due_at", "finished_at", "tried")


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
    why: str = "",
) -> dict[str, Any]:
    """A new alert as a row, without what `Decisions` writes the same of each."""
    return {
        "id": id_,
        "victim_id": person.id,
        "case_id": case_id,
        "about": about,
        "channel": channel,
        "state": state,
        "reason": reason,
        "why": why,
        "due_at": due_at or now,
        "finished_at": None if due_at else now,
    }


def change_alerts(rows: Sequence[Mapping[str, Any]], *, unless: Sequence[str] = OVER) -> None:
    """Write what has changed of alerts, all with one statement; one that is in a state of `unless` stays as it is."""
    over = ", ".join(f"'{state}'" for state in unless)
    setwise.update("alerts_alert", ["id"], _CHANGES, rows, where=f"t.state not in ({over})")


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
        id=new_id(),
        force=person.force,
        purpose=purpose,
        owner_id=alert_id,
        channel=channel,
        address=person.address(channel, due_at),
        address_hash=person.contact.addresses[channel],
        subject=said.subject,
        body=said.body,
        language=said.language,
        words=said.words,
        disguised=purpose == "alert" and person.contact.disguise,
        due_at=due_at,
        give_up_at=give_up_at or due_at + GIVE_UP_AFTER,
    )


def alert_words(person: Person, channel: str, entries: int, *, about: str = "update") -> words.Frozen:
    """What is said of this many new entries, or that there is no news; in disguise without any address."""
    disguise = person.contact.disguise
    kind = words.alert(entries, joined=person.contact.joined, disguise=disguise, about=about)
    address = {} if disguise else {"address": portal_address()}
    return in_words(person, kind, channel, **address)


def in_words(person: Person, kind: str, channel: str, **values: str) -> words.Frozen:
    """The words of `kind` as this person gets them: in their language, and as their force has them."""
    own = own_words.of(person.force, person.words_revision)
    return words.frozen(kind, channel, language_of(person), own, **values)


def language_of(person: Person) -> str:
    """In which language, or both, this person is written to."""
    victim = person.victim
    return words.language_for(victim.chosen_language, victim.language, person.force_languages)


def portal_address() -> str:
    """The portal's bare public address."""
    return str(settings.TMC_PORTAL_URL).rstrip("/")


def why_so(decision: Decision) -> str:
    """Why by that channel and at that moment, as it is kept with the alert."""
    return f"{decision.why}, {decision.reason}" if decision.reason else decision.why


def need(kind: str, person: Person, reason: str, **detail: Any) -> Need:
    """A task about reaching this victim, for `ask_officers`; one of a kind is open at a time."""
    return Need(
        kind,
        once=str(person.id),
        crime_id=person.victim.crime_id,
        victim_id=person.id,
        detail={"reason": reason, **detail},
    )


def tell_yourself(about: str) -> str:
    """Which task asks a person to tell what an alert is about."""
    return TELL_NO_NEWS if about == NO_NEWS else TELL_YOURSELF


def ask_officers(force: int, needs: Sequence[Need], *, now: datetime) -> None:
    """Open these tasks, each for the officer and the unit that have the crime, with the force's clock for telling."""
    if not needs:
        return
    known = in_charge(force, {need.crime_id for need in needs if need.crime_id})
    asked = []
    for need in needs:
        whom = known.get(need.crime_id) if need.crime_id else None
        due = need.due_at or by_when(DEFAULT.changed(whom.policy) if whom else DEFAULT, now)
        officer, unit = (whom.officer_id, whom.unit_id) if whom else ("", "")
        asked.append(replace(need, due_at=due, officer_id=officer, unit_id=unit))
    open_tasks(force, asked, now=now)


def by_when(policy: Policy, now: datetime) -> datetime:
    """Until when a person is to have told somebody: the end of a working day."""
    last = working_days.after(london_date(now), policy.tell_days)
    return datetime.combine(last, time.max, LONDON)


class Decided(NamedTuple):
    """An alert that was decided, and what goes with it: a letter, or a task."""

    row: dict[str, Any]
    letter: Letter | None = None
    need: Need | None = None


class Decisions:
    """What is decided in one transaction about victims of one force, to be written by as many statements as tables."""

    def __init__(self, force: int, now: datetime) -> None:
        self.force, self.now, self.set_up, self.neutral = force, now, set_up(), neutral()
        self.counts: Counter[str] = Counter()
        self._made: dict[UUID, Decided] = {}
        self._told: list[dict[str, Any]] = []
        self._needs: list[Need] = []

    def add(self, person: Person, alert: Decided, items: Iterable[News]) -> None:
        """A new alert, and what it tells this person."""
        self._made[alert.row["id"]] = alert
        self._tell(person, alert.row["id"], items)

    def ask(self, needs: Iterable[Need]) -> None:
        """Tasks that go with no alert."""
        self._needs += needs

    def waiting(
        self, id_: UUID, person: Person, case_id: UUID, about: str, decision: Decision
    ) -> dict[str, Any]:
        """A new alert whose letter goes out at its moment, or as soon as its channel is set up; as a row."""
        state = "waiting" if decision.channel in self.set_up else "not_set_up"
        return alert_row(
            id_,
            person,
            case_id,
            about,
            now=self.now,
            state=state,
            channel=decision.channel,
            due_at=decision.at,
            why=why_so(decision),
        )

    def join(self, person: Person, alert_id: UUID, items: Iterable[News]) -> None:
        """An alert that has not gone out yet tells this person of these too."""
        self.counts["joined"] += 1
        self._tell(person, alert_id, items)

    def _tell(self, person: Person, alert_id: UUID, items: Iterable[News]) -> None:
        self._told += [
            {
                "victim_id": person.id,
                "alert_id": alert_id,
                "entry": item.entry,
                "revision": item.revision,
                "words_hash": item.words_hash,
            }
            for item in items
        ]

    def store(self) -> Counter[str]:
        """Write it. An alert of which another transaction has told everything meanwhile is not made. Says how many of
        each kind there are.

        The rows of what is told come before their alerts (keys are checked at the commit), because they decide. Must
        be called inside a transaction.
        """
        assert connection.in_atomic_block
        rows = setwise.insert(
            "alerts_told",
            ("victim_id", "alert_id", "entry", "revision", "words_hash"),
            self._told,
            same={"force_id": self.force},
            conflict="on conflict (victim_id, entry, revision) do update set alert_id = excluded.alert_id,"
            " words_hash = excluded.words_hash where (select a.state from alerts_alert a"
            " where a.id = alerts_told.alert_id) = 'cancelled'",
            returning="alert_id",
        )
        telling = {row[0] for row in rows}
        alerts = [alert for id_, alert in self._made.items() if id_ in telling]
        same = {"force_id": self.force, "decided_at": self.now, "tried": Jsonb([])}
        setwise.insert("alerts_alert", _ALERT, [alert.row for alert in alerts], same=same)
        prepare([alert.letter for alert in alerts if alert.letter], now=self.now)
        ask_officers(
            self.force, [*self._needs, *(alert.need for alert in alerts if alert.need)], now=self.now
        )
        for alert in alerts:
            self.counts["alerts" if alert.letter else "by_person" if alert.need else "by_hand"] += 1
        return self.counts
