"""Where an officer is signed in, and that one or all of these end; and the warning before a session ends."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from trackmycrime.desk import words
from trackmycrime.desk.gate import WRITE, allowed
from trackmycrime.desk.pages import back_to, page
from trackmycrime.desk.rights import Act
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people import browsers, place, sessions
from trackmycrime.people.access import DeskRequest, open_to_all
from trackmycrime.people.openid import leaving
from trackmycrime.people.sessions import own


@allowed(Act.OWN_SIGN_IN)
def devices(request: DeskRequest) -> HttpResponse:
    """Where the account is signed in, and when this session ends."""
    now = utc_now()
    ends, _renewed = request.session.ends(now)  # type: ignore[attr-defined]
    lines = [
        {
            "name": one.name,
            "here": one.here,
            "browser": browsers.said(one.browser, one.system),
            "place": place.said(one.country, private=one.private, same=one.same_network or one.here),
            "began": words.moment(one.began_at, now),
            "used": words.moment(one.used_at, now),
        }
        for one in own.mine(request, now=now)
    ]
    last = request.session.last_end(now)  # type: ignore[attr-defined]
    return page(
        request,
        "desk/signing/devices.html",
        "account",
        sessions=lines,
        ends=words.moment(ends, now),
        last_end=words.moment(last, now),
    )


@allowed(Act.OWN_SIGN_IN, WRITE)
def end(request: DeskRequest, name: str) -> HttpResponse:
    """End one of them."""
    if not own.end(request, name, now=utc_now()):
        raise Http404
    return back_to("devices", done="session_ended")


@allowed(Act.OWN_SIGN_IN, WRITE)
def end_all(request: DeskRequest) -> HttpResponse:
    """Sign out everywhere, here too."""
    now, account = utc_now(), request.staff.account_id
    own.write_down(request, account, "session.all_ended", now=now)
    sessions.end_all(account, door="desk")
    to_provider = leaving.sign_out(request, now=now)
    return HttpResponseRedirect(reverse("signed_out" if to_provider else "sign_in"))


@open_to_all
@require_safe
def left(request: HttpRequest) -> HttpResponse:
    """How many seconds of the session are left, for the warning (session.js)."""
    return JsonResponse(own.left(request, now=utc_now()))


@allowed(Act.OWN_SIGN_IN, WRITE)
def stay(request: DeskRequest) -> HttpResponse:
    """Somebody is there: the session goes on, as by opening any page."""
    request.session.modified = True
    return HttpResponse(status=204)
