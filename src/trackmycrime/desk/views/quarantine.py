"""Events that could not be applied, for administrators: found, looked into, mended, replayed, dropped.

What changes anything is asked for here and done by a worker (`feed.handling`).
"""

import json
from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from trackmycrime.desk import words, words_of_events
from trackmycrime.desk.forms import DropForm, PatchForm, QuarantineForm, SubjectForm
from trackmycrime.desk.gate import FORM, WRITE, allowed, write_down
from trackmycrime.desk.pages import back_to, page
from trackmycrime.desk.reads import quarantine as reads
from trackmycrime.desk.reads.due import Slice
from trackmycrime.desk.rights import Act
from trackmycrime.feed import handling, quarantine
from trackmycrime.feed.quarantine import Wanted
from trackmycrime.kernel.clock import london_date, utc_now
from trackmycrime.people.access import DeskRequest
from trackmycrime.publish import dates

from . import found

LONDON = ZoneInfo("Europe/London")


def _chosen(request: DeskRequest) -> tuple[QuarantineForm, Wanted]:
    """The filter, and what it means; a value that makes no sense is told and does not count."""
    form = QuarantineForm(request.GET, sources=reads.sources(request.staff.force_id))
    form.is_valid()
    said = form.cleaned_data
    since = said.get("since")
    midnight = datetime.combine(since, time(), LONDON).isoformat() if since else ""
    names = ("source", "problem", "type", "waiting")
    return form, Wanted(**{name: said.get(name, "") for name in names}, since=midnight)


@allowed(Act.QUARANTINE)
def listed(request: DeskRequest) -> HttpResponse:
    """One page of what is in quarantine, the newest first, by the filter in the address."""
    form, wanted = _chosen(request)
    return _list(request, form, wanted, SubjectForm(), found.page_number(request))


@allowed(Act.QUARANTINE, FORM)
def find(request: DeskRequest) -> HttpResponse:
    """What is in quarantine about one crime, officer or unit. Sent as a form, so that no address holds a reference."""
    form = SubjectForm(request.POST if request.method == "POST" else None)
    filters = QuarantineForm(None, sources=reads.sources(request.staff.force_id))
    wanted = Wanted(subject=form.cleaned_data["subject"].strip()) if form.is_valid() else Wanted()
    return _list(request, filters, wanted, form, 1, 422 if form.errors else 200)


def _list(
    request: DeskRequest,
    form: QuarantineForm,
    wanted: Wanted,
    search: SubjectForm,
    number: int,
    status: int = 200,
) -> HttpResponse:
    now, force = utc_now(), request.staff.force_id
    total = quarantine.count(force, wanted, now=now)
    size = 100 if wanted.subject else reads.PAGE
    rows = reads.rows(quarantine.find(force, wanted, now=now, most=size, skip=(number - 1) * size), now)
    kept = {name: value for name, value in request.GET.dict().items() if name != "page"}
    return page(
        request,
        "desk/quarantine.html",
        "quarantine",
        status,
        events=Slice(rows, number, total, size),
        late=quarantine.count(force, Wanted(waiting="long"), now=now),
        form=form,
        search=search,
        filtered=bool(wanted.as_dict()),
        by_subject=bool(wanted.subject),
        query=f"{urlencode(kept)}&" if kept else "",
        asked=reads.asked(handling.latest(force, None), now),
    )


def _look(request: DeskRequest, event_id: UUID, now: datetime) -> quarantine.Look:
    try:
        return quarantine.look(request.staff.force_id, event_id, now=now)
    except quarantine.NotThere as gone:
        raise Http404 from gone


def _open(request: DeskRequest, event_id: UUID, now: datetime) -> quarantine.Look:
    """The event, while it is in quarantine and nothing is being done with it."""
    look = _look(request, event_id, now)
    if look.found.status != quarantine.QUARANTINED or reads.busy(request.staff.force_id, event_id):
        raise Http404
    return look


@allowed(Act.QUARANTINE)
def event(request: DeskRequest, event_id: UUID) -> HttpResponse:
    """Look into one event: what is wrong, what was said, with what is personal masked."""
    now = utc_now()
    look = _look(request, event_id, now)
    write_down(request, "event.seen", "event", event_id)
    asked = handling.latest(request.staff.force_id, event_id)
    return page(
        request,
        "desk/quarantine_event.html",
        "quarantine",
        event=reads.row(look.found, now),
        look=look,
        data=json.dumps(look.data, ensure_ascii=False, indent=2) if look.data else "",
        envelope=list(look.envelope.items()),
        asked=reads.asked(asked, now),
        open=look.found.status == quarantine.QUARANTINED and (asked is None or asked.done_at is not None),
        fate=words.said(words_of_events.FATES, look.found.status)
        if look.found.status != "quarantined"
        else "",
    )


@allowed(Act.QUARANTINE, FORM)
def mend(request: DeskRequest, event_id: UUID) -> HttpResponse:
    """Correct an event. The contract judges the correction before anything is asked of a worker."""
    now, force = utc_now(), request.staff.force_id
    look = _open(request, event_id, now)
    start = {"patch": json.dumps(reads.beginning(look), ensure_ascii=False, indent=2)}
    form = PatchForm(request.POST if request.method == "POST" else None, initial=start)
    if form.is_valid():
        patch = form.cleaned_data["patch"]
        try:
            quarantine.corrected(force, event_id, patch, now=now)
        except quarantine.StillWrong as why:
            form.add_error("patch", ValidationError(_("It would still be wrong: %(why)s") % {"why": why}))
        else:
            handling.ask(
                force, handling.MEND, event=event_id, patch=patch, by=request.staff.account_id, now=now
            )
            return back_to("quarantine_event", event_id, done="asked")
    write_down(request, "event.seen", "event", event_id)
    return page(
        request,
        "desk/quarantine_mend.html",
        "quarantine",
        422 if form.errors else 200,
        event=reads.row(look.found, now),
        look=look,
        form=form,
    )


@allowed(Act.QUARANTINE, WRITE)
def replay(request: DeskRequest, event_id: UUID) -> HttpResponse:
    """Judge one event once more, as it is."""
    now = utc_now()
    _open(request, event_id, now)
    handling.ask(
        request.staff.force_id, handling.REPLAY, event=event_id, by=request.staff.account_id, now=now
    )
    return back_to("quarantine_event", event_id, done="asked")


@allowed(Act.QUARANTINE, FORM)
def replay_all(request: DeskRequest) -> HttpResponse:
    """Judge all events once more that the filter in the address describes, after saying how many they are."""
    now, force = utc_now(), request.staff.force_id
    _form, wanted = _chosen(request)
    if request.method == "POST":
        handling.ask(force, handling.REPLAY, wanted=wanted, by=request.staff.account_id, now=now)
        return back_to("quarantine", done="asked")
    since = datetime.fromisoformat(wanted.since) if wanted.since else None
    said = {
        _("Source"): dict(reads.sources(force)).get(wanted.source, ""),
        _("Problem"): words.said(words_of_events.PROBLEMS, wanted.problem) if wanted.problem else "",
        _("Type of event"): wanted.type,
        _("Waiting for another event"): wanted.waiting and _("Yes") if wanted.waiting != "no" else _("No"),
        _("Received since"): dates.day(london_date(since), words.language()) if since else "",
    }
    return page(
        request,
        "desk/quarantine_replay.html",
        "quarantine",
        total=quarantine.count(force, wanted, now=now),
        said=[(what, how) for what, how in said.items() if how],
    )


@allowed(Act.QUARANTINE, FORM)
def drop(request: DeskRequest, event_id: UUID) -> HttpResponse:
    """Take an event out of the quarantine for good, with a reason."""
    now = utc_now()
    look = _open(request, event_id, now)
    form = DropForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        handling.ask(
            request.staff.force_id, handling.DROP, event=event_id, reason=form.cleaned_data["reason"],
            by=request.staff.account_id, now=now,
        )  # fmt: skip
        return back_to("quarantine_event", event_id, done="asked")
    return page(
        request,
        "desk/quarantine_drop.html",
        "quarantine",
        422 if form.errors else 200,
        event=reads.row(look.found, now),
        form=form,
    )
