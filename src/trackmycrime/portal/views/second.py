"""What is asked besides the password: the page that leads to it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from trackmycrime.people import next_step, shown
from trackmycrime.people.access import open_to_all
from trackmycrime.people.next_step import Link
from trackmycrime.people.signing import How

STEPS: dict[How, Link] = {
    How.PASSKEY: ("sign_in_passkey", _("Use a passkey")),
    How.APP: ("sign_in_app", _("Use a code from your app")),
    How.RECOVERY: ("sign_in_recovery", _("Use a recovery code")),
    How.CODE: ("sign_in_code", _("Get a code by text or email")),
    How.PROVIDER: ("one_login_confirm", _("Sign in with GOV.UK One Login once more")),
}
"""By what is shown: the name of the page's address, and what its link says; in the order of the list"""


def steps(request: HttpRequest) -> list[Link]:
    """(address, words) of what this browser may show next, each with the page that was asked for."""
    return list(_ways(request).values())


def _ways(request: HttpRequest) -> dict[How, Link]:
    return next_step.ways(request, "portal", STEPS, provider=How.PROVIDER in shown.signed(request))


@open_to_all
@require_safe
def step(request: HttpRequest) -> HttpResponse:
    """Straight to the page where there is nothing to choose; else the list of ways."""
    template = "portal/account/second.html"
    return next_step.step(request, _ways(request), lambda ways: render(request, template, {"ways": ways}))
