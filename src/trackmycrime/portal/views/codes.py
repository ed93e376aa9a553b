"""Signing in by a code that is sent: instead of a password, besides it, or to say that it is still you."""

from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods

from trackmycrime.kernel.clock import utc_now
from trackmycrime.people import known, limits, once, signing
from trackmycrime.people.access import open_to_all, safe_next, signed_in
from trackmycrime.people.limits import TooManyTries
from trackmycrime.people.signing import How

from .joining_forms import lazy_words
from .session import arrived, to_second_step, too_many

KEPT = "code"
PAGE = ["GET", "HEAD", "POST"]


class Ask(forms.Form):
    """By which way; and of whom, where nobody is known yet."""

    email = forms.EmailField(
        label=lazy("Email address"),
        help_text=lazy("The one that you sign in with."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
        error_messages={
            "required": lazy_words("error.email_missing"),
            "invalid": lazy_words("error.email_format"),
        },
    )
    way = forms.ChoiceField(
        label=lazy("How should we send it?"),
        choices=[("text", lazy("By text")), ("email", lazy("By email"))],
        widget=forms.RadioSelect,
        error_messages={
            "required": lazy("Choose how we should send it"),
            "invalid_choice": lazy("Choose one of the ways that are shown"),
        },
    )


class Typed(forms.Form):
    """What was sent."""

    code = forms.CharField(
        label=lazy("Code"),
        help_text=lazy("Six numbers. You can paste them."),
        max_length=60,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
        ),
        error_messages={"required": lazy_words("error.code_missing")},
    )


def _onwards(name: str, to: str) -> HttpResponse:
    return HttpResponseRedirect(reverse(name) + (f"?{urlencode({'next': to})}" if to else ""))


@open_to_all
@require_http_methods(PAGE)
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a code. What follows looks the same whether or not there is somebody to send one to."""
    now, to, status = utc_now(), safe_next(request, ""), 200
    begun = signing.half(request, now=now)
    account = begun.account_id if begun else signed_in(request)
    if begun and How.CODE not in signing.asked_next(request, "portal", now=now) | begun.hows:
        return to_second_step(to)  # who asked for an app or a passkey is not let in by a code
    form = Ask(request.POST if request.method == "POST" else None, initial={"way": "text"})
    if account:
        del form.fields["email"]
    if form.is_bound and form.is_valid():
        try:
            name = once.want(
                form.cleaned_data["way"],
                limits.address_of(request),
                email=form.cleaned_data.get("email", ""),
                account=account,
                browser=known.shown(request),
                now=now,
            )
            request.session[KEPT] = str(name)
            return _onwards("sign_in_code_typed", to)
        except TooManyTries as many:
            form.add_error(None, too_many(many))
            status = 429
    return render(request, "portal/account/code_ask.html", {"form": form, "next": to}, status=status)


@open_to_all
@require_http_methods(PAGE)
def typed(request: HttpRequest) -> HttpResponse:
    """Type it. Wrong, run out, used, locked and never sent are one answer."""
    now, to, status = utc_now(), safe_next(request, ""), 200
    name = request.session.get(KEPT)
    if name is None:
        return _onwards("sign_in_code", to)
    form = Typed(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            proved = once.prove(UUID(name), form.cleaned_data["code"], limits.address_of(request), now=now)
            if proved:
                del request.session[KEPT]
                inside = signed_in(request) == proved[0]
                account = signing.passed(request, "portal", proved[0], How.CODE, by=proved[1], now=now)
                if account:
                    limits.second_tries(request, "portal", account.pk).remember(now=now)
                if inside:
                    return HttpResponseRedirect(to or reverse("account"))
                if account:
                    return arrived(request, account)
                if signing.half(request, now=now):
                    return to_second_step(to)
            form.add_error("code", _("The code is not right, or has run out. Check it, or ask for another."))
        except TooManyTries as many:
            form.add_error(None, too_many(many))
            status = 429
    return render(request, "portal/account/code_typed.html", {"form": form, "next": to}, status=status)
