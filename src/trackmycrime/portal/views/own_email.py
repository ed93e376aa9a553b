"""Another email address to sign in with: the address, the password once more, and the code that went there."""

from uuid import UUID

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from trackmycrime.kernel.clock import utc_now
from trackmycrime.people import own_email
from trackmycrime.people.access import PortalRequest, fresh_only
from trackmycrime.people.limits import TooManyTries
from trackmycrime.portal import reads

from .joining_forms import lazy_words, said, too_many
from .own_addresses import Code, NewEmail

KEPT = "new_email"
PAGE = ["GET", "HEAD", "POST"]


class NewSignIn(NewEmail):
    """The address, whether the one that is left may be told, and the password."""

    left = forms.ChoiceField(
        label=lazy("Can anybody else read your old email?"),
        help_text=lazy("If not, we also tell the old address that it was changed."),
        choices=[("no", lazy("No, only I can")), ("yes", lazy("Yes, or I am not sure"))],
        widget=forms.RadioSelect,
        error_messages={
            "required": lazy("Say whether anybody else can read your old email"),
            "invalid_choice": lazy("Choose one of the answers that are shown"),
        },
    )
    password = forms.CharField(
        label=lazy("Your password"),
        help_text=lazy("The one that you have now. It stays the same."),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": lazy_words("error.password_missing")},
    )


def _wrong(form: NewSignIn, word: str) -> None:
    if word == "same":
        form.add_error("value", _("This is the one that you sign in with already"))
    elif word == "wrong":
        form.add_error("password", _("The password is not right. Check it and try again."))
    else:
        form.add_error("password", said(word))


@fresh_only
@sensitive_post_parameters("password")
@require_http_methods(PAGE)
def change(request: PortalRequest) -> HttpResponse:
    """The form. What follows looks the same whether or not anybody signs in with that address."""
    account, now, status = request.account, utc_now(), 200
    form = NewSignIn(request.POST if request.method == "POST" else None)
    if not account.has_usable_password():
        del form.fields["password"]
    if form.is_bound and form.is_valid():
        given, safe = form.cleaned_data, form.cleaned_data["left"] == "no"
        try:
            made = own_email.ask(
                request,
                account,
                given["value"],
                given.get("password", ""),
                reads.force_names(),
                left_is_safe=safe,
                language=get_language() or "en",
                now=now,
            )
            if isinstance(made, UUID):
                request.session[KEPT] = {"name": str(made), "safe": safe}
                return HttpResponseRedirect(reverse("own_email_code"))
            _wrong(form, made)
        except TooManyTries as many:
            status = too_many(form, many)
    context = {"form": form, "here": "account", "email": account.email}
    return render(request, "portal/account/own_email.html", context, status=status)


@fresh_only
@require_http_methods(PAGE)
def code(request: PortalRequest) -> HttpResponse:
    """Type the code. One that has run out, was used up or never sent looks the same."""
    kept = request.session.get(KEPT)
    if kept is None:
        return HttpResponseRedirect(reverse("own_email"))
    form = Code(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        result = own_email.prove(
            request,
            request.account,
            UUID(kept["name"]),
            form.cleaned_data["code"],
            left_is_safe=kept["safe"],
            language=get_language() or "en",
            now=utc_now(),
        )
        if result == "right":
            del request.session[KEPT]
            return HttpResponseRedirect(f"{reverse('account')}?done=email")
        form.add_error(
            "code",
            _("This code does not work any more. Ask for a new one.")
            if result == "over"
            else _("The code is not right. Check it and try again."),
        )
    return render(request, "portal/account/own_email_code.html", {"form": form, "here": "account"})
