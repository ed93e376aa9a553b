"""What an address names, looked up in this force. Another force's, an unknown and a vanished one are the same 404."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest

from trackmycrime import pipeline
from trackmycrime.cases.models import Crime
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.limits import Limit, hit
from trackmycrime.people.access import DeskRequest
from trackmycrime.people.models import Victim
from trackmycrime.people.recovering import checks
from trackmycrime.publish.models import Case, Entry
from trackmycrime.tasks.models import Task


def _or_404(found: Any) -> Any:
    if found is None:
        raise Http404
    return found


def crime(request: DeskRequest, crime_id: UUID) -> Crime:
    """The crime of this force."""
    found: Crime = _or_404(Crime.objects.filter(force_id=request.staff.force_id, id=crime_id).first())
    return found


def victim(request: DeskRequest, victim_id: UUID) -> Victim:
    """The victim of this force."""
    found: Victim = _or_404(Victim.objects.filter(force_id=request.staff.force_id, id=victim_id).first())
    return found


def live_victim(request: DeskRequest, victim_id: UUID) -> Victim:
    """The victim of this force, unless the records system has withdrawn them."""
    wanted = Victim.objects.filter(force_id=request.staff.force_id, id=victim_id, live=True)
    found: Victim = _or_404(wanted.first())
    return found


def unchecked(request: DeskRequest, victim: Victim) -> bool:
    """Whether this victim has joined, and this officer has not made sure within the hour who it is."""
    return (
        victim.account_id is not None
        and victim.live
        and not victim.no_portal
        and checks.standing(victim, request.staff.account_id, now=utc_now()) is None
    )


def case(request: DeskRequest, crime_id: UUID) -> Case:
    """The published case of a crime of this force, while it is open to its victims."""
    wanted = Case.objects.filter(force_id=request.staff.force_id, crime_id=crime_id, open=True)
    found: Case = _or_404(wanted.first())
    return found


def held(request: DeskRequest, entry_id: UUID) -> Entry:
    """The update that waits for a yes, on a case that is open to its victims."""
    wanted = Entry.objects.filter(force_id=request.staff.force_id, id=entry_id, state="held", case__open=True)
    found: Entry = _or_404(wanted.select_related("case").first())
    return found


def task(request: DeskRequest, task_id: UUID) -> Task:
    """The open task."""
    found: Task = _or_404(
        Task.objects.filter(force_id=request.staff.force_id, id=task_id, done_at=None).first()
    )
    return found


def page_number(request: HttpRequest) -> int:
    """The page of a list that was asked for; 1 for anything that is not a page."""
    asked = request.GET.get("page", "1")
    return min(int(asked), 10_000) if asked.isascii() and asked.isdigit() and int(asked) > 0 else 1


@contextmanager
def possible() -> Iterator[None]:
    """What is not there any more, or not in a state that allows it, is a page that is not found."""
    try:
        yield
    except pipeline.NotPossible as gone:
        raise Http404 from gone


ONCE = Limit("desk_form", 1, timedelta(days=1))


def first_time(once: UUID, now: datetime) -> bool:
    """Whether this form was not sent before. Rolled back with the request, so a failed try may be sent again."""
    return hit(ONCE, str(once), now=now)
