"""The question in which language to write, put once to whoever comes in and of whom nobody knows."""

from django import forms
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.access import PortalRequest, safe_next
from trackmycrime.portal import tongue

from .information import remember


class TongueForm(forms.Form):
    """Welsh, English, or both."""

    language = forms.ChoiceField(
        label=gettext_lazy("In which language should we write to you?"),
        widget=forms.RadioSelect,
        choices=[
            ("cy", "Cymraeg"),
            ("en", "English"),
            (tongue.BOTH, gettext_lazy("Both, one below the other")),
        ],
        error_messages={
            "required": gettext_lazy("Choose a language, or both"),
            "invalid_choice": gettext_lazy("Choose one of the languages that are shown"),
        },
    )


def _said(language: str) -> list[str]:
    with translation.override(language):
        return [
            _("In which language should we write to you?"),
            _("You can change this whenever you like, under Settings."),
        ]


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: PortalRequest) -> HttpResponse:
    """The question, in both languages; whatever the answer, they go on to where they wanted."""
    assert request.account_id is not None
    onward = safe_next(request, reverse("cases"))
    if not tongue.not_known(request.account_id):
        return HttpResponseRedirect(onward)
    form = TongueForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        language = form.cleaned_data["language"]
        tongue.answer(request.account_id, language, now=utc_now())
        response = HttpResponseRedirect(onward)
        return response if language == tongue.BOTH else remember(response, language)
    here = "cy" if translation.get_language() == "cy" else "en"
    other = "en" if here == "cy" else "cy"
    context = {"form": form, "next": onward, "other": other, "said": _said(other)}
    return render(request, "portal/account/tongue.html", context, status=422 if form.errors else 200)
