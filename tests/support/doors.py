"""Tests under the doors' own rights: the database login of a door, and clients that speak to one door."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.core.handlers.base import BaseHandler
from django.core.signals import setting_changed
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.test.client import ClientHandler
from django.test.signals import root_urlconf_changed
from django.test.utils import override_settings

from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.walls import role as login_of
from trackmycrime.people.models import Account

_DOOR_SETTINGS = (
    "ROOT_URLCONF",
    "MIDDLEWARE",
    "SESSION_ENGINE",
    "SESSION_COOKIE_NAME",
    "CSRF_COOKIE_NAME",
    "BROWSER_COOKIE_NAME",
    "TAB_COOKIE_NAME",
    "CSRF_FAILURE_VIEW",
    "AUTHENTICATION_BACKENDS",
    "DOOR",
    "DOOR_URL",
)


# Django forgets how each list of addresses is read when ROOT_URLCONF changes, which is twice in each request here; each
# door has its own list, and to read it again was a third of a request
setting_changed.disconnect(root_urlconf_changed)


@contextmanager
def role(door: str) -> Iterator[None]:
    """Inside the block the connection has just the rights of that door's login; rows of the test stay visible to it."""
    with connection.cursor() as cursor:
        cursor.execute(f"set local role {login_of(door)}")
    try:
        yield
    finally:
        if not connection.needs_rollback:
            with connection.cursor() as cursor:
                cursor.execute("reset role")


def settings_of(door: str) -> dict[str, Any]:
    """The settings by which a door's process differs from the tests' union of all doors."""
    module = importlib.import_module(f"trackmycrime.config.settings.{door}")
    return {name: getattr(module, name) for name in _DOOR_SETTINGS if hasattr(module, name)}


def denied(door: str, sql: str) -> None:
    """PostgreSQL lets nobody who comes by this door do that."""
    with (
        role(door),
        pytest.raises(ProgrammingError, match="permission denied"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)


@cache
def _middleware(door: str) -> Any:
    """A door's middleware around its views, loaded at its first request and not for each client."""
    handler = BaseHandler()
    handler.load_middleware()
    return handler._middleware_chain


class _DoorHandler(ClientHandler):
    """What answers for a door; whether it asks for form tokens is each client's own."""

    def __init__(self, door: str, enforce_csrf_checks: bool) -> None:
        super().__init__(enforce_csrf_checks)
        self.door = door

    def load_middleware(self, is_async: bool = False) -> None:
        self._middleware_chain = _middleware(self.door)


class DoorClient(Client):
    """A test client of one door: its urls, middleware, cookies, and its database rights during each request."""

    def __init__(self, door: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.handler = _DoorHandler(door, self.handler.enforce_csrf_checks)
        self.door = door
        self.door_settings = settings_of(door)

    def request(self, **request: Any) -> Any:
        with override_settings(**self.door_settings), role(self.door):
            return super().request(**request)

    def enter(self, account: Account, *hows: str) -> None:
        """Have this account signed in, having shown these: the session that the pages would begin, without them."""
        with override_settings(**self.door_settings), role(self.door):
            session = importlib.import_module(self.door_settings["SESSION_ENGINE"]).SessionStore()
            session[SESSION_KEY] = str(account.pk)
            session[BACKEND_SESSION_KEY] = self.door_settings["AUTHENTICATION_BACKENDS"][0]
            session[HASH_SESSION_KEY] = account.get_session_auth_hash()
            session["signed"] = {"hows": sorted(hows), "at": utc_now().isoformat()}
            session.create()
        self.cookies[self.door_settings["SESSION_COOKIE_NAME"]] = session.session_key


def door_client(door: str, **kwargs: Any) -> DoorClient:
    """A client for ``portal``, ``desk`` or ``gateway``; give ``enforce_csrf_checks=True`` where that is the point."""
    return DoorClient(door, **kwargs)
