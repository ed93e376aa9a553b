"""What providers of mail and texts post to us: what became of a letter, and what somebody wrote back.

Each posts in its own form and proves itself in its own way, which `delivery` knows. What is heard is kept for a worker,
because this door sees the letters of no force; of what people write only that they did, and whether it was «stop».
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from trackmycrime.delivery import providers, receipts, stops
from trackmycrime.delivery.channels.smtp import reports
from trackmycrime.delivery.hearing import CannotBeRead, Posted, Told, bearer, is_secret
from trackmycrime.feed.contract import BodyProblem
from trackmycrime.gateway.answers import only, problem
from trackmycrime.gateway.bodies import bytes_of
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.limits import Limit, count
from trackmycrime.people.limits import address_of

log = logging.getLogger("trackmycrime.gateway")

MOST_BYTES = 256 * 1024
"""Of what a provider posts at once"""
MOST_MAIL_BYTES = 1024 * 1024
"""Of a mail that came back: the head of ours, and what the other system says"""
WRONG = Limit("receipts-wrong", 60, timedelta(minutes=15))
"""Tries from one network address that bear no secret of ours"""
POSTED = Limit("receipts-posted", 12_000, timedelta(minutes=1))
"""What one provider may post in a minute: more than all of our senders send"""


@only("POST", "GET")
def receive(request: HttpRequest, provider: str) -> HttpResponse:
    """204 when it is kept. 401, on record, for what is not shown to come from a provider of ours, or from none that
    there is; 422 for what is not of the form that it has published."""
    return _kept(request, provider, lambda now: providers.heard_from(provider, _posted(request), now))


@only("POST")
def receive_mail(request: HttpRequest) -> HttpResponse:
    """A mail that came to one of our return addresses, as it came: ``?rcpt=`` and ``&sender=`` are its envelope's."""
    return _kept(request, "mail", lambda now: _mail(request, now))


def _posted(request: HttpRequest) -> Posted:
    """The request, under the address by which its sender knows us."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    address = settings.TMC_GATEWAY_URL.rstrip("/") or f"{request.scheme}://{request.get_host()}"
    return Posted(f"{address}{request.get_full_path()}", headers, bytes_of(request, most=MOST_BYTES))


def _mail(request: HttpRequest, now: datetime) -> Told | None:
    returning, said = providers.returning(), bearer(request.headers.get("Authorization", ""))
    if returning is None or not is_secret(said, settings.TMC_MAIL_RECEIPTS_TOKEN):
        return None
    rcpt, sender = request.GET.get("rcpt", ""), request.GET.get("sender")
    if not rcpt:
        raise CannotBeRead("«rcpt» in the address is missing, the return address that the mail came to")
    raw = bytes_of(request, most=MOST_MAIL_BYTES)
    return Told(tuple(reports.read(raw, rcpt, returning=returning, now=now, sender=sender)))


def _kept(request: HttpRequest, provider: str, read: Callable[[datetime], Told | None]) -> HttpResponse:
    """Read what was posted and keep what it says. Whoever does not bear the provider's secret learns only that."""
    now, who = utc_now(), address_of(request)
    if count(WRONG, who, now=now, weight=0) > WRONG.most:
        return _too_fast(WRONG)
    try:
        told = read(now)
    except BodyProblem:
        request.known = True  # type: ignore[attr-defined]
        count(WRONG, who, now=now)  # whose it is was not looked at
        raise
    except CannotBeRead as why:
        log.warning("what %s posted cannot be read: %s", provider, why)
        request.known = True  # type: ignore[attr-defined]
        return problem(422, "not-as-published", "Not as published", f"This cannot be read: {why}.")
    if told is None:
        count(WRONG, who, now=now)
        return problem(
            401,
            "not-ours",
            "Not known",
            "Nobody who is set up here posts like this: the secret, token or signature is missing or wrong.",
            {"WWW-Authenticate": 'Bearer realm="TrackMyCrime receipts"'},
        )
    request.known = True  # type: ignore[attr-defined]
    if count(POSTED, provider, now=now) > POSTED.most:
        return _too_fast(POSTED)
    with transaction.atomic():
        receipts.hear([*told.receipts, *stops.receipts(told, now)], now=now)
    return HttpResponse(status=204)


def _too_fast(limit: Limit) -> HttpResponse:
    seconds = int(limit.window.total_seconds())
    return problem(
        429,
        "too-fast",
        "Too much in too short a time",
        f"Nothing was taken; send it again in {seconds} seconds.",
        {"Retry-After": str(seconds)},
    )
