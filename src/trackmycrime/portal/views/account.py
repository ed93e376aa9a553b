"""What somebody decides about their sign-in, as a list of pages."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_safe

from trackmycrime.people.access import PortalRequest

SECTIONS: tuple[tuple[str, str | Promise, str | Promise], ...] = (
    (
        "passkeys",
        lazy("Passkeys"),
        lazy("By finger, face or PIN of your phone or computer, without a password."),
    ),
    ("code_app", lazy("Codes from an app"), lazy("Six numbers from your phone, besides your password.")),
    ("recovery_codes", lazy("Recovery codes"), lazy("For the day on which your phone is gone.")),
    (
        "own_password",
        lazy("Change your password"),
        lazy("Every other browser is then signed out."),
    ),
    (
        "own_email",
        lazy("Change your email address for signing in"),
        lazy("Not where we write to you: that is under “How we keep in touch”."),
    ),
    (
        "own_second",
        lazy("How you sign in"),
        lazy("Choose whether we ask for more than your password."),
    ),
    (
        "one_login",
        lazy("GOV.UK One Login"),
        lazy("With the sign-in that you have for other government services."),
    ),
    (
        "devices",
        lazy("Where you are signed in"),
        lazy("See which browsers are signed in, and sign them out."),
    ),
    (
        "helping",
        lazy("Where you help"),
        lazy("Cases of others that you were let in to, and organisations that you work for."),
    ),
    (
        "freeze",
        lazy("Somebody else may have seen this"),
        lazy("Close your account at once. Your officer then helps you."),
    ),
)
"""(the name of a page's address, its title, one sentence about it), in the order of the list"""


@require_safe
def hub(request: PortalRequest) -> HttpResponse:
    """The list."""
    left_out = set() if settings.TMC_ONE_LOGIN_ISSUER else {"one_login"}
    sections = [(reverse(name), title, about) for name, title, about in SECTIONS if name not in left_out]
    done = {
        "password": _("Your new password is set"),
        "email": _("From now on you sign in with your new email address"),
        "way": _("From now on you sign in in that way"),
    }.get(request.GET.get("done", ""), "")
    context = {"sections": sections, "here": "account", "email": request.account.email, "done": done}
    return render(request, "portal/account/account.html", context)
