"""Starts what all tests share. Fixtures live in tests/support, by what they give."""

from __future__ import annotations

import logging
import os

import django
import pytest
import pytest_django
from django.db import connection
from django.utils import translation

from tests.support import ready
from tests.support.flush import flushable  # noqa: F401 (a fixture)
from tests.support.provider import honest, openid  # noqa: F401 (fixtures)
from tests.support.server import TestServer

SERVER = pytest.StashKey[TestServer]()
_LONGEST = ("tests/ops/test_bench.py", "tests/ops/test_demo_run.py", "tests/faults/", "tests/journey/")
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


def pytest_xdist_auto_num_workers() -> int:
    """With `-n auto` one more than there are processors: a third of the time tests wait for what they have started."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1) + 1


def _turn(item: pytest.Item) -> int:
    """Small is early. What takes minutes goes first, so that no processor stands idle at the end; what empties tables
    stays last, where pytest-django puts it."""
    marker = item.get_closest_marker("django_db")
    if marker and marker.kwargs.get("transaction"):
        return len(_LONGEST) + 2
    for turn, start in enumerate(_LONGEST):
        if item.nodeid.startswith(start):
            return turn
    waits = item.get_closest_marker("processes") or item.get_closest_marker("browser")
    return len(_LONGEST) + (0 if waits else 1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put those first that take longest; the rest keeps its order."""
    items.sort(key=_turn)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Copy each process's database from one that has its tables: to write them takes ten seconds."""
    connection.settings_dict["TEST"]["TEMPLATE"] = ready.database()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker) -> None:
    """Tests that commit are cleaned up with TRUNCATE, which the audit refuses to everybody."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("alter table audit_record disable trigger audit_kept")


@pytest.fixture(autouse=True)
def no_language() -> None:
    """Begin without a language: the one of a page that an earlier test asked for stays active in its thread."""
    translation.deactivate()
