"""What follows from what: for each thing that can happen, one function that calls the next rooms in order.

The gateway and the desk call these in their own transaction, bound to one force; what a worker carries on is in
`rounds`. All of it is in that transaction or none. What leaves the machine is only prepared here (DESIGN, «The way of
the data»).
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from django.db import transaction

from trackmycrime.alerts import api as alerts
from trackmycrime.audit.api import Act, Actor, record
from trackmycrime.cases.models import Crime, Update
from trackmycrime.feed.accept import Result as Result
from trackmycrime.feed.accept import Source, accept
from trackmycrime.feed.contract import Event, Refusal
from trackmycrime.feed.records.messages import dealt_with, unshown
from trackmycrime.forces.models import Force
from trackmycrime.kernel import bell, crypto, setwise
from trackmycrime.kernel.ids import new_id
from trackmycrime.kernel.locks import force_lock
from trackmycrime.messages import api as messages
from trackmycrime.people import invitations
from trackmycrime.people.models import Victim
from trackmycrime.publish import promises
from trackmycrime.publish.contacts import publish_contacts
from trackmycrime.publish.models import Case, Entry
from trackmycrime.publish.published import News, Published
from trackmycrime.publish.refresh import Refresh, protected_crimes, refresh
from trackmycrime.tasks import api as tasks
from trackmycrime.tasks.models import Task


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


# the feed


def take_events(
    source: Source, judged: Sequence[Event | Refusal], *, now: datetime, again: Sequence[UUID] = ()
) -> list[Result]:
    """A delivery of the feed: keep every event, apply what can be, publish, invite, tell.

    `again`: the rows of events that are in quarantine already, and are judged once more.
    """
    force_lock(source.force_id)
    force = Force.objects.get(id=source.force_id)
    with setwise.ahead():
        with accept(source, judged, now=now, again=again) as accepted:
            publish_contacts(force, accepted.contacts)
            publishing = Refresh(
                force,
                accepted.crimes,
                new=accepted.new_crimes,
                came=accepted.came,
                known=accepted.known,
                restated=accepted.restated,
                now=now,
            )
        setwise.check_keys()
        _follow(force, publishing.run(), now, written=accepted.messages, came=accepted.came)
    return accepted.results


def publish_anew(force: Force, crimes: Sequence[UUID], *, now: datetime) -> None:
    """Publish crimes that nobody could see until now as if they had just come, with all that follows."""
    _follow(force, refresh(force, crimes, new=set(crimes), now=now), now, written=crimes)


def _follow(
    force: Force,
    published: Published,
    now: datetime,
    *,
    written: Collection[UUID] = (),
    came: Collection[UUID] = (),
) -> None:
    """What follows from what was published: nothing more goes out about what closed; victims are invited or told.

    `written`: crimes about which an officer may have written to a victim in the records system. `came`: victims who
    have a part since now; who of them was invited before is told what stands there.
    """
    _close(force, published.closed, now)
    tasks.open_tasks(force.id, published.needs, now=now)
    sent = _sent_messages(force, published, written, now)
    uninvited = {
        part.id: crime
        for crime, parts in published.victims.items()
        for part in parts
        if part.live and not part.joined and not part.invited
    }
    live = [news for news in published.news if news.live]
    told = _told(live, published, but=set(uninvited))
    told += [news for news in sent if news.victim_id not in uninvited]
    if back := set(came) - set(uninvited):
        standing = [item for crime in published.victims for item in published.entries.get(crime, ())]
        told += _told(standing, published, only=back)
    known = alerts.people({*uninvited, *(news.victim_id for news in told)})
    flagged = {victim for victim, crime in uninvited.items() if crime in published.protected}
    victims = [known[victim].victim for victim in uninvited if victim in known]
    invited = invitations.invite(force, victims, flagged=flagged, now=now)
    crimes = {one.victim.id: uninvited[one.victim.id] for one in invited}
    at_once = [item for crime in dict.fromkeys(crimes.values()) for item in published.entries[crime]]
    alerts.invite_and_tell(
        known,
        [(one, published.cases[crimes[one.victim.id]]) for one in invited],
        _told(at_once, published, only=set(crimes)),
        told,
        force=force.id,
        now=now,
    )


def _sent_messages(
    force: Force, published: Published, written: Collection[UUID], now: datetime
) -> list[alerts.News]:
    """What officers wrote in the records system comes into the threads of open cases; says what of it is news.

    What was written while a case was closed to its victims goes out by an officer's hand only: a task says so.
    """
    crimes = [crime for crime in published.cases if crime in written or crime in published.opened]
    waiting = unshown(force.id, crimes)
    missed = [one for one in waiting if one.crime_id in published.opened]
    tasks.open_tasks(force.id, [one.not_shown(now) for one in missed], now=now)
    sent = [one for one in waiting if one.crime_id not in published.opened]
    shown = messages.show(force.id, sent, published.cases, now=now)
    dealt_with([one.id for one in missed] + [one.sent.id for one in shown])
    return [
        alerts.News(
            one.victim_id,
            one.case_id,
            f"message:{one.sent.ref}",
            one.sent.sequence,
            one.words_hash,
            "message",
        )
        for one in shown
        if one.sent.live
    ]


def _close(force: Force, crimes: Sequence[UUID], now: datetime) -> None:
    """Nothing more goes out about these crimes, and nobody joins them."""
    if crimes:
        alerts.cancel_for_crimes(force.id, crimes, "closed to victims", now=now)
        shut = Victim.objects.filter(force=force, crime_id__in=crimes).values_list("id", flat=True)
        invitations.revoke(list(shut), now=now)


def _told(
    news: Iterable[News], published: Published, *, only: set[UUID] | None = None, but: Collection[UUID] = ()
) -> list[alerts.News]:
    """The news by victim: whom each concerns, of those who have a part in it."""
    return [
        alerts.News(part.id, item.case_id, item.entry, item.revision, item.words_hash)
        for item in news
        for part in published.victims.get(item.crime_id, ())
        if part.live
        and (item.victims is None or part.id in item.victims)
        and part.id not in but
        and (only is None or part.id in only)
    ]


def republish(force_id: int, *, now: datetime, most: int = 500) -> Iterator[int]:
    """Make what is published agree with a policy that has changed; yields how many crimes are done, batch by batch.

    Each batch is a transaction of its own. Nothing is sent: what closes is cancelled, what opens waits for an officer.
    """
    force = Force.objects.get(id=force_id)
    last, done = UUID(int=0), 0
    while ids := list(
        Crime.objects.filter(force=force, id__gt=last).order_by("id").values_list("id", flat=True)[:most]
    ):
        with transaction.atomic():
            force_lock(force_id)
            published = refresh(force, ids, now=now)
            _close(force, published.closed, now)
            tasks.open_tasks(force_id, published.needs, now=now)
            _sent_messages(force, published, (), now)
        last, done = ids[-1], done + len(ids)
        yield done


# the desk


def _actor(staff: Staff) -> Actor:
    return Actor("officer", str(staff.account_id))


def _again(staff: Staff, crime_id: UUID, now: datetime) -> None:
    """Publish one crime anew after something about it was decided at the desk, with all that follows."""
    force = Force.objects.get(id=staff.force_id)
    _follow(force, refresh(force, [crime_id], actor=_actor(staff), now=now), now)


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
            kind="speak_before_release",
            once=f"{entry.id}:{entry.revision}",
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


def invite_again(staff: Staff, victim_id: UUID, *, now: datetime) -> bool:
    """Send a new invitation, which ends the old one. False: no machine may, and a task says so. Raises NotPossible."""
    victim = _victim(staff, victim_id)
    force = Force.objects.get(id=staff.force_id)
    flagged = {victim.id} if protected_crimes(force, [victim.crime_id]) else set()
    invited = invitations.renew(force, [victim], flagged=flagged, now=now, by=_actor(staff))
    alerts.send_invitations(staff.force_id, invited, now=now)
    return bool(invited)


def invite_in_person(staff: Staff, victim_id: UUID, *, now: datetime) -> invitations.Invited | None:
    """Make a code that the officer hands over, knowing whom they give it to. Raises NotPossible."""
    force = Force.objects.get(id=staff.force_id)
    return invitations.invite_in_person(force, _victim(staff, victim_id), by=_actor(staff), now=now)


def told_in_person(staff: Staff, task_id: UUID, note: str, *, now: datetime) -> Task:
    """A person has done what a task asked for. Raises NotPossible: ``unknown`` (or done already)."""
    task = tasks.done(staff.force_id, task_id, by=staff.account_id, note=note, now=now)
    if task is None:
        raise NotPossible("unknown")
    _record(staff, f"task.{task.kind}", "task", task.id, now)
    return task


def set_next_update(staff: Staff, case_id: UUID, on: date | None, *, now: datetime) -> None:
    """Promise the victims the date by which they hear next, or take the promise back. Raises NotPossible."""
    force_lock(staff.force_id)
    case = _case(staff, case_id)
    case.promised_on, case.version, case.changed_at = on, case.version + 1, now
    case.save(update_fields=["promised_on", "version", "changed_at"])
    _record(staff, "case.promised", "case", case_id, now)
    bell.ring(promises.BELL)  # the day may be near
