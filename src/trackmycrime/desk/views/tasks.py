"""One task: what it is, and that a person has done it."""

from collections.abc import Callable
from uuid import UUID

from django.http import HttpResponse

from trackmycrime import pipeline
from trackmycrime.alerts.api import OWN_WAITS
from trackmycrime.desk import letters, words
from trackmycrime.desk.forms import TaskForm
from trackmycrime.desk.gate import FORM, allowed, may_here, write_down
from trackmycrime.desk.pages import back_to, page
from trackmycrime.desk.reads import case as reads
from trackmycrime.desk.rights import Act
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.access import DeskRequest
from trackmycrime.people.models import Victim
from trackmycrime.tasks.models import Task

from . import found
from .case import title_of

ABOUT_JOINING = (
    "invite_in_person",
    "invitation_not_used",
    "invitation_locked",
    "not_for_me",
    "account_frozen",
)
"""The tasks after which somebody may need a new invitation"""


@allowed(Act.SEE_CASES, FORM)
def task(request: DeskRequest, task_id: UUID) -> HttpResponse:
    """What is to be done and why, what is safe for the person, and the note when it is done."""
    now = utc_now()
    one = found.task(request, task_id)
    may_do = may_here(request, Act.DO_TASK)
    form = TaskForm(request.POST if request.method == "POST" and may_do else None)
    if form.is_valid():
        with found.possible():
            did: Callable[..., Task] = pipeline.told_in_person
            if "confirm" in request.POST:
                did = pipeline.address_confirmed
            elif "refuse" in request.POST:
                did = pipeline.address_refused
            did(request.staff, one.id, form.cleaned_data["note"], now=now)
        if one.crime_id is None:
            return back_to("start", done="settled")
        return back_to("case", one.crime_id, done="settled")
    crime = found.crime(request, one.crime_id) if one.crime_id else None
    victim = Victim.objects.filter(force_id=one.force_id, id=one.victim_id).first() if one.victim_id else None
    if crime is not None:
        write_down(request, "case.seen", "crime", crime.id, task=str(one.id))
    return page(
        request,
        "desk/task.html",
        "start",
        422 if form.errors else 200,
        crime=crime,
        title=title_of(crime) if crime else "",
        task=reads.task_line(one.id, one.kind, one.victim_id, one.due_at, now),
        do=words.task(one.kind, "do"),
        button=words.task(one.kind, "done"),
        about_joining=victim is not None and one.kind in ABOUT_JOINING and may_here(request, Act.INVITE),
        may_refuse=one.kind == OWN_WAITS,
        about_address=one.kind in pipeline.ABOUT_ADDRESSES,
        reason=words.reason(str(one.detail["reason"])) if one.detail.get("reason") else "",
        victim=victim,
        name=str(victim.detail.get("name") or "") if victim else "",
        reach=words.reach(victim) if victim else [],
        safe=words.safe_contact(victim) if victim else [],
        task_id=one.id,
        may_write=may_do and victim is not None and letters.may_tell(one.kind, victim),
        may_post=letters.may_post(),
        large=victim is not None and words.needs_large_print(victim),
        form=form if may_do else None,
    )
