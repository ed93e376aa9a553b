"""Who asks: the bearer token, and what is answered when it does not count."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from trackmycrime.feed import sources
from trackmycrime.gateway.answers import problem

REALM = 'Bearer realm="TrackMyCrime feed"'


def source_of(request: HttpRequest, now: datetime) -> tuple[UUID, int] | HttpResponse:
    """The source and force that the token of this request is of; else the 401 to answer with.

    Wrong tokens are not counted: 256 random bits are not guessed, and counting would cost more than looking.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and (found := sources.find(token.strip(), now=now)):
        return found
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
