"""A new password, and what is asked besides it."""

from typing import Any

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from trackmycrime.kernel.clock import utc_now
from trackmycrime.people import own_sign_in
from trackmycrime.people.access import PortalRequest, fresh_only
from trackmycrime.people.limits import TooManyTries
from trackmycrime.portal import reads

from .joining_forms import NewPassword, said
from .session import too_many

PAGE = ["GET", "HEAD", "POST"]


def _said_of(way: own_sign_in.Way) -> str:
    return {
        "password": _("My password"),
        "code_alone": _("My password, or a code that you send me instead"),
        "code": _("My password and a code that you send me"),
        "app": _("My password and a code from my app"),
        "passkey": _("My passkey"),
    }[way.name]


class Ways(forms.Form):
    """Which of the ways that this account may choose."""

    way = forms.ChoiceField(
        label=lazy("How do you want to sign in?"),
        widget=forms.RadioSelect,
        error_messages={
            "required": lazy("Choose how you want to sign in"),
            "invalid_choice": lazy("Choose one of the ways that are shown"),
        },
    )


@fresh_only
@sensitive_post_parameters("password")
@require_http_methods(PAGE)
def password(request: PortalRequest) -> HttpResponse:
    """Change the password; every other browser is signed out."""
    form, status = NewPassword(request.POST if request.method == "POST" else None), 200
    if form.is_bound and form.is_valid():
        new, names = form.cleaned_data["password"], reads.force_names()
        try:
            wrong = own_sign_in.change_password(request, request.account, new, names, now=utc_now())
            if not wrong:
                return HttpResponseRedirect(f"{reverse('account')}?done=password")
            for fault in wrong:
                form.add_error("password", said(fault))
        except TooManyTries as many:
            form.add_error(None, too_many(many))
            status = 429
    return render(request, "portal/account/password.html", {"form": form, "here": "account"}, status=status)


@fresh_only
@require_http_methods(PAGE)
def second(request: PortalRequest) -> HttpResponse:
    """Choose what is asked. A code must have come and been typed before it is asked for ever after."""
    account = request.account
    ways = {way.name: way for way in own_sign_in.ways_for(account)}
    form = Ways(
        request.POST if request.method == "POST" else None,
        initial={"way": request.GET.get("way") or own_sign_in.way_of(account).name},
    )
    form.fields["way"].choices = [(name, _said_of(way)) for name, way in ways.items()]  # type: ignore[attr-defined]
    if form.is_bound and form.is_valid():
        chosen = form.cleaned_data["way"]
        if own_sign_in.choose(request, account, ways[chosen], now=utc_now()):
            return HttpResponseRedirect(f"{reverse('account')}?done=way")
        back = f"{reverse('own_second')}?{urlencode({'way': chosen})}"
        return HttpResponseRedirect(f"{reverse('sign_in_code')}?{urlencode({'next': back})}")
    context: dict[str, Any] = {"form": form, "here": "account", "came": "way" in request.GET}
    return render(request, "portal/account/second_choice.html", context)
