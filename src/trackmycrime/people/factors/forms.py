"""What is typed on the pages of factors. Everything may be pasted, and says to a password manager what it is."""

from django import forms
from django.utils.translation import gettext_lazy as _

from .passkeys import LONGEST_NAME


class AppCode(forms.Form):
    """A code of the app."""

    code = forms.CharField(
        label=_("Code from your app"),
        help_text=_("Six numbers. The app shows new ones every half minute."),
        max_length=20,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
        ),
        error_messages={"required": _("Enter the code that your app shows")},
    )


class RecoveryForm(forms.Form):
    """One of the recovery codes."""

    code = forms.CharField(
        label=_("Recovery code"),
        help_text=_("Twelve letters and numbers, like CDFG-HJKM-3467. Each one works once."),
        max_length=60,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}
        ),
        error_messages={"required": _("Enter one of your recovery codes")},
    )


class NamePasskey(forms.Form):
    """What its owner calls a passkey."""

    name = forms.CharField(
        label=_("A name for it"),
        help_text=_("So that you know it again, like “my phone”."),
        max_length=LONGEST_NAME,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": _("Enter a name for the passkey"),
            "max_length": _("The name is too long. Use 60 characters or fewer"),
        },
    )
