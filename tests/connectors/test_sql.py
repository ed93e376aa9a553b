"""A view is followed on real servers: everything arrives whenever it is committed, and nothing is ever written."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, example, given
from hypothesis import settings as how
from hypothesis import strategies as st

from tests.connectors import databases
from tests.connectors.databases import MAPPING, Store, numbers
from tests.connectors.keeping import Kept
from tests.connectors.mappings import settings
from trackmycrime.feed.connectors import registry
from trackmycrime.feed.connectors.protocol import Away, Unfit


@pytest.fixture(scope="module", params=["postgresql", pytest.param("maria", marks=pytest.mark.mariadb)])
def server(request: pytest.FixtureRequest) -> Iterator[Store]:
    with getattr(databases, request.param)() as store:
        yield store


@pytest.fixture
def store(server: Store) -> Store:
    """The server with an empty table."""
    server.make()
    server.told.clear()
    return server


def test_a_first_load_comes_in_pages_and_afterwards_what_has_changed(store: Store) -> None:
    with store.engine.begin() as connection:
        store.add(connection, *range(30))
        store.add(connection, 99, status="LOST")
    kept, input_ = Kept(), store.input()
    kept.drain(input_)
    assert sorted(numbers(kept.events)) == list(range(30))
    assert kept.sums == (31, 30, 0)
    assert max(batch.read for batch in kept.batches) == 7
    (refused,) = kept.refused
    assert (refused.file, refused.column) == ("crimes_v crime_no=«C/99»", "STATUS")
    assert kept.events[0]["time"] == "2026-07-01T09:30:00Z"

    kept.drain(input_)  # nothing new: nothing is read twice
    assert kept.sums == (31, 30, 0)
    with store.engine.begin() as connection:
        store.add(connection, 3, at="2026-07-01 10:00:00", status="FILED")
    kept.drain(input_)
    assert numbers(kept.events[30:]) == [3]
    assert int(kept.events[30]["sequence"]) > int(kept.events[3]["sequence"])


def test_after_a_restart_the_overlap_is_turned_again_into_the_same_events(store: Store) -> None:
    with store.engine.begin() as connection:
        store.add(connection, *range(5), at="2026-07-01 06:00:00")
        store.add(connection, *range(5, 20))
    first = Kept()
    first.drain(store.input(), most=2)  # killed in the middle of the load
    again = Kept(first.mark)
    again.drain(store.input())
    assert set(numbers(first.events + again.events)) == set(range(20))
    both = first.ids & again.ids
    assert both == {event["id"] for event in again.events} & first.ids
    again.drain(store.input())
    assert len(again.ids | first.ids) == 20


LATE = [("write", 0), ("write", 1), ("commit", 1), ("poll", 0), ("commit", 0), ("poll", 0), ("restart", 0)]


@example(LATE, 5)
@how(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.tuples(st.sampled_from(["write", "commit", "roll back", "poll", "restart"]), st.integers(0, 2)),
        max_size=30,
    ),
    st.integers(1, 9),
)
def test_whenever_writers_commit_every_row_arrives(
    store: Store, steps: list[tuple[str, int]], rows: int
) -> None:
    """Moments are given when a row is written; its transaction commits later, after others that began later."""
    store.make()
    writers = [store.engine.connect() for _ in range(3)]
    kept, input_ = Kept(), store.input(rows=rows, overlap="100m", key=["crime_no", "version"])
    try:
        for minute, (step, who) in enumerate(steps):
            if step == "write":
                at = f"2026-07-01 {9 + minute // 60:02d}:{minute % 60:02d}:00"
                insert = "insert into crimes values (:no, 'Burglary', :at, 'OPEN', :at, :minute)"
                writers[who].execute(sa.text(insert), {"no": f"C/{minute}", "at": at, "minute": minute})
            elif step == "commit":
                writers[who].commit()
            elif step == "roll back":
                writers[who].rollback()
            elif step == "poll":
                kept.drain(input_)
            else:
                input_.close()
                input_ = store.input(rows=rows, overlap="100m", key=["crime_no", "version"])
        for writer in writers:
            writer.commit()
        kept.drain(input_)
        with store.engine.connect() as connection:
            there = connection.execute(sa.text("select crime_no from crimes")).scalars().all()
    finally:
        input_.close()
        for writer in writers:
            writer.close()
    assert {event["subject"] for event in kept.events} == set(there)
    assert len(kept.ids) == len(there)


WRITER = """
import random, sys, time
import sqlalchemy as sa
engine = sa.create_engine(sys.argv[1], pool_size=5)
chance = random.Random(int(sys.argv[2]))
now = "clock_timestamp()" if engine.dialect.name == "postgresql" else "utc_timestamp(6)"
insert = sa.text(f"insert into crimes values (:no, 'Burglary', {now}, 'OPEN', {now}, :number)")
writers = [engine.connect() for _ in range(5)]
for number in range(250):
    writer = chance.choice(writers)
    writer.execute(insert, {"no": f"C/{number}", "number": number})
    if chance.random() < 0.3:
        chance.choice(writers).commit()
    elif chance.random() < 0.1:
        chance.choice(writers).rollback()
    time.sleep(chance.random() * 0.004)
for writer in writers:
    writer.commit()
"""


def test_while_another_process_writes_and_commits_late_every_row_arrives(store: Store) -> None:
    url = store.engine.url.render_as_string(hide_password=False)
    kept, input_ = Kept(), store.input(rows=20, overlap="1m")
    with subprocess.Popen([sys.executable, "-c", WRITER, url, str(random.randrange(2**32))]) as writer:
        while writer.poll() is None:
            kept.drain(input_)
    assert writer.returncode == 0
    polls = len(kept.batches)
    kept.drain(input_)
    input_.close()
    with store.engine.connect() as connection:
        there = set(connection.execute(sa.text("select crime_no from crimes")).scalars())
    assert {event["subject"] for event in kept.events} == there
    assert len(kept.events) == len(there) > 100  # each once: what was seen in the overlap is not turned again
    assert polls > 5


def test_rows_of_one_moment_are_read_to_the_last_also_when_their_keys_differ_in_case_only(
    store: Store,
) -> None:
    with store.engine.begin() as connection:
        store.add(connection, *range(50))
        connection.execute(sa.text("update crimes set crime_no = lower(crime_no) where version > 25"))
    kept = Kept()
    kept.drain(store.input(rows=3))
    assert len(kept.ids) == 50


def test_a_key_that_does_not_tell_rows_apart_is_told(store: Store) -> None:
    with store.engine.begin() as connection:
        store.add(connection, *range(200))
    with pytest.raises(Unfit, match="«key» does not tell rows apart"):
        Kept().drain(store.input(rows=2, key="status"))


def test_a_moment_far_ahead_does_not_hide_what_comes_after_it(store: Store) -> None:
    with store.engine.begin() as connection:
        store.add(connection, 1, at="2099-01-01 00:00:00")
    kept, input_ = Kept(), store.input()
    kept.drain(input_)
    with store.engine.begin() as connection:
        now = "now()" if store.is_postgresql else "utc_timestamp()"
        store.add(connection, 2)
        connection.execute(sa.text(f"update crimes set updated_at = {now} where crime_no = 'C/2'"))
    kept.drain(input_)
    assert numbers(kept.events) == [1, 2]
    assert "ahead of the database's clock" in store.told[0]


def test_rows_that_cannot_be_followed_are_counted_as_refused(store: Store) -> None:
    with store.engine.begin() as connection:
        store.add(connection, 1, 2, 3)
        connection.execute(sa.text("update crimes set updated_at = null where crime_no <> 'C/1'"))
    kept, input_ = Kept(), store.input()
    kept.drain(input_)
    kept.drain(input_)
    assert numbers(kept.events) == [1]
    assert kept.sums == (3, 1, 0)
    assert kept.refused[0].rows == 2
    assert "cannot be followed" in kept.refused[0].reason


def test_a_number_can_be_the_watermark(store: Store) -> None:
    with store.engine.begin() as connection:
        store.add(connection, *range(20))
    kept, input_ = Kept(), store.input(watermark="VERSION", overlap=5)
    kept.drain(input_, most=2)
    kept.drain(store.input(watermark="VERSION", overlap=5))
    assert set(numbers(kept.events)) == set(range(20))
    assert len(kept.events) == 20 + 6  # from five steps before the mark on


def test_a_date_that_python_has_not_costs_its_row_only(store: Store) -> None:
    odd = "'infinity'" if store.is_postgresql else "'0000-00-00 00:00:00'"
    with store.engine.begin() as connection:
        store.add(connection, *range(5))
        if not store.is_postgresql:
            connection.execute(sa.text("set sql_mode = ''"))
        connection.execute(sa.text(f"update crimes set reported = {odd} where crime_no = 'C/2'"))
        connection.execute(sa.text(f"update crimes set updated_at = {odd} where crime_no = 'C/3'"))
    kept, input_ = Kept(), store.input(rows=2)
    kept.drain(input_)
    kept.drain(input_)
    assert sorted(numbers(kept.events)) == [0, 1, 4]
    assert sorted(one.column for one in kept.refused if one.rows) == ["REPORTED", "UPDATED_AT"]
    assert kept.sums == (5, 3, 0)


def test_the_connection_cannot_write(store: Store) -> None:
    input_ = store.input()
    with pytest.raises(Away, match=r"read-only|READ ONLY|denied"), input_._database.reading() as connection:
        connection.exec_driver_sql("delete from crimes")


def test_a_view_or_column_that_is_not_there_is_told_with_what_there_is(store: Store) -> None:
    with pytest.raises(Unfit, match=r"crimes_w cannot be read by this login.*(exist|denied)"):
        Kept().drain(store.input(view="crimes_w"))
    with pytest.raises(Unfit, match=r"crimes_v has no column changed_at; it has crime_no, offence"):
        Kept().drain(store.input(watermark="CHANGED_AT"))


def test_a_wrong_password_is_away_and_is_said_nowhere(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    url = store.url
    if store.is_postgresql:  # whose owner is let in without one
        url = "postgresql://nobody_of_this_name@" + url.rpartition("@")[2]
    monkeypatch.setenv(store.password_env, "not the secret")
    with pytest.raises(Away, match="the database cannot be read") as away:
        Kept().drain(store.input(url=url))
    assert "not the secret" not in str(away.value)


@pytest.mark.mariadb
def test_a_database_that_goes_away_comes_back_and_nothing_is_missed() -> None:
    with databases.maria() as store:
        store.make()
        with store.engine.begin() as connection:
            store.add(connection, *range(20))
        kept, input_ = Kept(), store.input()
        assert store.server is not None
        with pytest.raises(Away, match="the database cannot be read"):
            for batch in input_.batches(kept.mark):
                kept.mark = batch.mark
                kept.events += batch.events
                store.server.stop()
        with pytest.raises(Away):
            kept.drain(input_)
        store.server.start()
        kept.drain(input_)
        assert set(numbers(kept.events)) == set(range(20))


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_a_server_that_does_not_answer_is_away(kind: str) -> None:
    input_ = registry.factory("sql")(settings(**OPTIONS | {"url": f"{kind}://reader@127.0.0.1:1/rms"}))
    with pytest.raises(Away, match=r"the database cannot be read: .*refused"):
        Kept().drain(input_)


OPTIONS: dict[str, Any] = {
    "url": "postgresql://reader@db.example.org/rms",
    "view": "v",
    "watermark": "w",
    "key": "k",
    "mapping": MAPPING,
}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"url": "postgresql://reader:secret@db.example.org/rms"}, "«url» holds a password"),
        ({"url": "sqlite:///x"}, "known are postgresql, mysql, mariadb, oracle, mssql"),
        ({"url": "no url"}, "must be a database URL"),
        ({"url": "mssql://reader@db.example.org/rms"}, "needs a driver that is not installed: pymssql"),
        ({"password_file": "/nowhere"}, "«password_file» names /nowhere, which cannot be read"),
        ({"password_env": "TMC_NOT_SET"}, "which is not in the environment"),
        ({"key": []}, "«key» must name the columns"),
        ({"key": ["W"]}, "«key» must name the columns"),
        ({"overlap": "some"}, "«overlap» must be a duration"),
        ({"wattermark": "w"}, "did you mean «watermark»"),
    ],
)
def test_options_that_cannot_be_used_are_named(options: dict[str, Any], told: str) -> None:
    with pytest.raises(Unfit, match="niche") as unfit:
        registry.factory("sql")(settings(**OPTIONS | options))
    assert told in str(unfit.value)
    assert "secret" not in str(unfit.value)
