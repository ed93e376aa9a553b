"""The look at a kept connection: cheap while nothing happened, and right when the server has hung up."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

pytestmark = pytest.mark.django_db


@pytest.fixture
def kept() -> Iterator[BaseDatabaseWrapper]:
    """A second connection, as a thread of a door keeps one."""
    other = connection.copy()
    other.ensure_connection()
    yield other
    other.close()


def ask(sql: str, *params: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchone()[0]


def last_asked(of: BaseDatabaseWrapper) -> str:
    assert of.connection is not None
    pid = of.connection.info.backend_pid
    ask("select pg_stat_clear_snapshot()")
    return str(ask("select query from pg_stat_activity where pid = %s", pid))


def test_a_silent_server_is_not_asked(kept: BaseDatabaseWrapper) -> None:
    with kept.cursor() as cursor:
        cursor.execute("select 'before'")
    assert kept.is_usable()
    assert "before" in last_asked(kept)


def test_after_an_error_it_is_asked(kept: BaseDatabaseWrapper) -> None:
    kept.errors_occurred = True
    assert kept.is_usable()
    assert last_asked(kept) == "SELECT 1"


def test_a_connection_that_the_server_ended_is_replaced_before_the_next_request(
    kept: BaseDatabaseWrapper,
) -> None:
    assert kept.connection is not None
    ask("select pg_terminate_backend(%s)", kept.connection.info.backend_pid)
    give_up = time.monotonic() + 5
    while kept.is_usable() and time.monotonic() < give_up:
        time.sleep(0.01)
    assert not kept.is_usable()
    kept.health_check_enabled, kept.health_check_done = True, False
    kept.close_if_health_check_failed()
    with kept.cursor() as cursor:
        cursor.execute("select 1")
        assert cursor.fetchone() == (1,)


def test_who_only_looks_up_by_key_has_no_plan_that_goes_through_a_table() -> None:
    """Such a plan, made while a table was nearly empty, would be kept when it is full."""
    other = connection.copy()
    other.settings_dict = {**connection.settings_dict, "BY_KEY": True}
    try:
        with other.cursor() as cursor:
            cursor.execute("show enable_seqscan")
            assert cursor.fetchone() == ("off",)
    finally:
        other.close()
    assert ask("show enable_seqscan") == "on", "desk, portal and worker make lists too"
