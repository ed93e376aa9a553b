"""Another case of a person who has joined: offered, and added only after the proof that its invitation asks for."""

from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.views.decorators.http import require_POST, require_safe

from trackmycrime.forces.models import Force
from trackmycrime.kernel.clock import london_date, utc_now
from trackmycrime.people import limits, offers
from trackmycrime.people.access import PortalRequest, fresh_only
from trackmycrime.publish import dates

from .joining import KEPT


@require_safe
@fresh_only
def listed(request: PortalRequest) -> HttpResponse:
    """The cases that can be added. What they are about shows after the proof."""
    now, language = utc_now(), "cy" if get_language() == "cy" else "en"
    found = offers.mine(now)
    forces = Force.objects.in_bulk({one.force_id for one in found})
    lines = [
        {
            "id": one.invitation,
            "force": (language == "cy" and forces[one.force_id].name_cy) or forces[one.force_id].name,
            "on": dates.day(london_date(one.sent_at), language),
        }
        for one in found
        if one.force_id in forces
    ]
    return render(request, "portal/cases/more.html", {"lines": lines, "here": "cases"})


@require_POST
@fresh_only
def take(request: PortalRequest, invitation: UUID) -> HttpResponse:
    """Begin to add one of them."""
    try:
        found = offers.take(invitation, limits.address_of(request), now=utc_now())
    except limits.TooManyTries:
        return redirect("more_cases")
    if found is None:
        raise Http404
    request.session[KEPT] = found.kept()
    return redirect("join_code")
