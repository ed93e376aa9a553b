"""One case, whole, as an officer needs it: what its victims see, and the facts beside it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from trackmycrime.alerts.lines import lines_for
from trackmycrime.cases.models import Crime
from trackmycrime.delivery.api import Standing
from trackmycrime.desk import words
from trackmycrime.forces.policy import Policy
from trackmycrime.kernel import crypto, setwise
from trackmycrime.kernel.clock import london_date
from trackmycrime.people.models import Invitation, Victim
from trackmycrime.publish import dates, eligibility
from trackmycrime.publish import words as publish_words
from trackmycrime.publish.contacts import shown_as
from trackmycrime.publish.models import Case, Entry

from .due import by_when

ALERTS_SHOWN = 12


@dataclass(frozen=True)
class Staffing:
    """Who works the crime: as victims see them."""

    officer: str
    unit: str


@dataclass(frozen=True)
class HeldEntry:
    """An update that waits for an officer's yes, as the victim would read it."""

    id: UUID
    title: str
    paragraphs: list[str]
    language: str
    when: str
    why: str
    note: str
    for_some: bool


@dataclass(frozen=True)
class TaskLine:
    """One open task of the case."""

    id: UUID
    kind: str
    victim_id: UUID | None
    """Whom it is about, where it is about one person"""
    title: str
    why: str
    due_on: date | None
    due_words: str
    more: str
    late: bool


@dataclass(frozen=True)
class AlertLine:
    """What became of one alert or invitation, in words."""

    id: UUID
    about: str
    channel: str
    state: str
    when: str
    sends: list[str]
    bad: bool


@dataclass(frozen=True)
class Person:
    """One victim of the crime, with how they may be reached and whether they have joined."""

    row: Victim
    name: str
    organisation: str
    role: str
    joined: str
    invitation: Invitation | None
    invitation_state: str
    unread: int
    shared: int
    """How many people and organisations see the case with them"""

    @property
    def id(self) -> UUID:
        return self.row.id


@dataclass
class CaseFacts:
    """Everything beside what the victim sees."""

    crime: Crime
    case: Case | None
    why_closed: str
    """Why no victim can see it, as a word; empty while they can"""
    protected: frozenset[str]
    staffing: Staffing
    people: list[Person]
    held: list[HeldEntry] = field(default_factory=list)
    tasks: list[TaskLine] = field(default_factory=list)

    def name_of(self, victim_id: UUID | None) -> str:
        """The name of one of the victims; empty for nobody."""
        return next((person.name for person in self.people if person.id == victim_id), "")

    @property
    def todo(self) -> list[tuple[TaskLine, str]]:
        """The open tasks, each with the name of whom it is about."""
        return [(task, self.name_of(task.victim_id)) for task in self.tasks]


def facts(crime: Crime, policy: Policy, now: datetime) -> CaseFacts:
    """All of it in a bounded number of statements, whatever the case holds."""
    case = Case.objects.filter(force_id=crime.force_id, crime_id=crime.id).first()
    people = _people(crime, now)
    what = eligibility.Facts(
        crime.category,
        crime.offence_code,
        tuple(crime.flags),
        crime.withheld,
        crime.switched_on,
        any(person.row.live and person.row.under_age for person in people),
        crime.shadow,
    )
    found = CaseFacts(
        crime=crime,
        case=case,
        why_closed=eligibility.why_closed(what, policy),
        protected=eligibility.protected(what),
        staffing=_staffing(crime),
        people=people,
    )
    found.held = _held(case, found.staffing, now) if case and case.open else []
    found.tasks = _tasks(crime, now)
    return found


_PEOPLE_NOW = """
select v.id,
       (select count(*) from messages_message m where m.victim_id = v.id and m.by = 'victim' and m.read_at is null)
         unread,
       (select count(*) from people_access a where a.victim_id = v.id and a.ended_at is null and a.until > now())
         shared,
       (select i.id from people_invitation i where i.victim_id = v.id order by i.created_at desc limit 1) invitation
from people_victim v where v.force_id = %s and v.crime_id = %s
"""


def _people(crime: Crime, now: datetime) -> list[Person]:
    victims = list(
        Victim.objects.filter(force_id=crime.force_id, crime_id=crime.id).order_by("-live", "id")[:50]
    )
    more = {row["id"]: row for row in setwise.fetch(_PEOPLE_NOW, [crime.force_id, crime.id])}
    wanted = [row["invitation"] for row in more.values() if row["invitation"]]
    invitations = Invitation.objects.defer("activation_code").in_bulk(wanted) if wanted else {}
    return [_person(victim, more[victim.id], invitations, now) for victim in victims]


def _person(
    victim: Victim, more: dict[str, Any], invitations: dict[UUID, Invitation], now: datetime
) -> Person:
    invitation = invitations.get(more["invitation"]) if more["invitation"] else None
    return Person(
        row=victim,
        name=str(victim.detail.get("name") or ""),
        organisation=str(victim.detail.get("organisation") or ""),
        role=words.said(words.ROLES_IN_CRIME, victim.role),
        joined=_day(victim.joined_at, now) if victim.account_id and victim.joined_at else "",
        invitation=invitation,
        invitation_state=invitation_state(invitation, now),
        unread=more["unread"],
        shared=more["shared"],
    )


def invitation_state(invitation: Invitation | None, now: datetime) -> str:
    """What became of the newest invitation, in words; empty where there is none."""
    if invitation is None:
        return ""
    if invitation.state in (Invitation.State.OPEN, Invitation.State.OPENED) and invitation.expires_at <= now:
        return words.said(words.INVITATIONS, Invitation.State.EXPIRED)
    return words.said(words.INVITATIONS, invitation.state)


def _day(moment: datetime, now: datetime) -> str:
    return dates.day(london_date(moment), words.language(), today=london_date(now))


def _staffing(crime: Crime) -> Staffing:
    rows = setwise.fetch(
        "select o.id, o.detail, u.name_en, u.name_cy from (select 1) one"
        " left join people_officer o on o.force_id = %s and o.officer_id = %s and o.active"
        " left join forces_unit u on u.force_id = %s and u.unit_id = coalesce(nullif(%s, ''), o.unit_id)",
        [crime.force_id, crime.officer_id, crime.force_id, crime.unit_id],
    )
    row = rows[0]
    names = (row["name_en"] or "", row["name_cy"] or "")
    unit = names[1] or names[0] if words.language() == "cy" else names[0] or names[1]
    officer = ""
    if row["id"] is not None:
        officer = shown_as(crypto.unseal_json("people_officer.detail", row["id"], row["detail"]))
    return Staffing(officer, unit)


def held_entry(entry: Entry, staffing: Staffing, now: datetime) -> HeldEntry:
    """A held entry as the victim would read it today."""
    language = words.language()
    title, paragraphs, real = publish_words.shown(
        entry.words, language, unit=staffing.unit, officer=staffing.officer
    )
    return HeldEntry(
        id=entry.id,
        title=title,
        paragraphs=paragraphs,
        language=real,
        when=dates.moment(entry.happened_at, language, today=london_date(now)),
        why=words.said(words.HOLDS, entry.hold_reason),
        note=str((entry.note or {}).get("reason") or "")
        if isinstance(entry.note, dict)
        else str(entry.note or ""),
        for_some=entry.victims is not None,
    )


def _held(case: Case, staffing: Staffing, now: datetime) -> list[HeldEntry]:
    entries = Entry.objects.filter(case_id=case.id, state="held").order_by("happened_at", "id")[:50]
    return [held_entry(entry, staffing, now) for entry in entries]


def _tasks(crime: Crime, now: datetime) -> list[TaskLine]:
    rows = setwise.fetch(
        "select id, kind, victim_id, due_at from tasks_task where force_id = %s and crime_id = %s and done_at is null"
        " order by due_at nulls last, id limit 50",
        [crime.force_id, crime.id],
    )
    return [task_line(row["id"], row["kind"], row["victim_id"], row["due_at"], now) for row in rows]


def task_line(
    task_id: UUID, kind: str, victim_id: UUID | None, due_at: datetime | None, now: datetime
) -> TaskLine:
    """A task with its words and its clock."""
    due_on = london_date(due_at) if due_at else None
    late = bool(due_at and due_at < now)
    return TaskLine(
        id=task_id,
        kind=kind,
        victim_id=victim_id,
        title=words.task(kind, "title"),
        why=words.task(kind, "why"),
        due_on=due_on,
        due_words=dates.day(due_on, words.language(), today=london_date(now)) if due_on else "",
        more=by_when(due_on, late, now) if due_on else "",
        late=late,
    )


def alerts(victim_id: UUID, now: datetime) -> list[AlertLine]:
    """What became of the newest alerts of this victim, the newest first. Two statements."""
    return [
        AlertLine(
            id=line.id,
            about=words.said(words.ABOUT, line.about),
            channel=words.said(words.CHANNELS, line.channel) if line.channel else "",
            state=words.with_reason(words.said(words.ALERTS, line.state), line.reason),
            when=words.moment(line.finished_at or line.decided_at, now),
            sends=[_letter(letter, now) for letter in line.letters],
            bad=line.state in words.ALERTS_TO_MEND,
        )
        for line in lines_for([victim_id], limit=ALERTS_SHOWN)
    ]


def _letter(letter: Standing, now: datetime) -> str:
    moment = words.moment(letter.finished_at or letter.created_at, now)
    state = words.with_reason(words.said(words.DISPATCHES, letter.state), letter.reason)
    return f"{words.said(words.CHANNELS, letter.channel)}: {state}, {moment}"
