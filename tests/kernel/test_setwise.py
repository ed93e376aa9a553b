"""Many rows in one statement: what goes in comes out, and what is written ahead fails as loudly as anything else."""

import logging
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import DataError, IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trackmycrime.kernel import setwise
from trackmycrime.kernel.ids import new_id

pytestmark = pytest.mark.django_db

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
AWKWARD = ["", "NULL", "null", "{}", "a,b", '"', "\\", '\\"', "{'", "');--", " x ", "\n", "ŵ"]


def back(kind: str, values: list[object]) -> object:
    return setwise.fetch(f"select %s::{kind}[] as them", [values])[0]["them"]


@given(st.lists(TEXTS, min_size=1))
def test_a_list_of_texts_is_the_same_in_the_database(values: list[str]) -> None:
    assert back("text", [*values]) == values


def test_awkward_texts_and_none_are_the_same_in_the_database() -> None:
    assert back("text", [*AWKWARD]) == AWKWARD
    assert back("text", ["x", None]) == ["x", None]
    assert back("text", [None, "x"]) == [None, "x"]
    assert back("text", []) == []


@given(st.lists(st.uuids(), min_size=1))
def test_a_list_of_ids_is_the_same_in_the_database(values: list[UUID]) -> None:
    assert back("uuid", [*values]) == values


@given(st.lists(st.binary(), min_size=1))
def test_a_list_of_bytes_is_the_same_in_the_database(values: list[bytes]) -> None:
    assert back("bytea", [*values]) == values


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)))  # noqa: DTZ001 (bounds have none)
def test_a_moment_comes_back_to_the_microsecond_and_knows_its_zone(moment: datetime) -> None:
    row = setwise.fetch("select %s::timestamptz as at, %s::jsonb as document", [moment, '{"a": [1]}'])[0]
    assert row["at"] == moment
    assert row["at"].isoformat().endswith("+00:00")
    assert row["document"] == {"a": [1]}


def limit(who: str) -> dict[str, object]:
    return {"id": new_id(), "who": who}


KINDS = {
    "ahead": {"id": "uuid", "who": "text"},
    "below": {"id": "integer"},
    "same": {"id": "uuid", "who": "text", "d": "jsonb"},
    "kinds": {
        "n": "integer", "text": "text", "word": "varchar", "large": "bigint", "yes": "boolean", "day": "date",
        "id": "uuid", "hour": "time", "at": "timestamp with time zone", "b": "bytea", "d": "jsonb", "j": "json",
        "words": "varchar[]", "ids": "uuid[]", "hashes": "bytea[]",
    },
}  # fmt: skip


@pytest.fixture(autouse=True)
def tables_of_no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = setwise._kinds
    monkeypatch.setattr(setwise, "_kinds", lambda table: KINDS.get(table) or kinds(table))


@pytest.fixture(params=["few", "many"])
def few_or_many(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(setwise, "MANY", 1 if request.param == "many" else 1000)


def optional(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | values


DOCUMENTS = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | TEXTS,
    lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner),
)
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "text": optional(TEXTS | st.sampled_from(AWKWARD)),
            "word": optional(TEXTS.filter(lambda text: len(text) < 9)),
            "large": optional(st.integers(-(2**63), 2**63 - 1)),
            "yes": optional(st.booleans()),
            "day": optional(st.dates()),
            # no fractions of a second: we have none, and orjson misspells some
            "hour": optional(st.times().map(lambda hour: hour.replace(microsecond=0))),
            "at": optional(st.datetimes(timezones=st.just(UTC))),
            "id": optional(st.uuids()),
            "b": optional(st.binary()),
            "d": optional(DOCUMENTS),
            "j": optional(DOCUMENTS),
            "words": optional(st.lists(TEXTS.filter(lambda text: len(text) < 9) | st.just("null"))),
            "ids": optional(st.lists(st.uuids())),
            "hashes": optional(st.lists(st.binary())),
        }
    ),
    max_size=5,
)


@pytest.mark.usefixtures("few_or_many")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(ROWS)
def test_what_goes_in_comes_out(rows: list[dict[str, object]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute("drop table if exists kinds")
        cursor.execute(
            "create temporary table kinds (n int, text text, word varchar(9), large bigint, yes boolean, day date,"
            " hour time, at timestamptz, id uuid, b bytea, d jsonb, j json, words varchar(9)[], ids uuid[],"
            " hashes bytea[])"
        )
    rows = [{"n": n} | row for n, row in enumerate(rows)]
    setwise.insert("kinds", list(KINDS["kinds"]), rows)
    assert setwise.fetch("select * from kinds order by n") == rows


@pytest.mark.usefixtures("few_or_many")
def test_what_is_too_long_for_its_column_is_refused_not_cut() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "create temporary table kinds (n int, word varchar(9), words varchar(9)[]) on commit drop"
        )
    for row in ({"word": "x" * 10}, {"words": ["x" * 10]}):
        with pytest.raises(DataError), transaction.atomic():
            setwise.insert("kinds", list(row), [row])


@pytest.fixture
def table() -> None:
    with connection.cursor() as cursor:
        cursor.execute("create temporary table ahead (id uuid primary key, who text unique) on commit drop")


@pytest.mark.usefixtures("few_or_many")
def test_what_is_the_same_in_all_rows_goes_over_once() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "create temporary table same (id uuid, who text, d jsonb, of uuid, at timestamptz, force smallint,"
            " word varchar(9), none jsonb) on commit drop"
        )
    rows = [limit("a"), limit("b") | {"d": {"a": 1}}]
    now = datetime(2026, 11, 28, 7, tzinfo=UTC)
    of = new_id()
    same = {"of": of, "at": now, "force": 7, "word": "x'y", "none": None}
    setwise.insert("same", ["id", "who", "d"], rows, same=same)
    told = setwise.fetch("select * from same order by who")
    assert told == [
        row | same | {"d": document} for row, document in zip(rows, [None, {"a": 1}], strict=True)
    ]


@pytest.mark.usefixtures("table")
def test_what_is_written_ahead_is_there_for_who_reads_next() -> None:
    rows = [limit("a"), limit("b")]
    with setwise.ahead():
        setwise.insert("ahead", ["id", "who"], rows)
        setwise.update("ahead", ["id"], ["who"], [rows[0] | {"who": "c"}])
        asked = setwise.Asked(
            ("select who from ahead order by who", []), ("select count(*) as n from ahead", [])
        )
        setwise.insert("ahead", ["id", "who"], [limit("d")])
        names, count = asked.rows()
        assert [row["who"] for row in names] == ["b", "c"]
        assert count == [{"n": 2}]
    assert setwise.fetch("select count(*) as n from ahead") == [{"n": 3}]


@pytest.mark.usefixtures("table")
def test_what_fails_ahead_fails_at_the_end_of_the_block_and_undoes_it_all() -> None:
    with pytest.raises(IntegrityError), transaction.atomic(), setwise.ahead():
        setwise.insert("ahead", ["id", "who"], [limit("a")])
        setwise.insert("ahead", ["id", "who"], [limit("a")])
        setwise.insert("ahead", ["id", "who"], [limit("b")])
    assert setwise.fetch("select count(*) as n from ahead") == [{"n": 0}]


@pytest.mark.usefixtures("table")
def test_no_value_of_a_statement_that_failed_ahead_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ZeroDivisionError), transaction.atomic(), setwise.ahead():
        setwise.insert("ahead", ["id", "who"], [limit("rhian@example.org"), limit("rhian@example.org")])
        raise ZeroDivisionError
    assert "rhian" not in caplog.text


def test_a_key_that_leads_nowhere_is_found_when_keys_are_checked() -> None:
    with connection.cursor() as cursor:
        cursor.execute("create temporary table above (id int primary key) on commit drop")
        cursor.execute(
            "create temporary table below (id int references above deferrable initially deferred) on commit drop"
        )
    with pytest.raises(IntegrityError), transaction.atomic(), setwise.ahead():
        setwise.insert("below", ["id"], [{"id": 1}])
        setwise.check_keys()
