"""The first page, lists of cases, and the search by a reference."""

from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from trackmycrime.desk import words
from trackmycrime.desk.forms import SearchForm
from trackmycrime.desk.gate import FORM, allowed, may_here
from trackmycrime.desk.pages import back_to, page
from trackmycrime.desk.reads import cases as case_lists
from trackmycrime.desk.reads import due, held
from trackmycrime.desk.reads.me import Scope, me, scope
from trackmycrime.desk.rights import Act
from trackmycrime.feed import quarantine
from trackmycrime.feed.quarantine import Wanted
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.access import DeskRequest

from .found import page_number

FEW = 5


def choice(request: DeskRequest, chosen: Scope, keep: str = "") -> dict[str, Any]:
    """Whose work a list shows and can show, for ``desk/_scopes.html``; `keep` is the rest of the list's query.

    Somebody without an officer in the records system has no choice: they see the whole force's.
    """
    names = {"mine": _("Mine only"), "team": _("Mine and my team’s"), "force": _("The whole force")}
    known = bool(me(request).officer_id)
    return {
        "scope": chosen.name,
        "scopes": [(name, text, name == chosen.name) for name, text in names.items()] if known else [],
        "keep": keep,
        "query": f"{keep}who={chosen.name}&",
    }


@allowed(Act.START)
def start(request: DeskRequest) -> HttpResponse:
    """What is due, the most urgent first, under the figures. An administrator sees the figures alone."""
    now = utc_now()
    chosen = scope(request)
    counts = due.counts(chosen, now)
    unreachable = request.GET.get("show") == "unreachable"
    today = words.moment(now, now)
    shared = {
        "counts": counts,
        "today": today,
        **choice(request, chosen, "show=unreachable&" if unreachable else ""),
    }
    if not may_here(request, Act.SEE_CASES):
        if may_here(request, Act.QUARANTINE):
            waiting = ("all", Wanted()), ("late", Wanted(waiting="long"))
            force = request.staff.force_id
            shared["quarantined"] = {
                name: quarantine.count(force, wanted, now=now) for name, wanted in waiting
            }
        return page(request, "desk/figures.html", "start", **shared)
    number = page_number(request)
    tasks = due.tasks(
        chosen,
        now,
        number=number,
        total=counts.unreachable if unreachable else counts.due,
        kinds=due.UNREACHABLE if unreachable else None,
    )
    first = number == 1 and not unreachable
    return page(
        request,
        "desk/start.html",
        "start",
        **shared,
        tasks=tasks,
        sections=due.sections(tasks.rows, now),
        unreachable=unreachable,
        held=held.held(chosen, now, number=1, total=counts.held, size=FEW) if first and counts.held else None,
        cases=case_lists.cases(chosen, now, closed=False, number=1, size=FEW) if first else None,
        search=SearchForm(),
    )


@allowed(Act.SEE_CASES)
def cases(request: DeskRequest) -> HttpResponse:
    """The cases of this officer and team, the newest first."""
    return _cases(request, SearchForm())


def _cases(request: DeskRequest, form: SearchForm, status: int = 200) -> HttpResponse:
    chosen, closed = scope(request), request.GET.get("show") == "closed"
    found = case_lists.cases(chosen, utc_now(), closed=closed, number=page_number(request))
    return page(
        request,
        "desk/cases.html",
        "cases",
        status,
        cases=found,
        closed=closed,
        form=form,
        **choice(request, chosen, "show=closed&" if closed else ""),
    )


@allowed(Act.SEE_CASES, FORM)
def find(request: DeskRequest) -> HttpResponse:
    """Open the case with exactly this reference. It is sent as a form, so that no address holds a reference."""
    form = SearchForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        crime = case_lists.find(request.staff.force_id, form.cleaned_data["reference"])
        if crime is not None:
            return back_to("case", crime)
        form.not_found()
    return _cases(request, form, 422 if form.errors else 200)
