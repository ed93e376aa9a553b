"""What is asked besides the password: the page that leads to it."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from trackmycrime.kernel.clock import utc_now
from trackmycrime.people import shown, signing
from trackmycrime.people.access import open_to_all, safe_next, signed_in
from trackmycrime.people.enough import straight
from trackmycrime.people.signing import How

STEPS: dict[How, tuple[str, str | Promise]] = {
    How.PASSKEY: ("sign_in_passkey", _("Use a passkey")),
    How.APP: ("sign_in_app", _("Use a code from your app")),
    How.RECOVERY: ("sign_in_recovery", _("Use a recovery code")),
    How.CODE: ("sign_in_code", _("Get a code by text or email")),
    How.PROVIDER: ("one_login_confirm", _("Sign in with GOV.UK One Login once more")),
}
"""By what is shown: the name of the page's address, and what its link says; in the order of the list"""


def steps(request: HttpRequest) -> list[tuple[str, str | Promise]]:
    """(address, words) of what this browser may show next, each with the page that was asked for."""
    return list(_ways(request).values())


def _ways(request: HttpRequest) -> dict[How, tuple[str, str | Promise]]:
    asked = signing.asked_next(request, "portal", now=utc_now())
    if How.PROVIDER not in shown.signed(request):
        asked -= {How.PROVIDER}
    to = safe_next(request, "")
    query = f"?{urlencode({'next': to})}" if to else ""
    return {how: (reverse(name) + query, words) for how, (name, words) in STEPS.items() if how in asked}


@open_to_all
@require_safe
def step(request: HttpRequest) -> HttpResponse:
    """Straight to the page where there is nothing to choose; else the list of ways."""
    if signed_in(request):
        to = safe_next(request, "")
        return HttpResponseRedirect(reverse("confirm") + (f"?{urlencode({'next': to})}" if to else ""))
    if not signing.half(request, now=utc_now()):
        return HttpResponseRedirect(f"{reverse('sign_in')}?ended=1")
    ways = _ways(request)
    if at_once := straight(ways.keys()):
        return HttpResponseRedirect(ways[at_once][0])
    return render(request, "portal/account/second.html", {"ways": list(ways.values())})
