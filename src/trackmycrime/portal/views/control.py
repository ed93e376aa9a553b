"""Staying in control of one's account: where it is signed in, and that one or all of these end."""

from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from trackmycrime.kernel.clock import london_date, utc_now
from trackmycrime.people import browsers, freezing, place, sessions
from trackmycrime.people.access import PortalRequest, open_to_all
from trackmycrime.people.recovering.reopening import LET_IN
from trackmycrime.people.sessions import own
from trackmycrime.publish import dates

from .session import out


@require_safe
def devices(request: PortalRequest) -> HttpResponse:
    """Where the account is signed in, when this session ends, and when somebody signed in lately."""
    now = utc_now()
    assert request.account_id is not None
    ends, _renewed = request.session.ends(now)  # type: ignore[attr-defined]
    context = {
        "sessions": [
            {
                "name": one.name,
                "here": one.here,
                "browser": browsers.said(one.browser, one.system),
                "place": place.said(one.country, private=one.private, same=one.same_network or one.here),
                "began": _moment(one.began_at, now),
                "used": _moment(one.used_at, now),
            }
            for one in own.mine(request, now=now)
        ],
        "recent": [
            {
                "instead": _instead_of_place(one.how),
                "browser": browsers.said(one.detail.get("browser", ""), one.detail.get("system", "")),
                "place": place.said(one.detail.get("country", ""), private=bool(one.detail.get("private"))),
                "at": _moment(one.at, now),
                "told": _told(one.told),
            }
            for one in own.recent(request.account_id)
        ],
        "ends": _moment(ends, now),
        "last_end": _moment(request.session.last_end(now), now),  # type: ignore[attr-defined]
        "idle": int(request.session.idle.total_seconds()) // 60,  # type: ignore[attr-defined]
        "ended": "ended" in request.GET,
        "here": "account",
    }
    return render(request, "portal/account/devices.html", context)


@require_POST
def end(request: PortalRequest, name: str) -> HttpResponse:
    """End one of them; the one that asks goes by signing out."""
    if not own.end(request, name, now=utc_now()):
        raise Http404
    return HttpResponseRedirect(f"{reverse('devices')}?ended=1")


@require_POST
def end_all(request: PortalRequest) -> HttpResponse:
    """Sign out everywhere, here too."""
    assert request.account_id is not None
    now = utc_now()
    own.write_down(request, request.account_id, "session.all_ended", now=now)
    sessions.end_all(request.account_id, door="portal")
    return out(request, "portal/account/signed_out.html", everywhere=True, now=now)


@require_http_methods(["GET", "HEAD", "POST"])
def freeze(request: PortalRequest) -> HttpResponse:
    """«Somebody else may have seen this»: what it does, and then it is done. It asks for nothing more: it hurries."""
    if request.method != "POST":
        return render(request, "portal/account/freeze.html", {"here": "account"})
    assert request.account_id is not None
    now = utc_now()
    freezing.freeze(request.account_id, now=now)
    return out(request, "portal/account/frozen.html", stay=True, now=now)


@open_to_all
@require_safe
def left(request: HttpRequest) -> HttpResponse:
    """How many seconds of the session are left, for the warning (session.js)."""
    return JsonResponse(own.left(request, now=utc_now()))


@require_POST
def stay(request: PortalRequest) -> HttpResponse:
    """Somebody is there: the session goes on, as by opening any page."""
    request.session.modified = True
    return HttpResponse(status=204)


def _moment(at: datetime, now: datetime) -> str:
    language = get_language() or "en"
    day, time = london_date(at), dates.clock_time(at, language)
    if day == london_date(now):
        return _("today at %(time)s") % {"time": time}
    said = dates.short_day(day, language, today=london_date(now))
    return _("%(day)s at %(time)s") % {"day": said, "time": time}


def _instead_of_place(how: str) -> str:
    said = {
        own.CHANGED: _("How you sign in was changed."),
        own.EMAIL: _("The email address that you sign in with was changed."),
        own.FROZEN: _("Your account was closed, because someone else may have seen it."),
        LET_IN: _("Your officer let you in again."),
    }
    return said.get(how, "")


def _told(word: str) -> str:
    said = {
        "email": _("We told you by email"),
        "text": _("We told you by text message"),
        "push": _("We told you on your phone"),
    }
    return ". ".join(str(said[each]) for each in word.split("+") if each in said)
