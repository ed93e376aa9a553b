"""The one way into a view of the desk: signed in, with the right, and by the right method."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpResponseNotAllowed
from django.http.response import HttpResponseBase

from trackmycrime.audit import api as audit
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.access import DeskRequest, fresh_only, needs

from .rights import DANGEROUS, ROLES, Act, may

View = Callable[..., HttpResponseBase]
READ = ("GET", "HEAD")
WRITE = ("POST",)
FORM = (*READ, *WRITE)


def may_here(request: DeskRequest, act: Act) -> bool:
    """Whether the person at the desk may do this."""
    return may(request.staff.role, act)


def allowed(act: Act, methods: tuple[str, ...] = READ) -> Callable[[View], View]:
    """Let a view run for staff who may `act`, by `methods`.

    The wall (people.middleware.StaffWall) reads the roles from the view and has turned everybody else away before;
    here is the second lock. What is dangerous opens only for somebody who has shown within minutes who they are
    (`access.fresh_only`); others are asked, and come back. The view carries `act` for the test that walks every route.
    """

    def decorate(view: View) -> View:
        guarded = fresh_only(view) if act in DANGEROUS else view

        @wraps(view)
        def run(request: DeskRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if getattr(request, "staff", None) is None or not may_here(request, act):
                raise PermissionDenied
            if request.method not in methods:
                return HttpResponseNotAllowed(methods)
            return guarded(request, *args, **kwargs)

        run.act = act  # type: ignore[attr-defined]
        return needs(*(role for role in ROLES if may(role, act)))(run)

    return decorate


def write_down(request: DeskRequest, action: str, kind: str, id: UUID | int, **detail: Any) -> None:
    """Record that this member of staff saw or did something, in the transaction of the request."""
    audit.record(
        audit.Actor("officer", str(request.staff.account_id)),
        [audit.Act(action, kind, str(id), detail)],
        force=request.staff.force_id,
        now=utc_now(),
    )
