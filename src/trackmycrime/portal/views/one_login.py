"""Signing in by GOV.UK One Login: there, back, made one's own, and taken away again."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from trackmycrime.kernel.clock import utc_now
from trackmycrime.people import joining, limits, shown, signing
from trackmycrime.people.access import PortalRequest, fresh_only, open_to_all, safe_next, signed_in
from trackmycrime.people.enough import FRESH, How
from trackmycrime.people.openid import claims, going, leaving, told, victims
from trackmycrime.people.openid import provider as speaking
from trackmycrime.people.openid.provider import Provider, Refused, Unreachable
from trackmycrime.people.recovering import reopening
from trackmycrime.portal import tongue

from .joining import KEPT as JOINING

SIGN_IN, CONFIRM, CONNECT, JOIN = "sign_in", "confirm", "connect", "join"
BEGIN = {
    SIGN_IN: "one_login_there",
    CONFIRM: "one_login_confirm",
    CONNECT: "one_login_connect",
    JOIN: "one_login_start",
}
"""Where each way there begins"""


def _said(request: HttpRequest, status: int, text: str) -> HttpResponse:
    return render(request, "portal/one_login/said.html", {"text": text}, status=status)


def _remembered(request: HttpRequest) -> HttpResponse:
    text = _(
        "GOV.UK One Login still remembers who used this browser before. "
        "Sign out there first, then sign in as yourself."
    )
    return render(request, "portal/one_login/said.html", {"text": text, "leave": True}, status=403)


def with_provider(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give the view the provider, and turn what can go wrong on the way into a page that says so."""

    @wraps(view)
    def run(request: HttpRequest, *args: Any) -> HttpResponse:
        their = victims.provider()
        if their is None:
            raise Http404
        try:
            return view(request, their, *args)
        except Unreachable:
            return _said(request, 503, _("GOV.UK One Login does not answer just now. Try again in a minute."))
        except Refused:
            return _said(
                request, 403, _("GOV.UK One Login did not sign you in. Try again, or sign in another way.")
            )
        except limits.TooManyTries:
            said = _("There have been too many tries. Wait a quarter of an hour and try again.")
            return _said(request, 429, said)

    return run


def _back_address() -> str:
    return str(settings.TMC_PORTAL_URL).rstrip("/") + reverse("one_login_back")


def _send(request: HttpRequest, their: Provider, purpose: str, onward: str, **more: str) -> HttpResponse:
    state, kept = going.begin(request, victims.NAME, purpose, onward, now=utc_now())
    where = speaking.address(
        their,
        _back_address(),
        state=state,
        nonce=kept.nonce,
        verifier=kept.verifier,
        **victims.asks(get_language() or "en"),
        **more,
    )
    return HttpResponseRedirect(where)


@open_to_all
@require_safe
@with_provider
def there(request: HttpRequest, their: Provider) -> HttpResponse:
    """Send somebody there to sign in. A link, not a form: our policy lets no form lead to another site."""
    anew = leaving.ANEW if leaving.is_left(request, victims.NAME) else {}
    return _send(request, their, SIGN_IN, safe_next(request, reverse("cases")), **anew)


@open_to_all
@require_safe
@with_provider
def confirm(request: HttpRequest, their: Provider) -> HttpResponse:
    """Send somebody there once more, to show who they are now."""
    return _send(request, their, CONFIRM, safe_next(request, reverse("account")), **leaving.ANEW)


@open_to_all
@require_safe
@with_provider
def join(request: HttpRequest, their: Provider) -> HttpResponse:
    """Send somebody there who has shown both proofs of an invitation."""
    found = joining.read(request.session.get(JOINING))
    if found is None or not found.ticket:
        return redirect("join")
    if reopening.opens(found, now=utc_now()):
        return redirect("join_again")
    return _send(request, their, JOIN, reverse("one_login_join"), **leaving.ANEW)


@open_to_all
@require_safe
@with_provider
def connect(request: HttpRequest, their: Provider) -> HttpResponse:
    """Send somebody there who is signed in, and wants to sign in that way from now on."""
    if not signed_in(request) or not shown.fresh(request, now=utc_now()):
        return redirect("one_login")
    return _send(request, their, CONNECT, reverse("one_login"), **leaving.ANEW)


@open_to_all
@require_safe
@with_provider
def back(request: HttpRequest, their: Provider) -> HttpResponse:
    """Somebody comes back. Only the browser that was sent can, once, within minutes."""
    now = utc_now()
    gone = going.back(request, now=now)
    if gone is None or gone.provider != victims.NAME or request.GET.get("iss", their.issuer) != their.issuer:
        return _said(
            request, 400, _("This sign-in was begun too long ago, or in another window. Begin again.")
        )
    if "code" not in request.GET:
        raise Refused("it did not sign them in")
    answer = speaking.exchange(
        their,
        _back_address(),
        code=request.GET["code"],
        nonce=gone.nonce,
        verifier=gone.verifier,
        wanted="email",
        now=now,
    )
    going.arrived(request, now=now)
    victims.trusted(answer)
    anew = gone.purpose != SIGN_IN or leaving.is_left(request, victims.NAME)
    if anew and not claims.signed_in_since(answer.claims, gone.began):
        again = f"{reverse(BEGIN[gone.purpose])}?next={quote(gone.next)}"
        leaving.begin_anew(request, victims.NAME, answer, again)
        return _remembered(request)
    held = victims.pending(their, answer)
    if gone.purpose in (CONNECT, JOIN):
        leaving.hold(request, victims.NAME, answer.id_token)
        request.session[victims.PENDING] = held.kept()
        return redirect(gone.next)
    account = victims.find(held.subject)
    if gone.purpose == CONFIRM and account != signed_in(request):
        raise Refused("it is somebody else")
    if account is None:
        return _said(request, 403, _("This GOV.UK One Login is not connected to a sign-in here."))
    fresh = claims.signed_in_since(answer.claims, now - FRESH)
    return _in(request, account, gone.next, fresh=fresh, token=answer.id_token)


def _in(request: HttpRequest, account: UUID, onward: str, *, fresh: bool, token: str = "") -> HttpResponse:
    now = utc_now()
    if signing.passed(request, "portal", account, How.PROVIDER, now=now) is None:
        return _said(request, 403, _("This GOV.UK One Login is not connected to a sign-in here."))
    if not fresh:  # it remembered them: enough to come in, not to change how to reach them
        shown.sign(request, frozenset({How.PROVIDER}), now=now - FRESH)
    if token:
        leaving.hold(request, victims.NAME, token)
    return redirect(tongue.onwards(account, onward, now=now))


@open_to_all
@require_http_methods(["GET", "HEAD", "POST"])
@with_provider
def joined(request: HttpRequest, their: Provider) -> HttpResponse:
    """«Is this you?» at the end of joining: nothing is joined by an address alone."""
    found = joining.read(request.session.get(JOINING))
    held = victims.read(request.session.get(victims.PENDING))
    if found is None or not found.ticket or held is None:
        return redirect("join")
    if request.method != "POST":
        return render(request, "portal/one_login/joined.html", {"email": held.email})
    request.session.pop(victims.PENDING, None)
    account = victims.join(found, held, language=get_language() or "", now=utc_now())
    request.session.pop(JOINING, None)
    if account is None:
        return _said(
            request, 404, _("This invitation cannot be used any more. Ask your officer for a new one.")
        )
    return _in(request, account, reverse("cases"), fresh=True)


@fresh_only
@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: PortalRequest) -> HttpResponse:
    """Whether one's sign-in is connected; connect it, or take it away again."""
    their = victims.provider()
    assert request.account_id is not None
    if their is None:
        raise Http404
    held = victims.read(request.session.get(victims.PENDING))
    fault = ""
    if request.method == "POST":
        now = utc_now()
        request.session.pop(victims.PENDING, None)
        if "remove" in request.POST:
            if not victims.disconnect(request.account, now=now):
                fault = _("Nothing else lets you in yet. Add a passkey first.")
        elif held and "connect" in request.POST:
            try:
                victims.connect(request.account_id, held, now=now)
            except victims.Taken:
                fault = _("This GOV.UK One Login is used for another sign-in already.")
        if not fault:
            return redirect("one_login")
        held = None
    context = {"connected": victims.mine(request.account_id), "held": held, "fault": fault, "here": "account"}
    return render(request, "portal/one_login/mine.html", context)


@csrf_exempt
@open_to_all
@require_POST
def logged_out(request: HttpRequest) -> HttpResponse:
    """The provider says by itself that somebody is signed out there (OpenID back-channel logout)."""
    now, their = utc_now(), victims.provider()
    if their is None:
        raise Http404
    return told.answer(request, lambda token: victims.logged_out(their, token, now=now), now=now)
