"""What is shown when a page cannot be. Unknown, another's and no longer readable look the same."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _


def _error(request: HttpRequest, status: int, title: str, *paragraphs: str) -> HttpResponse:
    response = render(request, "portal/error.html", {"title": title, "paragraphs": paragraphs}, status=status)
    response["Cache-Control"] = "no-store"
    return response


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404: also for a case that is somebody else's."""
    return _error(
        request,
        404,
        _("We cannot find that page"),
        _("Check the address or go back to your cases. If you are not signed in, sign in first."),
    )


def not_this_way(request: HttpRequest) -> HttpResponse:
    """405: what only a button or a form leads to was opened by itself."""
    return _error(
        request,
        405,
        _("This page cannot be opened by itself"),
        _("It belongs to a button on another page. Nothing was changed."),
        _("Go back to your cases, and use the button there."),
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400: a browser sent what no page of ours sends."""
    return _error(
        request, 400, _("We did not understand that"), _("Go back, load the page again, and try once more.")
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403."""
    return _error(request, 403, _("You cannot open this page"), _("Sign in, or go back to the page before."))


def csrf_failure(request: HttpRequest, reason: str = "", **_more: Any) -> HttpResponse:
    """403 for a form whose protection has run out, or that another website sent."""
    return _error(
        request,
        403,
        _("The page was open for too long"),
        _("To keep you safe we did not take what you sent."),
        _("Go back, load the page again, and send it once more. If you wrote a longer text, copy it first."),
    )


def problem(request: HttpRequest) -> HttpResponse:
    """500: never a word of what went wrong inside."""
    return _error(
        request,
        500,
        _("Something went wrong"),
        _("Something on our side is not working. Please try again later."),
        _("If you need police now, call 101, or 999 in an emergency."),
    )
