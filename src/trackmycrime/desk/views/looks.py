"""Switching a look without an account off for one victim, and allowing it again."""

from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from trackmycrime import pipeline
from trackmycrime.desk.forms import ReasonForm
from trackmycrime.desk.gate import FORM, allowed
from trackmycrime.desk.pages import back_to
from trackmycrime.desk.rights import Act
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.access import DeskRequest

from . import found
from .acts import asked


@allowed(Act.SWITCH, FORM)
def switch(request: DeskRequest, victim_id: UUID) -> HttpResponse:
    """Switch it off, or, where an officer has, allow it again; with a reason for the record."""
    victim = found.live_victim(request, victim_id)
    crime = found.crime(request, victim.crime_id)
    on = victim.look_off
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with found.possible():
            pipeline.switch_look(request.staff, victim.id, on, form.cleaned_data["reason"], now=utc_now())
        return back_to("case", crime.id, done="look_on" if on else "look_off", v=str(victim.id))
    what = _(
        "Whoever knows the crime reference and can read this person’s email or texts can see the stage of the case "
        "and which team has it. Nothing else."
    )
    return asked(
        request,
        crime,
        form,
        heading=_("Allow a look without an account again?")
        if on
        else _("Switch a look without an account off?"),
        paragraphs=[
            what,
            _("It opens only where what they said is safe allows it. Their own no always holds.")
            if on
            else _("From this moment nobody gets a code for them, and who is looking sees nothing more."),
        ],
        button=_("Allow it again") if on else _("Switch it off"),
        warning=not on,
    )
