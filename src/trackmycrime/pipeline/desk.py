"""What follows from what people do at the desk."""

from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from trackmycrime.alerts import api as alerts
from trackmycrime.alerts.losing import AGREE_ANOTHER_WAY, BOUNCED
from trackmycrime.audit.api import Act, Actor, record
from trackmycrime.cases.models import Crime, Update
from trackmycrime.delivery import addresses
from trackmycrime.feed.accept import Result as Result
from trackmycrime.forces.models import Force
from trackmycrime.kernel import bell, crypto
from trackmycrime.kernel.ids import new_id
from trackmycrime.kernel.locks import force_lock
from trackmycrime.messages import api as messages
from trackmycrime.people import own_addresses
from trackmycrime.people.models import Victim
from trackmycrime.publish import promises
from trackmycrime.publish.models import Case, Entry
from trackmycrime.publish.refresh import refresh
from trackmycrime.publish.speaking import OVERDUE, SPEAK
from trackmycrime.tasks import api as tasks
from trackmycrime.tasks.models import Task

from .feed import follow

TO_SPEAK = (SPEAK, OVERDUE)
"""The tasks to speak with somebody before an update is read."""

ABOUT_ADDRESSES = (BOUNCED, AGREE_ANOTHER_WAY)
"""The tasks about an address that is not used any more."""


class NotPossible(Exception):
    """What was asked for is not there in this force, or not in a state that allows it; `str()` is a word for which."""


class Staff(Protocol):
    """Who acts at the desk, as its wall knows them."""

    @property
    def account_id(self) -> UUID: ...
    @property
    def force_id(self) -> int: ...
    @property
    def officer_id(self) -> str: ...


def _actor(staff: Staff) -> Actor:
    return Actor("officer", str(staff.account_id))


def _again(staff: Staff, crime_id: UUID, now: datetime) -> None:
    """Publish one crime anew after something about it was decided at the desk, with all that follows."""
    force = Force.objects.get(id=staff.force_id)
    follow(force, refresh(force, [crime_id], actor=_actor(staff), now=now), now)


def _record(staff: Staff, action: str, kind: str, key: UUID, now: datetime) -> None:
    record(_actor(staff), [Act(action, kind, str(key))], force=staff.force_id, now=now)


def _case(staff: Staff, case_id: UUID) -> Case:
    case = Case.objects.filter(force_id=staff.force_id, id=case_id).first()
    if case is None:
        raise NotPossible("unknown")
    return case


def officer_update(
    staff: Staff, case_id: UUID, milestone: str, text: dict[str, str], *, now: datetime
) -> Entry:
    """An officer writes an update at the desk: it is published, and the victims are told.

    Writing it is the yes that a held milestone waits for; only where a person must speak to the victim first does it
    wait, with a task that says so. Raises NotPossible: ``unknown``, ``closed`` (no victim can see the case).
    """
    force_lock(staff.force_id)
    case = _case(staff, case_id)
    if not case.open:
        raise NotPossible("closed")
    row = Update(
        force_id=staff.force_id,
        crime_id=case.crime_id,
        update_id=str(new_id()),
        by_desk=True,
        author=staff.officer_id,
        milestone=milestone,
        happened_at=now,
        text={language: words for language, words in text.items() if words} or None,
        sequence=int(now.timestamp() * 1000),
        live=True,
    )
    row.save(force_insert=True)
    _again(staff, case.crime_id, now)
    entry = Entry.objects.get(case=case, key=f"desk:{row.update_id}")
    if entry.state == "held" and entry.hold_reason in ("milestone", "outcome"):
        return _decide(staff, entry, "release", "", now)
    return entry


def _held(staff: Staff, entry_id: UUID) -> Entry:
    force_lock(staff.force_id)
    entry = (
        Entry.objects.select_related("case")
        .filter(force_id=staff.force_id, id=entry_id, state="held")
        .first()
    )
    if entry is None:
        raise NotPossible("not held")
    return entry


def _decide(staff: Staff, entry: Entry, decision: str, reason: str, now: datetime) -> Entry:
    entry.decision, entry.decided_hash = decision, entry.words_hash
    entry.decided_by, entry.decided_at = staff.account_id, now
    entry.note = {"reason": reason} if reason else None
    entry.save(update_fields=["decision", "decided_hash", "decided_by", "decided_at", "note"])
    _record(staff, f"entry.{decision}", "entry", entry.id, now)
    _again(staff, entry.case.crime_id, now)
    if decision != "keep":
        Task.objects.filter(
            force_id=staff.force_id,
            kind__in=TO_SPEAK,
            once__startswith=f"{entry.id}:",  # also about words that it had before
            done_at=None,
        ).update(done_at=now, done_by=staff.account_id)
    return Entry.objects.select_related("case").get(id=entry.id)


def release(staff: Staff, entry_id: UUID, *, now: datetime) -> Entry:
    """An officer's yes to a held update: it is published, and the victims are told. Raises NotPossible."""
    return _decide(staff, _held(staff, entry_id), "release", "", now)


def keep_hold(staff: Staff, entry_id: UUID, reason: str, *, now: datetime) -> Entry:
    """A held update stays held, for a reason. Raises NotPossible."""
    return _decide(staff, _held(staff, entry_id), "keep", reason, now)


def never(staff: Staff, entry_id: UUID, reason: str, *, now: datetime) -> Entry:
    """A held update is not for victims, unless its words change. Raises NotPossible."""
    return _decide(staff, _held(staff, entry_id), "never", reason, now)


def _crime(staff: Staff, crime_id: UUID) -> Crime:
    force_lock(staff.force_id)
    crime = Crime.objects.filter(force_id=staff.force_id, id=crime_id).first()
    if crime is None:
        raise NotPossible("unknown")
    return crime


def _why(staff: Staff, kind: str, crime_id: UUID, reason: str, now: datetime) -> None:
    """Keep an officer's reason: encrypted, beside the done task that it is, because the audit holds no free text."""
    Task.objects.create(
        force_id=staff.force_id, kind=kind, once=str(new_id()), crime_id=crime_id, created_at=now, done_at=now,
        done_by=staff.account_id, note=reason,
    )  # fmt: skip


def withhold(staff: Staff, crime_id: UUID, reason: str, *, now: datetime) -> None:
    """Close every page of a crime at once and cancel what was about to be sent. Raises NotPossible."""
    crime = _crime(staff, crime_id)
    crime.withheld_here = True
    crime.save(update_fields=["withheld_here"])
    _record(staff, "crime.withheld", "crime", crime_id, now)
    _why(staff, "withheld", crime_id, reason, now)
    _again(staff, crime_id, now)


def lift(staff: Staff, crime_id: UUID, reason: str, *, now: datetime) -> None:
    """A supervisor lifts a withholding; what was missed waits on the list of held updates. Raises NotPossible."""
    crime = _crime(staff, crime_id)
    crime.withheld_here = False
    crime.restored_sequence = max(crime.restored_sequence, crime.withheld_sequence)
    crime.save(update_fields=["withheld_here", "restored_sequence"])
    _record(staff, "crime.lifted", "crime", crime_id, now)
    _why(staff, "lifted", crime_id, reason, now)
    _again(staff, crime_id, now)


def switch_on(staff: Staff, crime_id: UUID, on: bool, reason: str, *, now: datetime) -> None:
    """An officer decides, after speaking about risk, whether victims of a protected crime may track it."""
    crime = _crime(staff, crime_id)
    crime.switched_on = on
    crime.save(update_fields=["switched_on"])
    _record(staff, "crime.switched_on" if on else "crime.switched_off", "crime", crime_id, now)
    _why(staff, "switched_on" if on else "switched_off", crime_id, reason, now)
    _again(staff, crime_id, now)


def switch_look(staff: Staff, victim_id: UUID, on: bool, reason: str, *, now: datetime) -> None:
    """An officer switches a look without an account off for a victim, or takes that back.

    On opens nothing that the victim, the records system or the force has closed. Raises NotPossible: ``unknown`` (or as
    asked already).
    """
    force_lock(staff.force_id)
    victim = Victim.objects.filter(force_id=staff.force_id, id=victim_id, live=True, look_off=on).first()
    if victim is None:
        raise NotPossible("unknown")
    victim.look_off = not on
    victim.save(update_fields=["look_off"])
    _record(staff, "look.switched_on" if on else "look.switched_off", "victim", victim_id, now)
    _why(staff, "look_on" if on else "look_off", victim.crime_id, reason, now)


def answer_message(staff: Staff, victim_id: UUID, text: str, once: UUID, *, now: datetime) -> UUID:
    """An officer writes to a victim, who is told that there is a message. Raises messages.NotSent."""
    message = messages.write_as_officer(
        staff.force_id, victim_id, staff.account_id, staff.officer_id, text, once, now=now
    )
    news = alerts.News(
        victim_id,
        message.case_id,
        f"message:{message.id}",
        0,
        crypto.blind("words", str(message.id)),
        "message",
    )
    alerts.tell(staff.force_id, [news], now=now)
    _record(staff, "message.sent", "message", message.id, now)
    return message.id


def _victim(staff: Staff, victim_id: UUID) -> Victim:
    # also one who has joined: a new invitation is how a forgotten password is set anew
    victim = Victim.objects.filter(force_id=staff.force_id, id=victim_id, live=True).first()
    if (
        victim is None
        or not Case.objects.filter(force_id=staff.force_id, crime_id=victim.crime_id, open=True).exists()
    ):
        raise NotPossible("unknown")
    return victim


def told_in_person(staff: Staff, task_id: UUID, note: str, *, now: datetime, refused: bool = False) -> Task:
    """A person has done what a task asked for. Raises NotPossible: ``unknown`` (or done already).

    Who has spoken with a victim has thereby released what waited for it, if it still says the same; and who has spoken
    about a new address, that it is asked to confirm, or, where the victim proved it here, that it is made; `refused`:
    that it is not theirs.
    """
    force_lock(staff.force_id)
    task = tasks.done(staff.force_id, task_id, by=staff.account_id, note=note, now=now)
    if task is None:
        raise NotPossible("unknown")
    _record(staff, f"task.{task.kind}", "task", task.id, now)
    if task.kind in TO_SPEAK and (entry := _waiting_for(task)) is not None:
        _decide(staff, entry, "release", "", now)
    if task.kind == alerts.CONTACT_CHANGED and task.victim_id:
        changed = {task.victim_id: list(task.detail["channels"])}
        alerts.tell_of_change(staff.force_id, changed, now=now, spoken=True)
    if task.kind == alerts.OWN_WAITS and own_addresses.decide(
        staff.force_id, UUID(task.detail["change"]), allow=not refused, now=now
    ):
        _record(
            staff, f"address.{'refused' if refused else 'allowed'}", "victim", task.victim_id or task.id, now
        )
    return task


def letter_posted(
    staff: Staff, task_id: UUID, made: bytes, language: str, note: str, *, now: datetime
) -> Task:
    """What a task asked for is done by this letter (a PDF), which a machine prints and posts. Raises NotPossible."""
    task = told_in_person(staff, task_id, note, now=now)
    if task.victim_id is None:
        raise NotPossible("unknown")
    victim = _victim(staff, task.victim_id)
    alerts.post(task, victim, made, language, now=now)
    _record(staff, "letter.posted", "victim", victim.id, now)
    return task


def address_refused(staff: Staff, task_id: UUID, note: str, *, now: datetime) -> Task:
    """An officer has spoken with them: the address that was typed here is not theirs. Raises NotPossible."""
    return told_in_person(staff, task_id, note, now=now, refused=True)


def address_confirmed(staff: Staff, task_id: UUID, note: str, *, now: datetime) -> Task:
    """The person has said that the address which this task is about is right, and wanted: it is used again.

    Raises NotPossible: ``unknown`` (or done already, or a task about something else).
    """
    asked = Task.objects.filter(force_id=staff.force_id, id=task_id, kind__in=ABOUT_ADDRESSES).first()
    if asked is None or asked.victim_id is None:
        raise NotPossible("unknown")
    victim = _victim(staff, asked.victim_id)
    task = told_in_person(staff, task_id, note, now=now)
    found = victim.email_hash if task.detail.get("channel") == "email" else victim.mobile_hash
    if found is not None:
        addresses.confirm(staff.force_id, [bytes(found)], now=now)
    for kind in ABOUT_ADDRESSES:
        tasks.needless(staff.force_id, kind, [victim.id], now=now)
    _record(staff, "address.confirmed", "victim", victim.id, now)
    return task


def _waiting_for(task: Task) -> Entry | None:
    """The entry that is held until this task is done, in the words that it was about."""
    held = Entry.objects.select_related("case").filter(
        force_id=task.force_id, id=task.detail.get("entry"), state="held"
    )
    return next((entry for entry in held if f"{entry.id}:{entry.revision}" == task.once), None)


def set_next_update(staff: Staff, case_id: UUID, on: date | None, *, now: datetime) -> None:
    """Promise the victims the date by which they hear next, or take the promise back. Raises NotPossible."""
    force_lock(staff.force_id)
    case = _case(staff, case_id)
    case.promised_on, case.version, case.changed_at = on, case.version + 1, now
    case.save(update_fields=["promised_on", "version", "changed_at"])
    _record(staff, "case.promised", "case", case_id, now)
    bell.ring(promises.BELL)  # the day may be near
