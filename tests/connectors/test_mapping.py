"""A mapping says which columns make which events: what it makes is lawful, and what is wrong in it is named."""

from __future__ import annotations

import tomllib
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st

from tests.connectors.mappings import MAPPING, row, settings
from trackmycrime.feed.connectors.mapping import Turned, read_mapping
from trackmycrime.feed.connectors.protocol import Unfit
from trackmycrime.feed.contract import Event, Line, judge

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def turn(said: str = MAPPING, **columns: object) -> Turned:
    """What a row with these columns makes."""
    mapping = read_mapping(tomllib.loads(said), settings())
    held = {name.casefold(): value for name, value in row(**columns).items()}
    return mapping.turn(held)


def data(said: str = MAPPING, **columns: object) -> dict[str, Any]:
    """The data of the first event of a row from which nothing is refused."""
    turned = turn(said, **columns)
    assert not turned.wrong
    found: dict[str, Any] = turned.events[0]["data"]
    return found


def test_one_row_makes_the_crime_and_its_victim_as_the_contract_wants_them() -> None:
    turned = turn()
    assert not turned.wrong
    assert [event["type"] for event in turned.events] == ["crime.changed", "victim.changed"]
    for event in turned.events:
        assert isinstance(
            judge(Line(0, event), now=NOW, allowed_types=None, digest_key=b"k", country="GB"), Event
        )
    crime, victim = turned.events
    assert crime["time"] == "2026-07-01T08:30:00Z"  # summer time in London
    assert crime["sequence"] == "41"
    assert crime["data"]["offence"] == {"code": "28/3", "name": "Burglary", "category": "burglary"}
    assert crime["data"]["stage"] == "investigating"
    assert victim["data"]["name"] == "Siân Example"
    assert victim["data"]["address"] == {"lines": ["1 Larch Close"], "postcode": "AB1 2CD"}
    assert "safe_contact" not in victim["data"]  # no column of it says anything


def test_ids_are_the_same_on_every_run_and_other_content_has_another() -> None:
    ids = [event["id"] for event in turn().events]
    assert ids == [event["id"] for event in turn().events]
    assert turn(STATUS="FILED").events[0]["id"] != ids[0]
    assert turn(ROW_VERSION="42").events[0]["id"] != ids[0]


def test_a_row_without_a_victim_makes_the_crime_only_and_a_test_row_makes_nothing() -> None:
    assert [event["type"] for event in turn(PERSON_ID="").events] == ["crime.changed"]
    assert turn(KIND="TEST") == Turned()


def test_what_is_wrong_with_a_victim_does_not_hold_up_the_crime_and_names_the_column_and_no_value() -> None:
    turned = turn(EMAIL="nobody-at-example")
    assert [event["type"] for event in turned.events] == ["crime.changed"]
    (wrong,) = turned.wrong
    assert wrong.column == "EMAIL"
    assert "victim.changed" in wrong.reason
    assert "email address like name@example.org" in wrong.right
    assert "nobody" not in wrong.reason + wrong.right


@pytest.mark.parametrize(
    ("column", "value", "right"),
    [
        ("STATUS", "LOST", "OPEN, FILED"),
        ("REPORTED", "31/02/2026", "%d/%m/%Y"),
        ("UPDATED", "", "when the record was changed"),
        ("ROW_VERSION", "seven", "whole number"),
        ("ROW_VERSION", "-1", "from 0 to"),
        ("CRIME_NO", "no reference!", "/subject must be a crime reference"),
        ("CRIME_NO", "", "a value, as the mapping requires"),
        ("OFFENCE", "x" * 201, "at most 200 characters"),
        ("OFFENCE", "nul \x00", "U+0000"),
        ("CRIME_NO", "AB\ud83d", "half of a surrogate pair"),
        ("CATEGORY", "", "is required"),
    ],
)
def test_a_value_that_cannot_be_used_is_refused_with_its_column_and_what_is_right(
    column: str, value: str, right: str
) -> None:
    turned = turn(**{column: value, "PERSON_ID": ""})
    assert turned.events == []
    assert [wrong.column for wrong in turned.wrong] == [column]
    assert right in turned.wrong[0].right


def test_an_empty_column_can_stand_for_what_protects() -> None:
    assert data(DA="")["flags"] == ["domestic_abuse"]
    assert data(DA="N")["flags"] == []
    assert data(DA="Y", HATE="Y")["flags"] == ["domestic_abuse", "hate_crime"]


def test_databases_give_numbers_and_moments_and_not_texts() -> None:
    turned = turn(
        CRIME_NO=4711,
        ROW_VERSION=b"\x00\x00\x00\x00\x00\x01\x00\x02",
        UPDATED=datetime(2026, 7, 1, 9, 30, 0, 250000),  # noqa: DTZ001 (as drivers give it)
        REPORTED=date(2026, 6, 30),
        PERSON_ID=Decimal("12.00"),
        BORN=datetime(1990, 2, 1),  # noqa: DTZ001 (as a driver gives it)
    )
    assert not turned.wrong
    crime, victim = turned.events
    assert (crime["subject"], crime["sequence"], crime["time"]) == (
        "4711",
        "65538",
        "2026-07-01T08:30:00.250000Z",
    )
    assert crime["data"]["reported_at"] == "2026-06-30"
    assert (victim["data"]["victim"], victim["data"]["born_on"]) == ("12", "1990-02-01")


def test_a_moment_as_sequence_counts_microseconds_and_without_one_the_time_does() -> None:
    by_column = MAPPING.replace(
        'sequence = "ROW_VERSION"', 'sequence = { column = "UPDATED", format = "%d/%m/%Y %H:%M" }'
    )
    without = MAPPING.replace('sequence = "ROW_VERSION"', "")
    assert turn(by_column).events[0]["sequence"] == turn(without).events[0]["sequence"] == "1782894600000000"


def test_lists_are_split_and_mapped_and_objects_in_lists_fall_away_when_empty() -> None:
    said = MAPPING.replace(
        "# more of the crime",
        'other_references = { all = [ { kind = { value = "urn" }, value = "URN" }, '
        '{ kind = { value = "incident" }, value = "INCIDENT" } ] }',
    )
    found = data(said, URN="", INCIDENT="I-1")
    assert found["other_references"] == [{"kind": "incident", "value": "I-1"}]
    assert "other_references" not in data(said, URN="", INCIDENT="")
    victim = turn(NEEDS="BSL; LP;;").events[1]["data"]
    assert victim["needs"] == ["bsl", "large_print"]
    assert "needs" not in turn(NEEDS="").events[1]["data"]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('stage = { column = "STATUS"', 'stages = { column = "STATUS"', "did you mean «stage»"),
        (
            '"OPEN" = "investigating"',
            '"OPEN" = "investigation"',
            "«investigation» is not a word of the contract",
        ),
        ('offence.name = "OFFENCE"', "", "requires data.offence.name"),
        ('type = "victim.changed"', 'type = "victim.change"', "did you mean «victim.changed»"),
        ('subject = "CRIME_NO"', 'subjekt = "CRIME_NO"', "«subject» is required"),
        ('email = "EMAIL"', 'email = { colum = "EMAIL" }', "one of «column»"),
        ('email = "EMAIL"', 'email = { column = "EMAIL", vallues = { } }', "did you mean «values»"),
        ('email = "EMAIL"', 'suspect = "SUSPECT"', "data.suspect is not a field of the contract"),
        ('timezone = "Europe/London"', 'timezone = "Mars"', "is no time zone"),
        ("filled = true", "filled = 1", "must be true or false"),
        ("no_portal = { value = false }", 'no_portal = { value = "no" }', "must be true or false"),
        ('"flags" =', '"flags.x" =', "flags"),
        ('role = { value = "victim" }', 'role = { value = "witness" }', "«witness» is not a word"),
    ],
)
def test_what_is_wrong_in_a_mapping_is_said_before_anything_is_read(old: str, new: str, told: str) -> None:
    assert old in MAPPING
    with pytest.raises(Unfit, match="mapping") as unfit:
        read_mapping(tomllib.loads(MAPPING.replace(old, new, 1)), settings())
    assert told in str(unfit.value)


def test_the_columns_that_a_header_lacks_are_named() -> None:
    mapping = read_mapping(tomllib.loads(MAPPING), settings())
    header = [name.lower() for name in row()]
    assert mapping.missing(header) == []
    assert mapping.missing([name for name in header if name != "email"]) == ["EMAIL"]


@how(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.dictionaries(
        st.sampled_from(sorted(row())),
        st.none()
        | st.text()
        | st.integers()
        | st.binary()
        | st.booleans()
        | st.datetimes()
        | st.dates()
        | st.floats(),
    )
)
def test_whatever_a_row_holds_it_is_turned_skipped_or_refused_and_what_it_makes_is_lawful(
    columns: dict[str, object],
) -> None:
    turned = turn(**columns)
    assert turned.events or turned.wrong or turned == Turned()
    for event in turned.events:
        far = datetime(9990, 1, 1, tzinfo=UTC)
        assert isinstance(
            judge(Line(0, event), now=far, allowed_types=None, digest_key=b"k", country="GB"), Event
        )
