"""What every answer of every door carries."""

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

from django.conf import settings
from django.db import Error, connection
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import NoReverseMatch, get_resolver, reverse

from trackmycrime.kernel.clock import utc_now

POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "worker-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-src 'none'",
        "frame-ancestors 'none'",
        "form-action 'self'",
        # no string becomes script: the one address that becomes a worker is made by the policy in phone.js
        "require-trusted-types-for 'script'",
        "trusted-types worker",
    )
)
TWO_YEARS = 2 * 365 * 24 * 60 * 60
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": ", ".join(
        f"{power}=()"
        for power in (
            "camera",
            "display-capture",
            "geolocation",
            "microphone",
            "midi",
            "payment",
            "serial",
            "usb",
        )
    ),
    "X-Robots-Tag": "noindex, nofollow",
    "Cache-Control": "no-store",
}


class SafeHeaders:
    """Nothing from other hosts, nothing inline, nothing kept: pages are `no-store` unless a view says otherwise.

    Over https the browser is told to come by https only, to every name beneath this one too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.is_secure():
            response.headers["Strict-Transport-Security"] = f"max-age={TWO_YEARS}; includeSubDomains"
        return response


class NotThisWay:
    """Where an address takes only what a form sends and is opened by itself, the door's `handler405` says so: the page
    came out of a browser's history, and an empty one would look like a fault. Innermost, so that it is a page like any.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not isinstance(response, HttpResponseNotAllowed):
            return response
        page: HttpResponse = get_resolver().resolve_error_handler(405)(request)
        page.headers["Allow"] = response.headers["Allow"]
        return page


class Health:
    """Answers ``/healthz``: 200 when this door reaches its database, else 503. Before sessions, and without a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path != "/healthz":
            return self.get_response(request)
        try:
            with connection.cursor() as cursor:
                cursor.execute("select 1")
        except Error:
            return HttpResponse("no database\n", status=503, content_type="text/plain")
        return HttpResponse("ok\n", content_type="text/plain")


class WellKnown:
    """Answers what machines ask of every site (RFC 8615). Before sessions, and without a page.

    ``/.well-known/security.txt`` says whom to tell of a hole (RFC 9116); not there while nobody was named.
    ``/.well-known/change-password`` leads a password manager to the page where a password is changed.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/.well-known/security.txt" and settings.TMC_SECURITY_CONTACT:
            return HttpResponse(security_txt(utc_now()), content_type="text/plain; charset=utf-8")
        if request.path == "/.well-known/change-password":
            with suppress(NoReverseMatch):
                return HttpResponseRedirect(reverse("own_password"))
        return self.get_response(request)


def security_txt(now: datetime) -> str:
    """The file, good for ninety days from the month's beginning on, so that it rarely changes."""
    expires = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0) + timedelta(days=90)
    lines = [f"Contact: {each}" for each in settings.TMC_SECURITY_CONTACT.split()]
    lines += [f"Expires: {expires.strftime('%Y-%m-%dT%H:%M:%SZ')}", "Preferred-Languages: en, cy"]
    if settings.DOOR_URL.startswith("https:"):
        lines.append(f"Canonical: {settings.DOOR_URL.rstrip('/')}/.well-known/security.txt")
    return "\n".join(lines) + "\n"
