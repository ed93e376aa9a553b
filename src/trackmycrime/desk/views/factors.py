"""Passkeys, the app for codes and recovery codes, at the desk (`people.factors.pages` says what they do).

Whoever has neither app nor passkey yet is led here from wherever they go (`while_adding`).
"""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from trackmycrime.desk.gate import FORM, WRITE, allowed
from trackmycrime.desk.pages import page
from trackmycrime.desk.rights import Act
from trackmycrime.people import limits
from trackmycrime.people.access import (
    DeskRequest,
    adds_first,
    fresh_only,
    open_to_all,
    safe_next,
    while_adding,
)
from trackmycrime.people.factors.pages import FactorPages
from trackmycrime.people.models import Account

from .signing import words


def _arrived(request: HttpRequest, account: Account) -> HttpResponse:
    return redirect(safe_next(request))


def _too_many(many: limits.TooManyTries) -> str:
    return words("error.too_many_tries", minutes=many.minutes)


def _page(request: HttpRequest, template: str, status: int, **context: Any) -> HttpResponse:
    """With the desk's navigation for whoever may go where it leads."""
    if getattr(request, "staff", None) is None or adds_first(request, "desk"):
        return render(request, template, context, status=status)
    return page(request, template, "account", status, **context)  # type: ignore[arg-type]


PAGES = FactorPages("desk", _page, _arrived, _too_many)


@open_to_all
@require_http_methods(FORM)
def show_passkey(request: HttpRequest) -> HttpResponse:
    """Sign in, or confirm, by a passkey."""
    return PAGES.show_passkey(request)


@open_to_all
@sensitive_post_parameters("code")
@require_http_methods(FORM)
def show_code(request: HttpRequest) -> HttpResponse:
    """A code of the app, as the second step or to confirm."""
    return PAGES.show_code(request)


@open_to_all
@sensitive_post_parameters("code")
@require_http_methods(FORM)
def show_recovery(request: HttpRequest) -> HttpResponse:
    """A recovery code, as the second step or to confirm."""
    return PAGES.show_recovery(request)


@while_adding
@allowed(Act.OWN_SIGN_IN)
def needed(request: DeskRequest) -> HttpResponse:
    """That an app or a passkey is needed before anything else opens, and the ways to both."""
    return PAGES.needed(request)


@while_adding
@allowed(Act.OWN_SIGN_IN, FORM)
@fresh_only
def passkeys(request: DeskRequest) -> HttpResponse:
    """The passkeys, and adding one."""
    return PAGES.passkeys(request)


@allowed(Act.OWN_SIGN_IN, WRITE)
@fresh_only
def rename_passkey(request: DeskRequest, passkey: UUID) -> HttpResponse:
    """Another name for a passkey."""
    return PAGES.rename_passkey(request, passkey)


@allowed(Act.OWN_SIGN_IN, WRITE)
@fresh_only
def remove_passkey(request: DeskRequest, passkey: UUID) -> HttpResponse:
    """Take a passkey away."""
    return PAGES.remove_passkey(request, passkey)


@while_adding
@allowed(Act.OWN_SIGN_IN, FORM)
@sensitive_post_parameters("code")
@fresh_only
def code_app(request: DeskRequest) -> HttpResponse:
    """The app: add it, or see that there is one."""
    return PAGES.code_app(request)


@allowed(Act.OWN_SIGN_IN, WRITE)
@fresh_only
def remove_code_app(request: DeskRequest) -> HttpResponse:
    """Take the app away."""
    return PAGES.remove_code_app(request)


@allowed(Act.OWN_SIGN_IN, FORM)
@fresh_only
def recovery_codes(request: DeskRequest) -> HttpResponse:
    """The recovery codes: how many are left, and new ones."""
    return PAGES.recovery_codes(request)
