"""The page that asks before something is done about a case."""

from django import forms
from django.http import HttpResponse

from trackmycrime.cases.models import Crime
from trackmycrime.desk.pages import page
from trackmycrime.people.access import DeskRequest

from .case import title_of


def asked(
    request: DeskRequest,
    crime: Crime,
    form: forms.Form,
    *,
    heading: str,
    paragraphs: list[str],
    button: str,
    warning: bool = False,
) -> HttpResponse:
    """Ask what the form asks, saying first in `paragraphs` what follows; `warning`: it takes something away at once."""
    return page(
        request,
        "desk/act.html",
        "cases",
        422 if form.errors else 200,
        crime=crime,
        title=title_of(crime),
        heading=heading,
        paragraphs=paragraphs,
        form=form,
        button=button,
        warning=warning,
    )
