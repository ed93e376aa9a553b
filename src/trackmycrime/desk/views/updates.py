"""Writing an update and deciding about a held one."""

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from trackmycrime import pipeline
from trackmycrime.desk import names
from trackmycrime.desk.forms import KeepForm, NextDateForm, UpdateForm
from trackmycrime.desk.gate import FORM, WRITE, allowed, write_down
from trackmycrime.desk.pages import back_to, page
from trackmycrime.desk.reads import case as reads
from trackmycrime.desk.reads import due, held
from trackmycrime.desk.reads.me import me, scope
from trackmycrime.desk.rights import Act
from trackmycrime.kernel.clock import london_date, utc_now
from trackmycrime.people.access import DeskRequest
from trackmycrime.publish import defaults

from . import found
from .acts import asked
from .case import title_of
from .preview import previewed
from .start import choice


@allowed(Act.WRITE_UPDATE, FORM)
def update(request: DeskRequest, crime_id: UUID) -> HttpResponse:
    """Write an update: the form, then what the victims will read, then a yes. Sent twice it is one update."""
    now = utc_now()
    crime = found.crime(request, crime_id)
    case = found.case(request, crime_id)
    who = me(request)
    said = request.POST if request.method == "POST" else None
    form = UpdateForm(said, languages=who.languages, today=london_date(now))
    step = request.POST.get("step", "preview")
    if said is None or step == "change" or not form.is_valid():
        return page(
            request,
            "desk/update.html",
            "cases",
            422 if said is not None and step != "change" else 200,
            crime=crime,
            title=title_of(crime),
            form=form,
        )
    data = form.cleaned_data
    if step == "publish":
        if not found.first_time(data["once"], now):
            return back_to("case", crime.id, done="again")
        with found.possible():
            entry = pipeline.officer_update(request.staff, case.id, data["milestone"], form.text(), now=now)
        if data["next_on"]:
            pipeline.set_next_update(request.staff, case.id, data["next_on"], now=now)
        return back_to(
            "case", crime.id, done=entry.state if entry.state in ("published", "held") else "not_shown"
        )
    facts = reads.facts(crime, who.policy, now)
    # writing it is the yes that other holds wait for (pipeline.officer_update)
    act, reason = defaults.rule(
        data["milestone"],
        crime.outcome,
        guarded=bool(facts.protected) or any(person.row.enhanced for person in facts.people),
        policy=who.policy.milestones,
    )
    known = [person.name for person in facts.people] + [
        facts.staffing.officer,
        facts.staffing.unit,
        crime.place,
        who.name,
    ]
    return page(
        request,
        "desk/preview.html",
        "cases",
        crime=crime,
        title=title_of(crime),
        form=form,
        said=[pair for pair in request.POST.items() if pair[0] not in ("csrfmiddlewaretoken", "step")],
        entries=previewed(form, crime, who.languages, facts.staffing, now),
        suspicious=[part for text in form.text().values() for part in names.look_like_names(text, known)],
        speak_first=act == defaults.HOLD and reason == "speak_first",
        never=act == defaults.NEVER,
    )


@allowed(Act.SET_DATE, FORM)
def next_date(request: DeskRequest, crime_id: UUID) -> HttpResponse:
    """Promise the day by which the victims hear next."""
    now = utc_now()
    crime = found.crime(request, crime_id)
    case = found.case(request, crime_id)
    form = NextDateForm(request.POST if request.method == "POST" else None, today=london_date(now))
    if form.is_valid():
        pipeline.set_next_update(request.staff, case.id, form.cleaned_data["next_on"], now=now)
        return back_to("case", crime.id, done="dated")
    return asked(
        request,
        crime,
        form,
        heading=_("When do they hear next?"),
        button=_("Set this date"),
        paragraphs=[_("They see this date at the top of their page, and it is counted as a promise.")],
    )


@allowed(Act.SEE_CASES)
def held_list(request: DeskRequest) -> HttpResponse:
    """All updates that wait for a yes, the oldest first."""
    now = utc_now()
    chosen = scope(request)
    total = due.counts(chosen, now).held
    return page(
        request,
        "desk/held.html",
        "held",
        held=held.held(chosen, now, number=found.page_number(request), total=total),
        **choice(request, chosen),
    )


@allowed(Act.DECIDE_HELD, FORM)
def decide(request: DeskRequest, entry_id: UUID) -> HttpResponse:
    """Read a held update as the victim will; show it, keep it back, or never show it."""
    now = utc_now()
    entry = found.held(request, entry_id)
    crime = found.crime(request, entry.case.crime_id)
    form = KeepForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        decision = form.cleaned_data["decision"]
        act = pipeline.never if decision == "never" else pipeline.keep_hold
        with found.possible():
            act(request.staff, entry.id, form.cleaned_data["reason"], now=now)
        return back_to("case", crime.id, done="never" if decision == "never" else "kept")
    write_down(request, "entry.seen", "entry", entry.id)
    facts = reads.facts(crime, me(request).policy, now)
    return page(
        request,
        "desk/decide.html",
        "held",
        422 if form.errors else 200,
        crime=crime,
        title=title_of(crime),
        entry=reads.held_entry(entry, facts.staffing, now),
        people=[
            person.name
            for person in facts.people
            if person.row.live and (entry.victims is None or person.id in entry.victims)
        ],
        form=form,
    )


@allowed(Act.DECIDE_HELD, WRITE)
def release(request: DeskRequest, entry_id: UUID) -> HttpResponse:
    """Show a held update to its victims, now."""
    entry = found.held(request, entry_id)
    with found.possible():
        pipeline.release(request.staff, entry.id, now=utc_now())
    return back_to("case", entry.case.crime_id, done="released")
