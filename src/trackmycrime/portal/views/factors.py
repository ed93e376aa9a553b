"""Passkeys, the app for codes and recovery codes, at the portal (`people.factors.pages` says what they do)."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from trackmycrime.people.access import fresh_only, open_to_all
from trackmycrime.people.factors.pages import FactorPages

from .session import arrived, too_many


def _page(request: HttpRequest, template: str, status: int, **context: Any) -> HttpResponse:
    return render(request, template, {"here": "account", **context}, status=status)


PAGES = FactorPages("portal", _page, arrived, too_many)
FORM = ["GET", "HEAD", "POST"]


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


@fresh_only
@require_http_methods(FORM)
def passkeys(request: HttpRequest) -> HttpResponse:
    """The passkeys, and adding one."""
    return PAGES.passkeys(request)


@fresh_only
@require_POST
def rename_passkey(request: HttpRequest, passkey: UUID) -> HttpResponse:
    """Another name for a passkey."""
    return PAGES.rename_passkey(request, passkey)


@fresh_only
@require_POST
def remove_passkey(request: HttpRequest, passkey: UUID) -> HttpResponse:
    """Take a passkey away."""
    return PAGES.remove_passkey(request, passkey)


@fresh_only
@sensitive_post_parameters("code")
@require_http_methods(FORM)
def code_app(request: HttpRequest) -> HttpResponse:
    """The app: add it, or see that there is one."""
    return PAGES.code_app(request)


@fresh_only
@require_POST
def remove_code_app(request: HttpRequest) -> HttpResponse:
    """Take the app away."""
    return PAGES.remove_code_app(request)


@fresh_only
@require_http_methods(FORM)
def recovery_codes(request: HttpRequest) -> HttpResponse:
    """The recovery codes: how many are left, and new ones."""
    return PAGES.recovery_codes(request)
