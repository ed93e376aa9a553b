"""The frame of a page that is read often: what stands around what it says, rendered once a language (and disguise).

The frame names nobody: where the reader's own address and form token go, it has marks.
"""

import copy
import secrets
from urllib.parse import quote_plus

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from trackmycrime.people.access import PortalRequest

from . import disguise
from .kept import TOKEN

MAIN = "\0main\0"
HERE = secrets.token_hex(16)
"""Stands where the page's own address goes (its other language leads back to it); made so that nobody can write it"""

_frames: dict[tuple[str, str, bool], tuple[str, str]] = {}


def around(request: PortalRequest, template: str, main: str, *, here: str) -> str:
    """The page of a signed-in person: the frame that `template` makes with `main` in it, and TOKEN for the form token.

    `template` puts ``{{ main }}`` where the page's own part goes, and asks of the request only its path (what is
    kept cannot depend on a query). `here` is its part of the navigation.
    """
    key = (template, get_language() or "", disguise.wanted(request))
    if key not in _frames:
        _frames[key] = _made(request, template, here)
    before, after = _frames[key]
    return f"{before.replace(HERE, quote_plus(request.path))}{main}{after}"


def _made(request: PortalRequest, template: str, here: str) -> tuple[str, str]:
    unnamed = copy.copy(request)
    unnamed.path, unnamed.META = HERE, {}
    disguise.note(unnamed, disguise.wanted(request))
    context = {"main": mark_safe(MAIN), "here": here, "csrf_token": TOKEN}  # noqa: S308 (ours)
    before, _mark, after = render_to_string(template, context, unnamed).partition(MAIN)
    return before, after
