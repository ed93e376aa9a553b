"""«Is it still you?», asked before what can do harm, when the sign-in is longer ago than minutes."""

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from trackmycrime.kernel.clock import utc_now
from trackmycrime.people import signing
from trackmycrime.people.access import PortalRequest, safe_next
from trackmycrime.people.limits import TooManyTries
from trackmycrime.people.signing import How

from .second import steps
from .session import too_many


class Confirm(forms.Form):
    """The password, once more."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput,
        error_messages={"required": gettext_lazy("Enter your password")},
    )


@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def confirm(request: PortalRequest) -> HttpResponse:
    """The form; with what was asked for behind it."""
    now, status = utc_now(), 200
    onward = safe_next(request, reverse("account"))
    form = Confirm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            if signing.confirm_password(request, "portal", form.cleaned_data["password"], now=now):
                return HttpResponseRedirect(onward)
            if not signing.half(request, now=now):
                form.add_error("password", _("The password is not right. Check it and try again."))
        except TooManyTries as many:
            form.add_error(None, too_many(many))
            status = 429
    asked = signing.asked_next(request, "portal", now=now)
    context = {
        "form": form if How.PASSWORD in asked else None,
        "ways": steps(request),
        "next": onward,
    }
    return render(request, "portal/account/confirm.html", context, status=status)
