"""Who asks: the bearer token, and what is answered when it does not count."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from trackmycrime.feed import refusals, sources
from trackmycrime.gateway.answers import problem

REALM = 'Bearer realm="TrackMyCrime feed"'


def source_of(request: HttpRequest, now: datetime) -> tuple[UUID, int] | HttpResponse:
    """The source and force that the token of this request is of; else the 401 to answer with.

    The request remembers them, for the record of what is refused (`answers.refused`); there, and only there, also whose
    token it was that does not count any more.
    """
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and (found := sources.find(token.strip(), now=now)):
        request.source = found  # type: ignore[attr-defined]
        return found
    if not scheme:
        return problem(
            401,
            "no-token",
            "No token",
            "Send the source's token: «Authorization: Bearer TOKEN». An administrator makes one with `source add`.",
            {"WWW-Authenticate": REALM},
        )
    if scheme.lower() == "bearer" and (was := refusals.ended(token.strip())):
        request.source = was  # type: ignore[attr-defined]
    return problem(
        401,
        "wrong-token",
        "This token does not count",
        "The token is not known, was revoked or has run out. It is sent as «Authorization: Bearer TOKEN».",
        {"WWW-Authenticate": f'{REALM}, error="invalid_token"'},
    )


def too_fast(source: UUID, *, events: int, size: int, now: datetime) -> HttpResponse | None:
    """The 429 to answer with when this source has sent more in this minute than it may; None lets it in."""
    wait = sources.weigh(source, events=events, size=size, now=now)
    if not wait:
        return None
    return problem(
        429,
        "too-fast",
        "Too much in one minute",
        f"This source has sent as much as it may in one minute. Nothing was taken; send it again in {wait} seconds.",
        {"Retry-After": str(wait)},
    )
