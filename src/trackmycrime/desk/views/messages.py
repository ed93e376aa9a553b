"""Messages: the threads that wait, one thread, and the answer."""

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from trackmycrime import pipeline
from trackmycrime.desk.forms import AnswerForm
from trackmycrime.desk.gate import FORM, allowed, may_here, write_down
from trackmycrime.desk.pages import back_to, page
from trackmycrime.desk.reads import sharing
from trackmycrime.desk.reads import waiting as waiting_threads
from trackmycrime.desk.reads.me import scope
from trackmycrime.desk.reads.record import staff_names
from trackmycrime.desk.rights import Act
from trackmycrime.kernel.clock import utc_now
from trackmycrime.messages import api, view
from trackmycrime.people.access import DeskRequest
from trackmycrime.publish.models import Case
from trackmycrime.tasks.models import Task

from . import found
from .case import title_of
from .start import choice


@allowed(Act.SEE_CASES)
def waiting(request: DeskRequest) -> HttpResponse:
    """The threads that are unread or not answered yet, the most urgent first."""
    chosen = scope(request)
    threads = waiting_threads.waiting(chosen, utc_now(), number=found.page_number(request))
    return page(
        request,
        "desk/messages.html",
        "messages",
        threads=threads,
        **choice(request, chosen),
    )


@allowed(Act.SEE_CASES, FORM)
def thread(request: DeskRequest, victim_id: UUID) -> HttpResponse:
    """All that was said with one victim, and the form to answer. Opened by somebody who may answer, it is read."""
    now = utc_now()
    victim = found.victim(request, victim_id)
    crime = found.crime(request, victim.crime_id)
    may_answer = may_here(request, Act.ANSWER)
    form = AnswerForm(request.POST if request.method == "POST" and may_answer else None)
    if form.is_valid():
        try:
            pipeline.answer_message(
                request.staff, victim.id, form.cleaned_data["text"], form.cleaned_data["once"], now=now
            )
            return back_to("thread", victim.id, done="answered", fragment="end")
        except api.NotSent as refused:
            form.add_error("text" if refused.reason != "closed" else None, _not_sent(refused.reason))
    write_down(request, "thread.seen", "victim", victim.id)
    messages = api.thread(victim.id)
    names = staff_names(
        victim.force_id, {m.account_id for m in messages if m.by == "police" and m.account_id is not None}
    )
    lines = view.lines(
        messages,
        "police",
        now=now,
        names={m.account_id: names.get(str(m.account_id), "") for m in messages if m.account_id},
        victim=str(victim.detail.get("name") or _("The victim")),
        helpers=sharing.names(messages),
    )
    if messages and may_answer and request.method == "GET":
        own = bool(crime.officer_id) and crime.officer_id == request.staff.officer_id
        api.mark_read_by_police(
            victim.force_id,
            victim.id,
            request.staff.account_id,
            own=own,
            up_to=messages[-1].written_at,
            now=now,
        )
    can_read = (
        victim.live and Case.objects.filter(force_id=victim.force_id, crime_id=crime.id, open=True).exists()
    )
    task = Task.objects.filter(
        force_id=victim.force_id, kind=api.ANSWER, victim_id=victim.id, done_at=None
    ).first()
    return page(
        request,
        "desk/thread.html",
        "messages",
        422 if form.errors else 200,
        crime=crime,
        title=title_of(crime),
        victim=victim,
        name=str(victim.detail.get("name") or ""),
        lines=lines,
        earlier=len(messages) == api.SHOWN,
        form=form if may_answer and can_read else None,
        task=task,
    )


def _not_sent(reason: str) -> str:
    return {
        "too_long": _("Your answer is too long. Make it 4,000 characters or fewer, or send it in two parts"),
        "unreadable": _("Your answer has a character that cannot be shown. Type it again"),
        "closed": _(
            "This case is closed to the victim, so they could not read an answer. Tell them in another way"
        ),
    }.get(reason, _("Write your answer before you send it"))
