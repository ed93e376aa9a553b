"""What is asked at the desk besides the password: the page that leads to it."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from trackmycrime.people import next_step
from trackmycrime.people.access import open_to_all
from trackmycrime.people.next_step import Link
from trackmycrime.people.openid import staff as provider
from trackmycrime.people.signing import How

STEPS: dict[How, Link] = {
    How.PROVIDER: ("provider_confirm", gettext_lazy("Sign in with your force once more")),
    How.PASSKEY: ("sign_in_passkey", gettext_lazy("Use a passkey")),
    How.APP: ("sign_in_app", gettext_lazy("Use a code from your app")),
    How.RECOVERY: ("sign_in_recovery", gettext_lazy("Use a recovery code")),
}
"""By what is shown: the name of the page's address, and what its link says; in the order of the list"""


def steps(request: HttpRequest) -> list[Link]:
    """(address, words) of what this browser may show next, each with the page that was asked for."""
    return list(_ways(request).values())


def _ways(request: HttpRequest) -> dict[How, Link]:
    return next_step.ways(request, "desk", STEPS, provider=provider.KEPT in request.session)


@open_to_all
@require_safe
def step(request: HttpRequest) -> HttpResponse:
    """Straight to the page where there is nothing to choose; else the list of ways."""
    template = "desk/signing/second.html"
    return next_step.step(request, _ways(request), lambda ways: render(request, template, {"ways": ways}))
