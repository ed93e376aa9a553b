"""A neutral name and picture on the tab of the browser: for whom disguise is asked for, and for whoever wants it.

What says so is a cookie: it holds in this browser before signing in and after signing out too. Whose account asks for
disguise gets it with the first page, and cannot be without it while signed in.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from trackmycrime.people import access, disguise

PLAIN = "plain"
A_YEAR = 365 * 24 * 60 * 60


def chosen(request: HttpRequest) -> bool:
    """Whether this browser holds the cookie."""
    return request.COOKIES.get(settings.TAB_COOKIE_NAME) == PLAIN


def needed(request: HttpRequest) -> bool:
    """Whether the signed-in account asks for it. One statement, at most once for a request."""
    known: bool | None = getattr(request, "disguise_asked", None)
    if known is None:
        account = getattr(request, "account_id", None)
        page = request.resolver_match
        bound = page is not None and not access.is_open(page.func)
        known = disguise.asked_for(account, bound=bound) if account else False
        note(request, known)
    return known


def note(request: HttpRequest, asked: bool) -> None:
    """What a statement that asked for more has found out."""
    request.disguise_asked = asked  # type: ignore[attr-defined]


def wanted(request: HttpRequest) -> bool:
    """Whether the tab shows a neutral name and picture."""
    return chosen(request) or needed(request)


def keep(response: HttpResponse) -> None:
    """Let this browser show a neutral tab from now on."""
    response.set_cookie(
        settings.TAB_COOKIE_NAME,
        PLAIN,
        max_age=A_YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def forget(response: HttpResponse) -> None:
    """Let this browser show the name again."""
    response.delete_cookie(settings.TAB_COOKIE_NAME, samesite="Lax")


class NeutralTab:
    """Gives the cookie to the browser of an account that asks for disguise."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if getattr(request, "disguise_asked", False) and not chosen(request):
            keep(response)
        return response
