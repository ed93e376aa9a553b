"""Who asks: the bearer token, and what is answered when it does not count."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from trackmycrime.feed import sources
from trackmycrime.gateway.answers import problem
from trackmycrime.kernel.limits import Limit, hit

# A token cannot be guessed; this only keeps a sender with a wrong one from asking without end.
WRONG = Limit("gateway token", 60, timedelta(minutes=1))
REALM = 'Bearer realm="TrackMyCrime feed"'


def source_of(request: HttpRequest, now: datetime) -> tuple[UUID, int] | HttpResponse:
    """The source and force that the token of this request is of; else the 401 or 429 to answer with."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and (found := sources.find(token.strip(), now=now)):
        return found
    if not hit(WRONG, request.META.get("REMOTE_ADDR", ""), now=now):
        wait = str(int(WRONG.window.total_seconds()))
        return problem(
            429,
            "too-many-wrong-tokens",
            "Too many wrong tokens",
            f"Too many requests without a token that counts. Wait {wait} seconds.",
            {"Retry-After": wait},
        )
    if not scheme:
        return problem(
            401,
            "no-token",
            "No token",
            "Send the source's token: «Authorization: Bearer TOKEN». An administrator makes one with `source add`.",
            {"WWW-Authenticate": REALM},
        )
    return problem(
        401,
        "wrong-token",
        "This token does not count",
        "The token is not known, was revoked or has run out. It is sent as «Authorization: Bearer TOKEN».",
        {"WWW-Authenticate": f'{REALM}, error="invalid_token"'},
    )
