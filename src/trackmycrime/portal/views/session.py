"""Signing in and out."""

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from trackmycrime.kernel.clock import utc_now
from trackmycrime.people import signing
from trackmycrime.people.access import open_to_all, safe_next
from trackmycrime.people.factors import passkeys
from trackmycrime.people.limits import TooManyTries
from trackmycrime.people.models import Account
from trackmycrime.people.openid import leaving, victims
from trackmycrime.portal import tongue
from trackmycrime.portal.views.information import remember


class SignIn(forms.Form):
    """Email and password. What is wrong with them is said in one sentence that tells nothing of either."""

    email = forms.EmailField(
        label=gettext_lazy("Email address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username webauthn"}),
        error_messages={
            "required": gettext_lazy("Enter your email address"),
            "invalid": gettext_lazy("Enter all of your email address, like name@example.com"),
        },
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput,
        error_messages={"required": gettext_lazy("Enter your password")},
    )


@open_to_all
@sensitive_post_parameters("password")
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """The form, and what becomes of it: the page that was asked for, or one sentence."""
    if request.method != "POST":
        if getattr(request, "account_id", None):
            return HttpResponseRedirect(safe_next(request, reverse("cases")))
        notice = _("We signed you out because you had not used the page for a while.")
        return _page(request, SignIn(), notice=notice if "ended" in request.GET else "")
    form = SignIn(request.POST)
    if form.is_valid():
        try:
            email, password = form.cleaned_data["email"], form.cleaned_data["password"]
            if account := signing.sign_in(request, "portal", email, password, now=utc_now()):
                return arrived(request, account)
            if signing.half(request, now=utc_now()):
                return to_second_step(safe_next(request, ""))
            form.add_error(
                None, _("The email address or the password is not right. Check both and try again.")
            )
        except TooManyTries as many:
            form.add_error(None, too_many(many))
            return _page(request, form, status=429)
    return _page(request, form)


def too_many(many: TooManyTries) -> str:
    """That there have been too many tries, and for how long."""
    said = ngettext(
        "There have been too many tries. Wait %(minutes)s minute and try again, or call 101.",
        "There have been too many tries. Wait %(minutes)s minutes and try again, or call 101.",
        many.minutes,
    )
    return said % {"minutes": many.minutes}


def arrived(request: HttpRequest, account: Account) -> HttpResponse:
    """Go on to the page that was asked for, once somebody is in."""
    to = tongue.onwards(account.pk, safe_next(request, reverse("cases")), now=utc_now())
    onwards = HttpResponseRedirect(to)
    # on another device the chosen language comes along; what was chosen on this one stands
    if account.language and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        remember(onwards, account.language)
    return onwards


def to_second_step(to: str) -> HttpResponse:
    """Ask for what is still missing, and from there go on to the page that was asked for."""
    return HttpResponseRedirect(reverse("second_step") + (f"?{urlencode({'next': to})}" if to else ""))


def _page(request: HttpRequest, form: SignIn, *, status: int = 200, **context: Any) -> HttpResponse:
    context |= {"form": form, "join_url": reverse("join"), "next": safe_next(request, "")}
    context["one_login"] = bool(settings.TMC_ONE_LOGIN_ISSUER)
    context["passkeys"] = passkeys.to_sign_in("portal", now=utc_now())
    return render(request, "portal/account/sign_in.html", context, status=status)


@open_to_all
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, tell the browser to forget what it kept of our pages, and say so."""
    return out(request, "portal/account/signed_out.html", now=utc_now())


def out(
    request: HttpRequest, page: str, *, stay: bool = False, now: datetime, **context: Any
) -> HttpResponse:
    """The page for who is signed in no more, and the browser forgets what it kept of our pages.

    By way of the provider if their session began by one; a page that must be read (`stay`) offers that as a link.
    """
    to_provider = leaving.sign_out(request, now=now)
    request.account_id = None  # type: ignore[attr-defined]
    response: HttpResponse
    if to_provider and not stay:
        response = HttpResponseRedirect(reverse("signed_out"))
    else:
        response = render(request, page, context | {"to_provider": to_provider})
    response["Clear-Site-Data"] = '"cache"'
    return response


@open_to_all
@require_safe
def signed_out(request: HttpRequest) -> HttpResponse:
    """That they are signed out here; on the way to GOV.UK One Login, or back from there.

    A page between, because our policy lets no form lead to another site.
    """
    if getattr(request, "account_id", None) and not leaving.goes_on(request):
        return HttpResponseRedirect(reverse("cases"))
    back = str(settings.TMC_PORTAL_URL).rstrip("/") + reverse("signed_out")
    step = leaving.step(request, lambda _name: victims.provider(), back)
    if step.onward:
        return HttpResponseRedirect(step.onward)
    return render(request, "portal/account/signed_out.html", {"step": step})
