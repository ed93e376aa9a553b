"""What is asked besides the password, the same at both doors: the ways there are, and the page that leads to them."""

from collections.abc import Callable, Mapping, Sequence

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode

from trackmycrime.kernel.clock import utc_now

from . import access, signing
from .enough import How, straight

Link = tuple[str, str | Promise]
"""An address, or the name of one, and what the link to it says"""


def ways(request: HttpRequest, door: str, links: Mapping[How, Link], *, provider: bool) -> dict[How, Link]:
    """What this browser may show next, of `links` and in their order, each with the page that was asked for.

    `provider`: whether it was signed in by an OpenID provider, which can then be asked again.
    """
    asked = signing.asked_next(request, door, now=utc_now()) - (set() if provider else {How.PROVIDER})
    return {how: (_with_next(request, name), words) for how, (name, words) in links.items() if how in asked}


def step(
    request: HttpRequest, found: Mapping[How, Link], page: Callable[[Sequence[Link]], HttpResponse]
) -> HttpResponse:
    """Straight to the page where there is nothing to choose; else the list of ways."""
    if access.signed_in(request):
        return HttpResponseRedirect(_with_next(request, "confirm"))
    if not signing.half(request, now=utc_now()):
        return HttpResponseRedirect(f"{reverse('sign_in')}?ended=1")
    if at_once := straight(found.keys()):
        return HttpResponseRedirect(found[at_once][0])
    return page(list(found.values()))


def _with_next(request: HttpRequest, name: str) -> str:
    to = access.safe_next(request, "")
    return reverse(name) + (f"?{urlencode({'next': to})}" if to else "")
