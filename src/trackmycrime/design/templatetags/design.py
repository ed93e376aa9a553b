"""What the shared templates cannot say by themselves. `{% load design %}`."""

from collections.abc import Iterable
from datetime import date
from functools import cache
from typing import Any

from django import forms, template
from django.conf import settings
from django.template.context import Context
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import dateformat
from django.utils.http import urlencode
from django.utils.safestring import SafeString
from django.utils.translation import get_language, get_language_info

from trackmycrime.design import case, record
from trackmycrime.design.timeline import Entry, entry, timeline

register = template.Library()

# A page that says nothing about the visitor, loads fast, and whose address somebody may plausibly have open.
EXIT_URL = "https://www.bbc.co.uk/weather"


@register.simple_tag
def exit_url() -> str:
    """Where «Exit this page» leads."""
    return EXIT_URL


register.simple_tag(case.leaf, name="leaf")
register.simple_tag(case.promise, name="promise")
register.simple_tag(case.stage, name="stage")
register.simple_tag(case.officer, name="officer")
register.simple_tag(record.court_dates, name="court_dates")
register.simple_tag(record.belongings, name="belongings")


@register.inclusion_tag("design/_error_summary.html")
def error_summary(form: forms.BaseForm, title: str = "") -> dict[str, Any]:
    """All errors of a form with links to their fields; nothing where there are none."""
    return {"form": form, "title": title, "fields": [field for field in form if field.errors]}


@register.simple_tag(name="timeline")
def timeline_tag(entries: Iterable[Entry]) -> SafeString:
    """What has happened so far, as a list."""
    return timeline(entries)


@register.simple_tag(name="entry")
def entry_tag(one: Entry) -> SafeString:
    """One entry of it, to stand in an `<ol class="tmc-line">`."""
    return entry(one)


@cache
def _fixed(name: str, language: str) -> SafeString:
    return render_to_string(name)


@register.simple_tag
def fixed(name: str) -> SafeString:
    """A template that says the same on every page: made once for each language and kept."""
    return _fixed(name, get_language() or "")


@register.filter
def day(value: date | None) -> str:
    """«Thursday 26 November» in the page's language; the number never parts from its month."""
    return dateformat.format(value, "l j\u00a0F") if value else ""


@register.filter
def together(text: str) -> str:
    """Keep a few words on one line: «2 November»."""
    return text.replace(" ", "\u00a0")


@cache
def _language_address(code: str, _door: str) -> str:
    try:
        return reverse("language", args=[code])
    except NoReverseMatch:
        return ""


@register.simple_tag(takes_context=True)
def other_languages(context: Context) -> list[dict[str, str]]:
    """The languages that the page can be read in besides its own, with their names in themselves.

    A door that offers a choice has a route named `language` (code in its path, `next` in its query). Pages
    that are made without a request, such as the one for an error, offer none.
    """
    request = context.get("request")
    if request is None:
        return []
    here = request.get_full_path() if request.method in ("GET", "HEAD") else request.path
    found = []
    for code, _name in settings.LANGUAGES:
        if code == get_language():
            continue
        address = _language_address(code, settings.ROOT_URLCONF)
        if not address:
            return []
        name = get_language_info(code)["name_local"]
        found.append({"code": code, "name": name, "url": f"{address}?{urlencode({'next': here})}"})
    return found
