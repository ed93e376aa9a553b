"""Signing out here signs out there (OpenID Connect RP-Initiated Logout 1.0), or says truthfully that it did not.

Many providers end a session without asking, and lead back here, only for whoever hands them the ID token that they
gave. So it is kept as long as the session that it began, sealed like all of it, and used once. Until the provider has
led the browser back, the next who signs in by it in that browser is asked there who they are: whoever signs out on a
shared computer leaves no door that opens at one click.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from trackmycrime.people import signing

from . import provider as speaking
from .provider import Answer, Provider, Unreachable

HELD, KEPT = "held_of_provider", "leaving"
LONGEST = 4096
"""A longer ID token makes an address that servers refuse: then the provider is asked by our name alone"""
ANEW = {"max_age": "0", "prompt": "login"}
"""Asks them to show who they are there, whoever the provider remembers in this browser"""


@dataclass(frozen=True)
class Step:
    """Where a browser that has signed out here is on its way.

    ``here``: it had no way to go. ``go``: to `address`, at the provider. ``done``: it is signed out there, and goes on
    to `onward` if that is given. ``still``: it may be signed in there; `address`, if there is one, is where that ends.
    """

    kind: Literal["here", "go", "done", "still"]
    provider: str = ""
    address: str = ""
    onward: str = ""


def hold(request: HttpRequest, provider: str, token: str) -> None:
    """Keep the ID token that it takes to sign out there; whoever has come in is on their way out no more."""
    request.session.pop(KEPT, None)
    request.session[HELD] = {"provider": provider, "token": token}


def sign_out(request: HttpRequest, *, now: datetime) -> bool:
    """End this session; whether its provider is to end its own too, at the page ``signed_out``."""
    held: dict[str, Any] | None = request.session.get(HELD)
    signing.sign_out(request, now=now)
    if held:
        _begin(request, held["provider"], held["token"])
    return bool(held)


def begin_anew(request: HttpRequest, provider: str, answer: Answer, onward: str) -> None:
    """The provider only remembers somebody: let ``signed_out`` sign them out there, and go on at `onward`."""
    _begin(request, provider, answer.id_token, onward)


def _begin(request: HttpRequest, provider: str, token: str, onward: str = "") -> None:
    request.session[KEPT] = {
        "provider": provider,
        "token": token if len(token) <= LONGEST else "",
        "state": secrets.token_urlsafe(24),
        "onward": onward,
        "sent": False,
    }


def is_left(request: HttpRequest, provider: str) -> bool:
    """Whether somebody has signed out here, and the provider has not yet said that they are out there."""
    return bool(request.session.get(KEPT, {}).get("provider") == provider)


def goes_on(request: HttpRequest) -> bool:
    """Whether they are only being signed out there, to go on here."""
    return bool(request.session.get(KEPT, {}).get("onward"))


def step(request: HttpRequest, named: Callable[[str], Provider | None], back: str) -> Step:
    """The next step of a browser that has signed out. `back` is where the provider is to lead it. Raises nothing.

    Whatever the request says, it leads to the provider that this session was begun by, and to nowhere else.
    """
    kept: dict[str, Any] | None = request.session.get(KEPT)
    if not kept:
        return Step("here")
    name, state = kept["provider"], kept["state"]
    if kept["sent"] and constant_time_compare(request.GET.get("state", ""), state):
        del request.session[KEPT]
        return Step("done", name, onward=kept["onward"])
    request.session[KEPT] = kept | {"token": "", "sent": True}
    their = named(name)
    try:
        address = speaking.end_address(their, back, hint=kept["token"], state=state) if their else ""
    except Unreachable:
        address = ""
    return Step("go" if address and not kept["sent"] else "still", name, address)
