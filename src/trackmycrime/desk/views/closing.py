"""Closing a case to its victims and opening it again."""

from collections.abc import Callable
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from trackmycrime import pipeline
from trackmycrime.cases.models import Crime
from trackmycrime.desk.forms import ReasonForm, SwitchForm
from trackmycrime.desk.gate import FORM, allowed
from trackmycrime.desk.pages import back_to
from trackmycrime.desk.reads import case as reads
from trackmycrime.desk.reads.me import me
from trackmycrime.desk.rights import Act
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.access import DeskRequest

from . import found
from .acts import asked


def _at_once() -> str:
    return _(
        "Nobody outside can open it any more, from this moment. Alerts that wait are cancelled. "
        "The victims are told nothing."
    )


def _done_or_asked(
    request: DeskRequest,
    crime: Crime,
    form: forms.Form,
    act: Callable[[str], object],
    done: str,
    *,
    heading: str,
    paragraphs: list[str],
    button: str,
    warning: bool,
) -> HttpResponse:
    if form.is_valid():
        act(form.cleaned_data["reason"])
        return back_to("case", crime.id, done=done)
    return asked(request, crime, form, heading=heading, paragraphs=paragraphs, button=button, warning=warning)


@allowed(Act.WITHHOLD, FORM)
def withhold(request: DeskRequest, crime_id: UUID) -> HttpResponse:
    """Close every page of a case at once and say nothing about it."""
    crime = found.crime(request, crime_id)
    if crime.withheld:
        raise Http404
    return _done_or_asked(
        request,
        crime,
        ReasonForm(request.POST if request.method == "POST" else None),
        lambda reason: pipeline.withhold(request.staff, crime.id, reason, now=utc_now()),
        "withheld",
        heading=_("Close this case to its victims?"),
        paragraphs=[
            _at_once(),
            _("Only a supervisor, or the records system, can open it again."),
        ],
        button=_("Close the case to its victims"),
        warning=True,
    )


@allowed(Act.LIFT, FORM)
def lift(request: DeskRequest, crime_id: UUID) -> HttpResponse:
    """Open again what was withheld."""
    crime = found.crime(request, crime_id)
    if not crime.withheld:
        raise Http404
    return _done_or_asked(
        request,
        crime,
        ReasonForm(request.POST if request.method == "POST" else None),
        lambda reason: pipeline.lift(request.staff, crime.id, reason, now=utc_now()),
        "lifted",
        heading=_("Open this case again?"),
        paragraphs=[
            _("Its victims can then see it as far as your force’s rules let them."),
            _("What came in the meantime does not go out by itself: it waits for a yes, in one list."),
        ],
        button=_("Open the case again"),
        warning=False,
    )


@allowed(Act.SWITCH, FORM)
def switch(request: DeskRequest, crime_id: UUID) -> HttpResponse:
    """Switch a case of a protected kind on, after a conversation about risk, or off."""
    crime = found.crime(request, crime_id)
    facts = reads.facts(crime, me(request).policy, utc_now())
    if not facts.protected and crime.switched_on is None:
        raise Http404
    turn_on = facts.why_closed in ("protected", "switched_off")
    form_class: type[forms.Form] = SwitchForm if turn_on else ReasonForm
    return _done_or_asked(
        request,
        crime,
        form_class(request.POST if request.method == "POST" else None),
        lambda reason: pipeline.switch_on(request.staff, crime.id, turn_on, reason, now=utc_now()),
        "switched_on" if turn_on else "switched_off",
        heading=_("Let the victims follow this case online?") if turn_on else _("Switch this case off?"),
        paragraphs=(
            [
                _("A case of this kind is off until somebody has talked with each victim about risk."),
                _(
                    "Ask who can see their phone and email, who lives with them, and how they want to be reached."
                ),
                _("Put what is safe into the records system first."),
            ]
            if turn_on
            else [_at_once()]
        ),
        button=_("Switch the case on") if turn_on else _("Switch the case off"),
        warning=not turn_on,
    )
