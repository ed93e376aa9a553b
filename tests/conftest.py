"""Starts what all tests share. Fixtures live in tests/support, by what they give."""

from __future__ import annotations

import logging
import os

import django
import pytest
import pytest_django
from django.db import connection
from django.utils import translation

from tests.support.flush import flushable  # noqa: F401 (a fixture)
from tests.support.provider import honest, openid  # noqa: F401 (fixtures)
from tests.support.server import TestServer

SERVER = pytest.StashKey[TestServer]()
os.environ.setdefault(
    "DJANGO_ALLOW_ASYNC_UNSAFE", "1"
)  # playwright keeps an event loop beside Django's calls


logging.getLogger("mail.log").setLevel(logging.WARNING)  # mail servers in tests tell of every connection


def pytest_configure(config: pytest.Config) -> None:
    """Start the database in the process that starts the others, before pytest-django reads the settings."""
    if not hasattr(config, "workerinput"):
        config.stash[SERVER] = TestServer()
        config.stash[SERVER].start()
    django.setup()  # pytest-django looked for settings before they were there


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the database when all tests are done."""
    server = config.stash.get(SERVER, None)
    if server:
        server.stop()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> None:
    """Tests that commit are cleaned up with TRUNCATE, which the audit refuses to everybody."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("alter table audit_record disable trigger audit_kept")


@pytest.fixture(autouse=True)
def no_language() -> None:
    """Begin without a language: the one of a page that an earlier test asked for stays active in its thread."""
    translation.deactivate()
