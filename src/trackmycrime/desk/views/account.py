"""What an officer decides about their own sign-in, as a list of pages."""

from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from trackmycrime.desk.gate import allowed
from trackmycrime.desk.pages import page
from trackmycrime.desk.rights import Act
from trackmycrime.people.access import DeskRequest

SECTIONS: tuple[tuple[str, str | Promise, str | Promise], ...] = (
    ("passkeys", _("Passkeys"), _("By finger, face or PIN of your phone or computer, without a password.")),
    ("code_app", _("Codes from an app"), _("Six numbers from your phone, besides your password.")),
    ("recovery_codes", _("Recovery codes"), _("For the day on which your phone is gone.")),
    ("own_password", _("Change your password"), _("Every other browser is then signed out.")),
    (
        "devices",
        _("Where you are signed in"),
        _("See which browsers are signed in, and sign them out."),
    ),
)
"""(the name of a page's address, its title, one sentence about it), in the order of the list"""


@allowed(Act.OWN_SIGN_IN)
def hub(request: DeskRequest) -> HttpResponse:
    """The list."""
    left_out = {"own_password"} if request.staff.by_provider else set()
    sections = [(reverse(name), title, about) for name, title, about in SECTIONS if name not in left_out]
    return page(request, "desk/signing/account.html", "account", sections=sections)
