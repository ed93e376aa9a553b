"""What is shown when a page cannot be. Another force's, unknown and vanished look the same."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from trackmycrime.people.access import open_to_all


def _error(request: HttpRequest, status: int, title: str, *paragraphs: str) -> HttpResponse:
    return render(request, "desk/error.html", {"title": title, "paragraphs": paragraphs}, status=status)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404"""
    return _error(
        request,
        404,
        _("We cannot find that page"),
        _("It may be another force’s, or it may have been dealt with already. Go back to what is due."),
    )


def not_this_way(request: HttpRequest) -> HttpResponse:
    """405: what only a button or a form leads to was opened by itself."""
    return _error(
        request,
        405,
        _("This page cannot be opened by itself"),
        _("It belongs to a button on another page. Nothing was changed."),
        _("Go back to what is due, and use the button there."),
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400"""
    return _error(
        request, 400, _("We did not understand that"), _("Go back, load the page again, and try once more.")
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: the role of this member of staff does not reach so far."""
    return _error(
        request,
        403,
        _("Your role does not let you do that"),
        _("Ask a supervisor, or whoever gave you your sign-in."),
    )


@open_to_all
def csrf_failure(request: HttpRequest, reason: str = "", **_more: Any) -> HttpResponse:
    """403 for a form whose protection has run out, or that another website sent."""
    return _error(
        request,
        403,
        _("The page was open for too long"),
        _("To be safe we did not take what you sent."),
        _("Go back, load the page again, and send it once more. If you wrote a longer text, copy it first."),
    )


def problem(request: HttpRequest) -> HttpResponse:
    """500: never a word of what went wrong inside."""
    return _error(
        request,
        500,
        _("Something went wrong"),
        _("Something on our side is not working. Nothing of what you just did was kept. Please try again."),
    )
