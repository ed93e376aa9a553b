"""Officers who sign in by their force's own OpenID provider: there, back, asked again, and signed out from there."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import quote

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from trackmycrime.kernel.clock import utc_now
from trackmycrime.people import limits, shown, signing
from trackmycrime.people.access import DeskRequest, open_to_all, safe_next
from trackmycrime.people.enough import FRESH, How
from trackmycrime.people.openid import claims, going, leaving, staff, told
from trackmycrime.people.openid import provider as speaking
from trackmycrime.people.openid.going import Going
from trackmycrime.people.openid.provider import Refused, Unreachable
from trackmycrime.people.openid.staff import Known, NotLetIn

SIGN_IN, CONFIRM, AGAIN = "sign_in", "confirm", "again"


def _said(request: HttpRequest, status: int, text: str) -> HttpResponse:
    return render(request, "desk/signing/provider.html", {"text": text}, status=status)


def _not_let_in(request: HttpRequest) -> HttpResponse:
    """One answer, whatever was missing: the reason is written down for the force's administrators."""
    text = _(
        "Your force’s sign-in did not give you a way in here. "
        "If you need one, ask whoever looks after sign-ins in your force."
    )
    return _said(request, 403, text)


def _remembered(request: HttpRequest) -> HttpResponse:
    text = _(
        "Your force’s sign-in still remembers who used this browser before you. "
        "Sign them out there first, then sign in as yourself."
    )
    return render(request, "desk/signing/provider.html", {"text": text, "leave": True}, status=403)


def explained(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Turn what can go wrong on the way into a page that says so."""

    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Unreachable:
            return _said(
                request, 503, _("Your force’s sign-in does not answer just now. Try again in a minute.")
            )
        except NotLetIn:
            # whoever was signed in here may just have been closed, and their sessions with them
            request.session.flush()
            request.staff = None  # type: ignore[attr-defined]
            return _not_let_in(request)
        except Refused:
            return _not_let_in(request)
        except limits.TooManyTries:
            return _said(
                request, 429, _("There have been too many tries. Wait a quarter of an hour and try again.")
            )

    return run


def _send(request: HttpRequest, their: Known, purpose: str, onward: str, **more: str) -> HttpResponse:
    state, kept = going.begin(request, their.force.slug, purpose, onward, now=utc_now())
    where = speaking.address(
        their.speaking, staff.back_address(), state=state, nonce=kept.nonce, verifier=kept.verifier, **more
    )
    return HttpResponseRedirect(where)


@open_to_all
@require_safe
@explained
def there(request: HttpRequest, slug: str) -> HttpResponse:
    """Send somebody to their force's provider. A link, not a form: our policy lets no form lead to another site."""
    their = staff.known(slug)
    if their is None:
        raise Http404
    anew = leaving.ANEW if leaving.is_left(request, slug) else {}
    return _send(request, their, SIGN_IN, safe_next(request), **anew)


@open_to_all
@require_safe
@explained
def confirm(request: DeskRequest) -> HttpResponse:
    """Send somebody who is signed in there once more, to show who they are now, before something dangerous."""
    their = staff.of_session(request)
    if their is None or request.staff is None:
        return redirect("sign_in")
    more = dict(leaving.ANEW)
    if their.row.acr:
        more["acr_values"] = " ".join(their.row.acr)
    return _send(request, their, CONFIRM, safe_next(request), **more)


@open_to_all
@require_safe
@explained
def again(request: DeskRequest) -> HttpResponse:
    """Ask the provider by way of the browser whether all is as it was; nobody is asked to type anything."""
    their = staff.of_session(request)
    if their is None or request.staff is None:
        return redirect("sign_in")
    return _send(request, their, AGAIN, safe_next(request), prompt="none")


@open_to_all
@require_safe
@explained
def back(request: DeskRequest) -> HttpResponse:
    """Somebody comes back. Only the browser that was sent can, once, within minutes, and from where it was sent."""
    now = utc_now()
    gone = going.back(request, now=now)
    their = staff.known(gone.provider) if gone else None
    if gone is None or their is None or request.GET.get("iss", their.row.issuer) != their.row.issuer:
        return _said(
            request, 400, _("This sign-in was begun too long ago, or in another window. Begin again.")
        )
    try:
        if "code" not in request.GET:
            raise Refused(f"the provider said: {request.GET.get('error', 'nothing')[:40]}")
        answer = speaking.exchange(
            their.speaking,
            staff.back_address(),
            code=request.GET["code"],
            nonce=gone.nonce,
            verifier=gone.verifier,
            wanted=their.row.role_claim,
            now=now,
        )
    except Refused as why:
        staff.refused(their, str(why)[:80], now=now)
        if gone.purpose == AGAIN:
            return _out(request, str(why))
        raise
    going.arrived(request, now=now)
    return {SIGN_IN: _in, CONFIRM: _confirmed, AGAIN: _asked}[gone.purpose](request, their, gone, answer)


def _in(request: DeskRequest, their: Known, gone: Going, answer: speaking.Answer) -> HttpResponse:
    now, slug = utc_now(), their.force.slug
    if leaving.is_left(request, slug) and claims.only_remembered(answer.claims, gone.began):
        staff.refused(their, "it only remembers who was here before", now=now)
        leaving.begin_anew(
            request, slug, answer, f"{reverse('provider', args=[slug])}?next={quote(gone.next)}"
        )
        return _remembered(request)
    account = staff.come(their, answer, now=now)
    if signing.passed(request, "desk", account, How.PROVIDER, now=now) is None:
        staff.refused(their, "closed", now=now)
        return _not_let_in(request)
    staff.began(request, their, account, answer, now=now)
    leaving.hold(request, slug, answer.id_token)
    if not staff.fresh_enough(their, answer, now - FRESH):
        # the provider let them through without asking: enough to come in, not for what is dangerous
        shown.sign(request, frozenset({How.PROVIDER}), now=now - FRESH)
    return redirect(gone.next)


def _confirmed(request: DeskRequest, their: Known, gone: Going, answer: speaking.Answer) -> HttpResponse:
    now = utc_now()
    who = request.staff
    if who is None or not staff.is_same(their, answer, who):
        staff.refused(their, "somebody else", now=now)
        return _not_let_in(request)
    if not staff.fresh_enough(their, answer, gone.began):
        staff.refused(their, "not fresh, or not by the means that the force asks for", now=now)
        return _not_let_in(request)
    signing.passed(request, "desk", who.account_id, How.PROVIDER, now=now)
    leaving.hold(request, their.force.slug, answer.id_token)
    return redirect(gone.next)


def _asked(request: DeskRequest, their: Known, gone: Going, answer: speaking.Answer) -> HttpResponse:
    now = utc_now()
    who, kept = request.staff, request.session.get(staff.KEPT)
    if who is None or not kept or staff.come(their, answer, now=now) != who.account_id:
        return _out(request, "it speaks of somebody else now")
    staff.checked(who, kept["id"], answer.refresh, now=now)
    return redirect(gone.next)


def _out(request: DeskRequest, why: str) -> HttpResponse:
    """End a session for which the provider does not vouch any more."""
    kept = request.session.get(staff.KEPT)
    if request.staff and kept:
        staff.ended(request.staff, kept["id"], why, now=utc_now())
    request.session.flush()
    return redirect(f"{reverse('sign_in')}?ended=1")


@csrf_exempt
@open_to_all
@require_POST
def logged_out(request: HttpRequest, slug: str) -> HttpResponse:
    """The provider says by itself that somebody is signed out there (OpenID back-channel logout)."""
    now = utc_now()
    their = staff.known(slug)
    if their is None:
        raise Http404
    return told.answer(request, lambda token: staff.logged_out(their, token, now=now), now=now)
