"""What was sent to the person who is signed in: when, how, to which address (masked), in which language."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from trackmycrime.alerts.mine import SentToMe, sent_to_me
from trackmycrime.kernel.clock import london_date, utc_now
from trackmycrime.people.access import PortalRequest
from trackmycrime.people.models import Victim
from trackmycrime.portal import reads
from trackmycrime.portal.ways import masked_way
from trackmycrime.publish import dates

MOST, PAGE = 500, 20
"""How many letters are looked at, and how many stand on one page"""


@dataclass(frozen=True)
class Line:
    """One letter in words that say no more than it said itself."""

    what: str
    way: str
    language: str
    when: str
    arrived: str
    failed: bool


@require_safe
def sent(request: PortalRequest) -> HttpResponse:
    """The list, the newest first. What must not show here is not known here (`sent_to_me`)."""
    now = utc_now()
    assert request.account_id is not None
    mine = {victim.id: victim for _case, victim in reads.my_parts(request.account_id)}
    found = Paginator(sent_to_me(most=MOST), PAGE).get_page(request.GET.get("page"))
    context = {"sent": found, "lines": [_line(one, mine, now) for one in found], "here": "settings"}
    return render(request, "portal/account/sent.html", context)


def _line(one: SentToMe, mine: dict[UUID, Victim], now: datetime) -> Line:
    kinds = {
        "alert": _("A note that there was something new"),
        "no_news": _("A note that there was no news yet"),
        "contact_new": _("A note that we now write to you there"),
        "contact_told": _("A note that how we reach you had changed"),
        "sign_in": _("A note that your account was signed in to"),
        "frozen": _("A note that your account was closed"),
        "invitation": _("An invitation to use this site"),
        "code": _("A code that was asked for here"),
    }
    tongues = {"en": _("In English"), "cy": _("In Welsh"), "cy+en": _("In Welsh and English")}
    arrived = {"delivered": _("It arrived"), "failed": _("It could not be delivered")}
    return Line(
        what=kinds.get(one.about if one.purpose == "alert" else one.purpose, kinds["alert"]),
        way=_way(one, mine.get(one.victim_id)),
        language=tongues.get(one.language, ""),
        when=dates.moment(one.at, get_language() or "en", today=london_date(now)),
        arrived=arrived.get(one.state, ""),
        failed=one.state == "failed",
    )


def _way(one: SentToMe, victim: Victim | None) -> str:
    if one.channel == "push":
        return _("A notification on a phone or computer of yours")
    if one.on_file and victim:
        return masked_way(one.channel, victim)
    if one.channel == "email":
        return _("Email to an address that we do not use for you any more")
    return _("Text message to a number that we do not use for you any more")
