"""My cases, and one case. What may be seen is decided in `publish` and by row security, not here."""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from trackmycrime.design.assets import digest
from trackmycrime.kernel.clock import london_date, utc_now
from trackmycrime.messages import api as messages
from trackmycrime.people import offers
from trackmycrime.people.access import PortalRequest
from trackmycrime.people.helping import giving
from trackmycrime.portal import disguise, frame, looking, reads
from trackmycrime.portal.kept import Kept
from trackmycrime.publish import dates, view

_kept = Kept()


@require_safe
def mine(request: PortalRequest) -> HttpResponse:
    """All cases of the account, the one with the newest entry first."""
    now = utc_now()
    seen_at = looking.since(request, now=now)
    lines = view.my_cases(get_language() or "en", now=now, seen_at=seen_at, unread=messages.my_unread())
    news = sum(line.new_updates + line.new_messages for line in lines)
    context = {
        "helping": any(line.helping for line in lines),
        "lines": lines,
        "news": news,
        "here": "cases",
        "join_url": reverse("join"),
    }
    context["offered"] = len(offers.mine(now))
    return render(request, "portal/cases/mine.html", context)


@require_safe
def one(request: PortalRequest, id: UUID) -> HttpResponse:
    """One case, whole. Another's, an unknown and a closed-off one are all not found."""
    now = utc_now()
    seen_at = looking.since(request, now=now)
    assert request.account_id is not None
    state = reads.look(id, request.account_id, now=now)
    if state is None:
        raise Http404
    disguise.note(request, state.disguised)
    for shared in state.shared:
        if not shared.given:
            giving.looked(request.account_id, shared.id, shared.victim_id, force_id=state.force_id, now=now)
    tag = _tag(state, disguise.wanted(request), seen_at, now)
    if tag in request.headers.get("If-None-Match", ""):
        response: HttpResponse = HttpResponseNotModified()
    else:

        def write() -> str:
            case = view.case_page(id, get_language() or "en", now=now, seen_at=seen_at)
            if case is None:
                raise Http404
            context = {"case": case, "id": id, "new_messages": state.unread, **_shared(state, now)}
            main = render_to_string("portal/cases/_case.html", context)
            return frame.around(request, "portal/cases/case.html", main, here="cases")

        response = HttpResponse(_kept.page(request, request.account_id, f"{id} {tag}", write))
    response["ETag"] = tag
    return response


def _shared(state: reads.State, now: datetime) -> dict[str, Any]:
    """Whom the case is shared with; of a reader who was let in, until when and whether they may write."""
    language, today = get_language() or "en", london_date(now)
    lines: list[dict[str, Any]] = [
        {
            "name": one.name,
            "until": dates.day(one.last_day, language, today=today),
            "may_write": one.may_write,
            "taken_up": one.taken_up,
        }
        for one in state.shared
        if one.given is state.own
    ]
    if state.own:
        return {"shared": lines}
    lines.sort(key=lambda line: line["may_write"], reverse=True)
    return {"helping": lines[0] if lines else None, "hide_own": True}


def _tag(state: reads.State, neutral: bool, seen_at: datetime, now: datetime) -> str:
    """The name of the page as it stands: everything that can change it, and nothing that can be read from it.

    The day is in it because «by Thursday» passes; the digest because a kept page names our static files.
    """
    parts = (state, neutral, get_language(), seen_at, london_date(now), digest())
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'
