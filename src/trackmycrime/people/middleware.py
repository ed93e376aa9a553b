"""The wall in each door's process: who is signed in, and whose rows the rest of the request may see.

The account is read from the session, before any row of it can be read. A view that needs somebody signed in runs in
one transaction that is bound to that account or force; an answer of 500 and above rolls it back. A view that is open
to all runs outside any transaction, so that tries are counted whatever becomes of the request.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.core.handlers.exception import convert_exception_to_response
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlencode

from trackmycrime.kernel import scope
from trackmycrime.kernel.clock import utc_now

from . import access, staff
from .models import Account
from .openid import staff as vouching

View = Callable[..., HttpResponseBase]


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Send somebody to sign in, and from there back to the page that they were on."""
    page = access.asked_for(request)
    query = {"next": page} if page and page != "/" else {}
    if request.COOKIES.get(settings.SESSION_COOKIE_NAME):
        query["ended"] = "1"
    return redirect(reverse("sign_in") + (f"?{urlencode(query)}" if query else ""))


def bound_answer(
    request: HttpRequest,
    view: View,
    args: tuple[object, ...],
    kwargs: dict[str, object],
    binding: AbstractContextManager[None],
) -> HttpResponseBase:
    """The view's answer, error pages and late rendering included, made inside the binding's transaction."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        render = getattr(response, "render", None)
        return render() if callable(render) else response

    with binding:
        response: HttpResponseBase = convert_exception_to_response(answer)(request)  # type: ignore[assignment]
        if response.status_code >= 500:
            transaction.set_rollback(True)
    return response


class AccountWall:
    """The portal's. Sets `request.account_id` and, read only when used, `request.account`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.account_id = access.signed_in(request)  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(
        self, request: access.PortalRequest, view: View, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> HttpResponseBase | None:
        """Turn away who is not signed in; else run the view within the rows of their account."""
        account = request.account_id
        if access.is_open(view):
            return None
        if account is None:
            return to_sign_in(request)
        request.account = SimpleLazyObject(lambda: Account.objects.get(pk=account))  # type: ignore[assignment]
        return bound_answer(request, view, args, kwargs, scope.bound(account=account))


class StaffWall:
    """The desk's. Sets `request.staff`; somebody who is no longer on the staff is not signed in."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        account = access.signed_in(request)
        request.staff = staff.member(account) if account else None  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_view(
        self, request: access.DeskRequest, view: View, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> HttpResponseBase | None:
        """Turn away who is not on the staff or has not the role; else run the view within the rows of their force.

        Who has signed in with nothing but a password adds something to it first.
        """
        who: access.StaffMember | None = request.staff
        if access.is_open(view):
            return None
        if who is None:
            return to_sign_in(request)
        if who.by_provider:
            match vouching.still(request, who, now=utc_now()):
                case "no":
                    request.session.flush()
                    return to_sign_in(request)
                case "ask":
                    return redirect(
                        f"{reverse('provider_again')}?{urlencode({'next': request.get_full_path()})}"
                    )
                case "asked":  # it may have said something new of what they may do
                    request.staff = who = staff.member(who.account_id) or who
        if access.adds_first(request, "desk") and not access.is_while_adding(view):
            return redirect(reverse("factor_needed"))
        if who.role not in access.roles_of(view):
            raise PermissionDenied
        binding = scope.bound(force=who.force_id, account=who.account_id)
        return bound_answer(request, view, args, kwargs, binding)
