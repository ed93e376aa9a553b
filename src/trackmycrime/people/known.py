"""By what a browser is known again, so that it keeps tries of its own: a random cookie that says nothing of anybody.

Which accounts it was used for is in no cookie and in no table that could be read back: `limits` counts under a keyed
hash of both.
"""

import re
import secrets
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

LIVES = 180 * 24 * 60 * 60
"""Seconds since somebody last signed in with it."""
_SHOWN = re.compile(r"[A-Za-z0-9_-]{43}")


def shown(request: HttpRequest) -> str:
    """What this browser shows, or what it is given with this answer if it showed nothing that could be ours."""
    given = request.COOKIES.get(settings.BROWSER_COOKIE_NAME, "")
    if not _SHOWN.fullmatch(given):
        given = getattr(request, "new_browser", "") or secrets.token_urlsafe(32)
    request.new_browser = given  # type: ignore[attr-defined]
    return given


class KnownAgain:
    """Gives the cookie to a browser that has just signed in, and to no other: whoever only looks is not marked."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if getattr(request, "known_again", False):
            response.set_cookie(
                settings.BROWSER_COOKIE_NAME,
                shown(request),
                max_age=LIVES,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Lax",
            )
        return response


def keep(request: HttpRequest) -> None:
    """Give this browser the cookie with the answer."""
    request.known_again = True  # type: ignore[attr-defined]
