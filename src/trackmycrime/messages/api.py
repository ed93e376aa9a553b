"""The verbs of this room: write, read, mark as read; `untaken`, `take` and `mend` for the worker.

Every verb runs in its caller's transaction, under the rights and the row security of the caller's door.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import ProgrammingError, transaction
from django.db.models import BooleanField, Count, QuerySet
from django.db.models.expressions import RawSQL

from trackmycrime.audit import api as audit
from trackmycrime.kernel import bell
from trackmycrime.kernel.limits import Limit, hit
from trackmycrime.people.models import Access, Officer, Victim
from trackmycrime.people.walls import MY_VICTIMS
from trackmycrime.publish.contacts import shown_as
from trackmycrime.publish.models import Case
from trackmycrime.tasks.models import Task

from .models import Message
from .names import helpers, named
from .records import Shown, show
from .rules import MOST_CHARACTERS, NotSent, cleaned
from .taking import ANSWER, answer_by, mend, open_answers, take, untaken

PER_HOUR = Limit("message", 20, timedelta(hours=1))
"""How much one victim may write: more than a person in need writes, less than fills a team's day."""

BELL = "messages"
"""What the worker's pass that takes messages is called (`rounds.PASSES`)."""
INSUFFICIENT_PRIVILEGE = "42501"
SHOWN = 200
"""How many messages of a thread are read at once, the newest."""

__all__ = [
    "ANSWER",
    "BELL",
    "MOST_CHARACTERS",
    "PER_HOUR",
    "NotSent",
    "Shown",
    "answer_by",
    "helpers",
    "mark_read_by_police",
    "mark_read_by_victim",
    "mend",
    "my_unread",
    "settle",
    "show",
    "take",
    "thread",
    "unread_for",
    "untaken",
    "write_as_helper",
    "write_as_officer",
    "write_as_victim",
]


def _add(message: Message) -> Message:
    """Store it, or give back the one that the same form made before. The same form cannot write for two victims."""
    try:
        with transaction.atomic():
            Message.objects.bulk_create([message], ignore_conflicts=True)
    except ProgrammingError as refused:  # row security: the case was closed to them in this very moment
        if getattr(refused.__cause__, "sqlstate", "") != INSUFFICIENT_PRIVILEGE:
            raise
        raise NotSent("closed") from None
    kept = Message.objects.filter(once=message.once, victim_id=message.victim_id, by=message.by).first()
    if kept is None:
        raise NotSent("closed")
    return kept


def write_as_victim(
    victim_id: UUID, case_id: UUID, account_id: UUID, text: str, once: UUID, *, now: datetime
) -> Message:
    """A victim writes to the police on their own case, and the worker is rung to find who answers.

    `once` is made with the form: sent again, it gives the message that is there. Raises NotSent: ``empty``,
    ``too_long``, ``unreadable``, ``too_many`` (more than PER_HOUR), or ``closed``, which is also the answer for
    another's, an unknown or a no longer readable case.
    """
    kept = cleaned(text)
    if earlier := Message.objects.filter(
        once=once, victim_id=victim_id, account_id=account_id, by="victim"
    ).first():
        return earlier
    victim = (
        Victim.objects.filter(id=victim_id, account_id=account_id, live=True)
        .only("force_id", "crime_id")
        .first()
    )
    case = victim and Case.objects.filter(id=case_id, crime_id=victim.crime_id, open=True).first()
    if not victim or not case or (case.readable_until is not None and case.readable_until <= now):
        raise NotSent("closed")
    if not hit(PER_HOUR, str(victim_id), now=now):
        raise NotSent("too_many")
    message = _add(
        Message(
            force_id=victim.force_id,
            victim_id=victim_id,
            case_id=case_id,
            by="victim",
            account_id=account_id,
            text=kept,
            written_at=now,
            once=once,
        )
    )
    bell.ring(BELL)
    return message


def write_as_helper(
    access_id: UUID, case_id: UUID, account_id: UUID, text: str, once: UUID, *, now: datetime
) -> Message:
    """Somebody whom the victim let in, and who may write, writes in the victim's thread, in their own name.

    Row security decides; raises NotSent as `write_as_victim`.
    """
    kept = cleaned(text)
    access = Access.objects.filter(id=access_id, ended_at=None, may_write=True, until__gt=now).first()
    if access is None:
        raise NotSent("closed")
    if earlier := Message.objects.filter(once=once, access_id=access_id, account_id=account_id).first():
        return earlier
    if not hit(PER_HOUR, f"{access_id} {account_id}", now=now):
        raise NotSent("too_many")
    message = _add(
        Message(
            force_id=access.force_id,
            victim_id=access.victim_id,
            case_id=case_id,
            by="victim",
            account_id=account_id,
            access_id=access_id,
            text=kept,
            written_at=now,
            once=once,
        )
    )
    act = audit.Act("message.written_by_helper", "victim", str(access.victim_id), {"access": str(access_id)})
    audit.record(audit.Actor("helper", str(account_id)), [act], force=access.force_id, now=now)
    bell.ring(BELL)
    return message


def write_as_officer(
    force: int, victim_id: UUID, account_id: UUID, officer_id: str, text: str, once: UUID, *, now: datetime
) -> Message:
    """An officer writes to a victim; what was waiting for an answer is settled.

    The victim sees the name of `officer_id` (the records system's id), or the police where there is none. Raises
    NotSent as `write_as_victim`, where ``closed`` says that this force has no such victim, or nothing of the crime is
    open to them.
    """
    kept = cleaned(text)
    victim = Victim.objects.filter(force_id=force, id=victim_id, live=True).only("crime_id").first()
    case = (
        victim and Case.objects.filter(force_id=force, crime_id=victim.crime_id, open=True).only("id").first()
    )
    if not victim or not case:
        raise NotSent("closed")
    officer = Officer.objects.filter(force_id=force, officer_id=officer_id).only("detail").first()
    message = _add(
        Message(
            force_id=force,
            victim_id=victim_id,
            case_id=case.id,
            by="police",
            account_id=account_id,
            shown_as=shown_as(officer.detail) if officer else None,
            text=kept,
            written_at=now,
            once=once,
        )
    )
    settle(force, victim_id, account_id, note="", now=now)
    return message


def settle(force: int, victim_id: UUID, account_id: UUID, *, note: str, now: datetime) -> None:
    """Close the task to answer this victim; what they wrote that nobody has opened yet opens a new one."""
    for task in Task.objects.select_for_update().filter(
        force_id=force, kind=ANSWER, victim_id=victim_id, done_at=None
    ):
        task.done_at, task.done_by, task.note = now, account_id, note or None
        task.save(update_fields=["done_at", "done_by", "note"])
    open_answers(_unread(by="victim").filter(force_id=force, victim_id=victim_id), now=now)


def thread(victim_id: UUID, *, before: datetime | None = None, limit: int = SHOWN) -> list[Message]:
    """The newest `limit` messages of a victim's thread (those written earlier than `before`), oldest first.

    What other words have replaced is not there. Where some were written in the records system, their `shown_as` is
    filled in, by one more statement.
    """
    found = Message.objects.filter(victim_id=victim_id, replaced_at=None)
    if before is not None:
        found = found.filter(written_at__lt=before)
    return named(list(found.order_by("-written_at", "-id")[:limit])[::-1])


def _unread(by: str) -> QuerySet[Message]:
    return Message.objects.filter(by=by, read_at=None, replaced_at=None)


def mark_read_by_victim(victim_id: UUID, account_id: UUID, *, now: datetime) -> int:
    """The victim has opened the thread: what the police wrote is read. Says how many messages were new to them."""
    return _unread(by="police").filter(victim_id=victim_id).update(read_at=now, read_by=account_id)


def mark_read_by_police(
    force: int, victim_id: UUID, account_id: UUID, *, own: bool, up_to: datetime, now: datetime
) -> int:
    """A member of staff who may answer has opened the thread: what it showed is read.

    `own`: they are the officer in the case (the victim is told «your officer», else «the team»). `up_to` is when the
    newest message that was shown was written: what came since stays unread.
    """
    found = _unread(by="victim").filter(force_id=force, victim_id=victim_id, written_at__lte=up_to)
    return found.update(read_at=now, read_by=account_id, read_as="officer" if own else "team")


def unread_for(side: str, victim_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many messages wait unread in each of these threads: for the ``victim`` or for the ``police``.

    One statement; a thread without any is not in the answer.
    """
    by = "police" if side == "victim" else "victim"
    counts = _unread(by=by).filter(victim_id__in=victim_ids).values("victim_id").annotate(n=Count("id"))
    return {row["victim_id"]: row["n"] for row in counts}


def my_unread() -> dict[UUID, int]:
    """How many messages of the police wait unread on each case of the signed-in account, by case id.

    For the portal: of the parts that it holds itself, not of those that it was let in to. One statement.
    """
    mine = RawSQL(f"victim_id = {MY_VICTIMS}", [], BooleanField())  # noqa: S611 (a constant of ours)
    counts = _unread(by="police").filter(mine)
    counts_by = counts.values("case_id").annotate(n=Count("id"))
    return {row["case_id"]: row["n"] for row in counts_by}
