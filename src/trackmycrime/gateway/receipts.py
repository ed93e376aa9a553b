"""What providers of mail and texts post to us: what became of a letter, and what somebody wrote back.

Each posts in its own form and proves itself in its own way, which `delivery` knows. What is heard is kept for a worker,
because this door sees the letters of no force; of what people write only that they did, and whether it was «stop».
"""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from trackmycrime.delivery import providers, receipts
from trackmycrime.delivery.hearing import CannotBeRead, Posted
from trackmycrime.gateway.answers import only, problem
from trackmycrime.gateway.bodies import bytes_of
from trackmycrime.kernel.clock import utc_now

log = logging.getLogger("trackmycrime.gateway")


@only("POST", "GET")
def receive(request: HttpRequest, provider: str) -> HttpResponse:
    """204 when it is kept. 401, on record, for what is not shown to come from a provider of ours, or from none that
    there is; 422 for what is not of the form that it has published."""
    now = utc_now()
    try:
        told = providers.heard_from(provider, _posted(request), now)
    except CannotBeRead as why:
        log.warning("what %s posted cannot be read: %s", provider, why)
        return problem(422, "not-as-published", "Not as published", f"This cannot be read: {why}.")
    if told is None:
        return problem(
            401,
            "not-ours",
            "Not known",
            "Nobody who is set up here posts like this: the secret, token or signature is missing or wrong.",
            {"WWW-Authenticate": 'Bearer realm="TrackMyCrime receipts"'},
        )
    with transaction.atomic():
        receipts.hear(told.receipts, now=now)
    return HttpResponse(status=204)


def _posted(request: HttpRequest) -> Posted:
    """The request, under the address by which its sender knows us."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    address = settings.TMC_GATEWAY_URL.rstrip("/") or f"{request.scheme}://{request.get_host()}"
    return Posted(f"{address}{request.get_full_path()}", headers, bytes_of(request))
