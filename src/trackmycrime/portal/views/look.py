"""A look without an account: what is asked, the code, and the little that it shows.

Whatever is typed, the same is done and said: whether there is such a case, and whether it may be looked at so, is found
out by a worker, and only somebody who reads what arrives at the contact on file learns of it.
"""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import get_language, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from trackmycrime.kernel.clock import utc_now
from trackmycrime.people import limits
from trackmycrime.people.access import open_to_all
from trackmycrime.people.look import asking
from trackmycrime.publish import looks, view

from .joining_forms import lazy_words, too_many, words

KEPT = "look"
PAGE = ["GET", "HEAD", "POST"]


class AskForm(forms.Form):
    """What somebody must know: the reference, and a contact that police have."""

    reference = forms.CharField(
        label=gettext_lazy("Crime reference number"),
        help_text=gettext_lazy(
            "It is on the letter or in the email that you got when you reported the crime."
        ),
        max_length=64,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Enter your crime reference number")},
    )
    contact = forms.CharField(
        label=gettext_lazy("Email address or mobile number"),
        help_text=gettext_lazy("One that you gave to police. We send a code there and nowhere else."),
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        error_messages={"required": gettext_lazy("Enter an email address or a mobile number")},
    )

    def clean_contact(self) -> tuple[str, str]:
        """(channel, address)."""
        found = asking.read_contact(self.cleaned_data["contact"])
        if found is None:
            raise forms.ValidationError(
                gettext_lazy(
                    "Enter all of it: an email address like name@example.com or a number like 07700 900 982"
                )
            )
        return found


class LookCode(forms.Form):
    """The code that arrived at the contact."""

    code = forms.CharField(
        label=gettext_lazy("Code"),
        help_text=gettext_lazy("Six numbers. It works for 10 minutes."),
        max_length=60,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        error_messages={"required": lazy_words("error.code_missing")},
    )


@open_to_all
@require_http_methods(PAGE)
def start(request: HttpRequest) -> HttpResponse:
    """What is asked for, and what this shows and does not show."""
    form = AskForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            given = form.cleaned_data
            asked = asking.ask(
                given["reference"], given["contact"], limits.address_of(request), now=utc_now()
            )
            request.session[KEPT] = asked.kept()
            return redirect("look_code")
        except limits.TooManyTries as many:
            status = too_many(form, many)
    return _page(request, "start", form=form, ended=request.GET.get("ended", ""), status=status)


@open_to_all
@require_http_methods(PAGE)
def code(request: HttpRequest) -> HttpResponse:
    """The code. Wrong, too old, one try too many, and a case that is none: one answer."""
    asked = asking.read(request.session.get(KEPT))
    if asked is None:
        return redirect("look")
    if asked.proved:
        return redirect("look_case")
    form = LookCode(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            address, now = limits.address_of(request), utc_now()
            if proved := asking.prove(asked, form.cleaned_data["code"], address, now=now):
                request.session.cycle_key()
                request.session[KEPT] = proved.kept()
                return redirect("look_case")
            form.add_error("code", words("error.code_wrong"))
        except limits.TooManyTries as many:
            status = too_many(form, many)
    return _page(request, "code", form=form, status=status)


@open_to_all
@require_safe
def case(request: HttpRequest) -> HttpResponse:
    """The stage, the unit and how to reach it, for a quarter of an hour; nothing else, and no way on."""
    asked = asking.read(request.session.get(KEPT))
    if asked is None or not asked.proved:
        return redirect("look")
    found = looks.shown(asked.ticket, view.language_of(get_language() or "en"), now=utc_now())
    if found is None:
        request.session.pop(KEPT, None)
        return _ended("over")
    return _page(request, "case", found=found)


@open_to_all
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """End the look at once."""
    if asked := asking.read(request.session.pop(KEPT, None)):
        asking.end(asked, now=utc_now())
    response = _ended("yes")
    response["Clear-Site-Data"] = '"cache"'
    return response


def _ended(how: str) -> HttpResponse:
    return redirect(f"{reverse('look')}?{urlencode({'ended': how})}")


def _page(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    return render(request, f"portal/look/{name}.html", context, status=status)
