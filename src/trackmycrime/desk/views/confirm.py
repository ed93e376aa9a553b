"""«Is it still you?», asked of an officer before what is dangerous, when the sign-in is longer ago than minutes."""

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters

from trackmycrime.desk.gate import FORM, allowed
from trackmycrime.desk.pages import page
from trackmycrime.desk.rights import Act
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people import limits, own_sign_in, signing
from trackmycrime.people.access import DeskRequest, safe_next, while_adding
from trackmycrime.people.signing import How

from .second import steps
from .signing import lazy_words, words


class Confirm(forms.Form):
    """The password, once more."""

    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput,
        error_messages={"required": lazy_words("error.password_missing")},
    )


@while_adding
@allowed(Act.OWN_SIGN_IN, FORM)
@sensitive_post_parameters("password")
def confirm(request: DeskRequest) -> HttpResponse:
    """The form; with what was asked for behind it."""
    now, status = utc_now(), 200
    onward = safe_next(request, reverse("account"))
    form = Confirm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            if signing.confirm_password(request, "desk", form.cleaned_data["password"], now=now):
                return HttpResponseRedirect(onward)
            if not signing.half(request, now=now):
                form.add_error("password", _("The password is not right. Check it and try again."))
        except limits.TooManyTries as many:
            form.add_error(None, words("error.too_many_tries", minutes=many.minutes))
            status = 429
    asked = signing.asked_next(request, "desk", now=now)
    by_password = How.PASSWORD in asked
    return page(
        request,
        "desk/signing/confirm.html",
        "account",
        status,
        form=form if by_password else None,
        ways=steps(request),
        next=onward,
        email=own_sign_in.officer_email(request) if by_password else "",
    )
