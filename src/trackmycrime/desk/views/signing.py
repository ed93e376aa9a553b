"""Officers: signing in and out, and setting a password by the link that an administrator handed on."""

from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import lazy
from django.utils.http import urlencode
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from trackmycrime.forces.models import Force
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people import accounts, limits, signing, staff
from trackmycrime.people.access import open_to_all, safe_next
from trackmycrime.people.factors import passkeys
from trackmycrime.people.openid import leaving
from trackmycrime.people.openid import staff as provider
from trackmycrime.publish import wording

PAGE = ["GET", "HEAD", "POST"]


def words(key: str, **values: object) -> str:
    """The service's own words, in the page's language."""
    return wording.text(key, get_language() or "en", **values)


lazy_words = lazy(words, str)


class SignIn(forms.Form):
    """What an officer signs in with."""

    email = forms.EmailField(
        label=_("Work email address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username webauthn"}),
        error_messages={
            "required": lazy_words("error.email_missing"),
            "invalid": lazy_words("error.email_format"),
        },
    )
    password = forms.CharField(
        label=_("Password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput,
        error_messages={"required": lazy_words("error.password_missing")},
    )


class SetUp(forms.Form):
    """A new password, once: it can be shown while it is typed."""

    password = forms.CharField(
        label=_("Choose a password"),
        help_text=_(
            "At least 10 characters. Three words that do not go together are good, and easy to remember. "
            "You can use spaces and you can paste it."
        ),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        error_messages={"required": lazy_words("error.password_missing")},
    )

    def clean_password(self) -> str:
        """Refuse what is too short, too long or too common, and say which."""
        password: str = self.cleaned_data["password"]
        for fault in accounts.password_faults(password):
            raise forms.ValidationError(said(fault))
        return password


def said(fault: str) -> str:
    """What is wrong with a password, in words."""
    known = {
        "short": words("error.password_short", min=accounts.SHORTEST_PASSWORD),
        "long": _("Your password is too long. Use 200 characters or fewer"),
    }
    return str(known.get(fault, words("error.password_common")))


def _page(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    if name == "sign_in":
        context["forces"] = provider.offered()
        context["passkeys"] = passkeys.to_sign_in("desk", now=utc_now())
    return render(request, f"desk/signing/{name}.html", context, status=status)


@open_to_all
@sensitive_post_parameters("password")
@require_http_methods(PAGE)
def sign_in(request: HttpRequest) -> HttpResponse:
    """The form; one sentence for a wrong password, an unknown email, a victim's, and one who has left the staff."""
    if request.method != "POST":
        if getattr(request, "staff", None):
            return redirect(safe_next(request))
        notice = f"{words('error.session_ended')}." if "ended" in request.GET else ""
        return _page(request, "sign_in", form=SignIn(), notice=notice, next=safe_next(request, ""))
    form = SignIn(request.POST)
    status = 200
    if form.is_valid():
        email, password = form.cleaned_data["email"], form.cleaned_data["password"]
        try:
            if signing.sign_in(request, "desk", email, password, now=utc_now()):
                return redirect(safe_next(request))
            if signing.half(request, now=utc_now()):
                return to_second_step(safe_next(request, ""))
            form.add_error(
                None, _("The email address or the password is not right. Check both and try again")
            )
        except limits.TooManyTries as many:
            form.add_error(None, words("error.too_many_tries", minutes=many.minutes))
            status = 429
    return _page(request, "sign_in", form=form, status=status, next=safe_next(request, ""))


def to_second_step(to: str) -> HttpResponse:
    """Ask for what is still missing, and from there go on to the page that was asked for."""
    return redirect(reverse("second_step") + (f"?{urlencode({'next': to})}" if to else ""))


@open_to_all
@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End this session; what its provider still has of it ends at the page that comes next."""
    if getattr(request, "staff", None):
        provider.forget(request, request.staff)  # type: ignore[attr-defined]
    to_provider = leaving.sign_out(request, now=utc_now())
    request.staff = None  # type: ignore[attr-defined]
    response = redirect("signed_out") if to_provider else _page(request, "signed_out")
    response["Clear-Site-Data"] = '"cache"'
    return response


@open_to_all
@require_safe
def signed_out(request: HttpRequest) -> HttpResponse:
    """That they are signed out here; on the way to their force's provider, or back from there.

    A page between, because our policy lets no form lead to another site.
    """
    if getattr(request, "staff", None) and not leaving.goes_on(request):
        return redirect("start")
    back = str(settings.TMC_DESK_URL).rstrip("/") + reverse("signed_out")
    step = leaving.step(request, provider.speaking_of, back)
    if step.onward:
        return redirect(step.onward)
    force = Force.objects.filter(slug=step.provider).first()
    return _page(request, "signed_out", step=step, force=force)


@open_to_all
@sensitive_post_parameters("password")
@require_http_methods(PAGE)
def set_up(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a password. Opening the link uses nothing up; sending a password that will do does."""
    now = utc_now()
    try:
        limits.count(limits.SETUP, limits.address_of(request), now=now)
    except limits.TooManyTries as many:
        return _page(request, "unusable", status=429, why=words("error.too_many_tries", minutes=many.minutes))
    form = SetUp(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if account := staff.set_up(token, form.cleaned_data["password"], now=now):
            # in, and from there to what is still missing: an app or a passkey
            signing.passed(request, "desk", account, signing.How.PASSWORD, now=now)
            return redirect(reverse("factor_needed"))
        return _page(request, "unusable", status=404)
    if not staff.setup_usable(token, now=now):
        return _page(request, "unusable", status=404)
    return _page(request, "set_up", form=form)
