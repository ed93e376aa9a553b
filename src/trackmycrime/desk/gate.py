"""The one way into a view of the desk: signed in, with the right, and by the right method."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol, cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from trackmycrime.audit import api as audit
from trackmycrime.kernel.clock import utc_now

from .rights import Act, may

View = Callable[..., HttpResponse]


class Staff(Protocol):
    """Who is at the desk, as the wall has bound it to this request (people.middleware.StaffWall)."""

    account_id: UUID
    force_id: int
    role: str
    officer_id: str


class StaffRequest(HttpRequest):
    """A request that has passed the gate."""

    staff: Staff


def may_here(request: HttpRequest, act: Act) -> bool:
    """Whether the person at the desk may do this."""
    staff = cast("Staff | None", getattr(request, "staff", None))
    return staff is not None and may(staff.role, act)


def allowed(act: Act, *methods: str) -> Callable[[View], View]:
    """Let a view run for staff who may `act`, by `methods` (GET and HEAD where none is said).

    Nobody signed in, or a role without the right: 403. The wall has sent somebody who is not signed in to the
    sign-in page before this; here is the second lock. The decorated view carries `act` for the walking test.
    """
    wanted = methods or ("GET", "HEAD")

    def decorate(view: View) -> View:
        @wraps(view)
        def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not may_here(request, act):
                raise PermissionDenied
            if request.method not in wanted:
                return HttpResponseNotAllowed(wanted)
            return view(request, *args, **kwargs)

        run.act = act  # type: ignore[attr-defined]
        return run

    return decorate


def write_down(request: StaffRequest, action: str, kind: str, id: UUID, **detail: Any) -> None:
    """Record that this member of staff saw or did something, in the transaction of the request."""
    audit.record(
        audit.Actor("officer", str(request.staff.account_id)),
        [audit.Act(action, kind, str(id), detail)],
        force=request.staff.force_id,
        now=utc_now(),
    )
