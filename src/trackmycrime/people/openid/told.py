"""What a provider says by itself: that somebody is signed out there (OpenID back-channel logout)."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse

from trackmycrime.kernel import crypto
from trackmycrime.kernel.limits import Limit, hit, seen
from trackmycrime.people import limits

from .claims import LOGOUT_LIFE
from .provider import Refused, Unreachable

REFUSED = Limit("provider-logout-refused", 60, limits.QUARTER)
_TAKEN = Limit("provider-logout-token", 1, LOGOUT_LIFE * 2)


def answer(request: HttpRequest, end: Callable[[str], None], *, now: datetime) -> HttpResponse:
    """The answer to a logout token, which `end` takes. Raises nothing.

    Only what is refused counts: a whole force may sign out within minutes, and all of it comes from one address.
    """
    address = limits.address_of(request)
    if seen(REFUSED, address, now=now) >= REFUSED.most:
        return HttpResponse(status=429)
    try:
        end(request.POST.get("logout_token", ""))
    except Refused:
        hit(REFUSED, address, now=now)
        return HttpResponse(status=400)
    except Unreachable:
        return HttpResponse(status=503)
    return HttpResponse(status=200)


def is_new(whose: str, said: Mapping[str, Any], *, now: datetime) -> bool:
    """Whether a token is taken for the first time. In the transaction that ends the sessions, so that one whose ending
    failed is taken again."""
    return hit(_TAKEN, f"{whose} {crypto.blind('jti', said['jti']).hex()}", now=now)
