"""Who may open a page. Every view needs somebody signed in, unless it says otherwise here.

Django's own marker is used, so that a room that may not import this one can set it too:
``login_not_required`` makes a view open to all.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode

from trackmycrime.kernel.clock import utc_now

from . import shown
from .enough import must_add
from .models import Account, Staff

View = TypeVar("View", bound=Callable[..., Any])
ROLES = frozenset(Staff.Role.values)


class PortalRequest(HttpRequest):
    """A request at the portal, as `AccountWall` hands it on."""

    account_id: UUID | None
    account: Account


@dataclass(frozen=True)
class StaffMember:
    """Who sits at the desk. `officer_id` is the records system's id, empty when it told us of none."""

    account_id: UUID
    force_id: int
    role: str
    officer_id: str
    by_provider: bool = False
    """Whether the force's OpenID provider vouches for them, and nothing else does"""


class DeskRequest(HttpRequest):
    """A request at the desk, as `StaffWall` hands it on; `staff` is None only on pages that are open to all."""

    staff: StaffMember


def open_to_all(view: View) -> View:
    """Let everybody open the page. The view runs outside any transaction: what it counts stays counted."""
    return login_not_required(view)


def needs(*roles: str) -> Callable[[View], View]:
    """Let only staff of these roles open the page (``officer``, ``supervisor``, ``administrator``, ``auditor``)."""
    if not roles or not set(roles) <= ROLES:
        raise ValueError(f"a page needs one or more of {', '.join(sorted(ROLES))}")

    def mark(view: View) -> View:
        view.needs_roles = frozenset(roles)  # type: ignore[attr-defined]
        return view

    return mark


def fresh_only(view: View) -> View:
    """Let only somebody open the page who signed in, or confirmed it, within the last ten minutes (`enough.FRESH`).

    Others go to ``confirm`` and come back; what a form held is not kept, so its page asks already when it is opened.
    """

    @wraps(view)
    def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not shown.fresh(request, now=utc_now()):
            return redirect(f"{reverse('confirm')}?{urlencode({'next': asked_for(request)})}")
        answer: HttpResponseBase = view(request, *args, **kwargs)
        return answer

    run.fresh_only = True  # type: ignore[attr-defined]
    return run  # type: ignore[return-value]


def adds_first(request: HttpRequest, door: str) -> bool:
    """Whether the person who is signed in must add an app or a passkey before anything else opens."""
    return must_add(shown.signed(request), door=door)


def while_adding(view: View) -> View:
    """Let the page also be opened by an officer who must first add an app or a passkey."""
    view.while_adding = True  # type: ignore[attr-defined]
    return view


def is_while_adding(view: Callable[..., Any]) -> bool:
    """Whether it is one of these pages."""
    return getattr(view, "while_adding", False) is True


def asked_for(request: HttpRequest) -> str:
    """The page of ours that somebody was on: this one, or the one whose form was sent."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    parts = urlsplit(request.headers.get("Referer", ""))
    ours = parts.netloc == request.get_host()
    return parts._replace(scheme="", netloc="", fragment="").geturl() if ours else ""


def is_open(view: Callable[..., Any]) -> bool:
    """Whether the page is open to everybody."""
    return getattr(view, "login_required", True) is False


def roles_of(view: Callable[..., Any]) -> frozenset[str]:
    """The roles that may open a page of the desk; all of them unless it says otherwise."""
    found: frozenset[str] = getattr(view, "needs_roles", ROLES)
    return found


def signed_in(request: HttpRequest) -> UUID | None:
    """The account of this session, or None."""
    found = request.session.get(SESSION_KEY)
    return UUID(found) if found else None


def safe_next(request: HttpRequest, default: str = "/") -> str:
    """Where to go after signing in: the page that was asked for, if it is one of this door's own."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    ours = (
        wanted.startswith("/")
        and wanted.isprintable()
        and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    )
    return wanted if ours else default
