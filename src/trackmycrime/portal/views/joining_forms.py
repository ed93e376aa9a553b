"""The forms on the way from an invitation to an account."""

from typing import Any

from django import forms
from django.utils.functional import lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from trackmycrime.people import accounts, limits
from trackmycrime.portal import reads
from trackmycrime.publish import wording


def words(key: str, **values: object) -> str:
    """The service's own words, in the page's language."""
    return wording.text(key, get_language() or "en", **values)


lazy_words = lazy(words, str)


def too_many(form: forms.Form, many: limits.TooManyTries) -> int:
    """Say on the form that there have been too many tries, and when to go on; returns the status of the answer."""
    form.add_error(None, words("error.too_many_tries", minutes=many.minutes))
    return 429


_TYPED = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}


class StartForm(forms.Form):
    """The code that stands for a link."""

    code = forms.CharField(
        label=_("Your code"),
        help_text=_(
            "Twelve letters and numbers, like CDFG-HJKM-3467. It is in the text or on the paper from police."
        ),
        max_length=60,
        widget=forms.TextInput(attrs=_TYPED),
        error_messages={"required": lazy_words("error.code_missing")},
    )


class CodeForm(forms.Form):
    """The second proof."""

    code = forms.CharField(
        label=_("Code"),
        help_text=_("Six numbers from a text, or eight letters and numbers from your officer."),
        max_length=60,
        widget=forms.TextInput(attrs=_TYPED | {"autocomplete": "one-time-code"}),
        error_messages={"required": lazy_words("error.code_missing")},
    )


class NewPassword(forms.Form):
    """A password that somebody chooses."""

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


class NewAccount(NewPassword):
    """What somebody wants to sign in with."""

    field_order = ("email", "password")
    email = forms.EmailField(
        label=_("Email address"),
        help_text=_(
            "You will use it to sign in. We keep telling you about news in the way that police have agreed with you."
        ),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "username"}),
        error_messages={
            "required": lazy_words("error.email_missing"),
            "invalid": lazy_words("error.email_format"),
        },
    )

    def clean(self) -> dict[str, Any]:
        """Say what is wrong with the password, if anything is."""
        given = super().clean() or self.cleaned_data
        if password := given.get("password"):
            for fault in accounts.password_faults(password, given.get("email", ""), reads.force_names()):
                self.add_error("password", said(fault))
        return given


def said(fault: str) -> str:
    """What is wrong with a password, in words."""
    if fault == "short":
        return words("error.password_short", min=accounts.SHORTEST_PASSWORD)
    if fault == "common":
        return words("error.password_common")
    if fault == "long":
        return str(_("Your password is too long. Use 200 characters or fewer"))
    return str(_("Your password is too much like your email address. Choose one that is harder to guess"))
