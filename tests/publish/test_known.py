"""What can be passed over without looking: a state that came late and shows nowhere."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from trackmycrime.publish import known
from trackmycrime.publish.case_rows import closed_since, reached
from trackmycrime.publish.known import in_order, look_alike
from trackmycrime.publish.timeline import timeline

_START = datetime(2026, 11, 1, tzinfo=UTC)
_STAGES = ("reported", "investigating", "suspect_identified", "charged", "court", "closed")


@st.composite
def _said(draw: st.DrawFn) -> list[list[Any]]:
    sequences = draw(st.lists(st.integers(0, 30), min_size=2, max_size=7, unique=True))
    return [
        [
            sequence,
            (_START + timedelta(hours=draw(st.integers(0, 50)))).isoformat(),
            draw(st.sampled_from(_STAGES)),
            draw(st.sampled_from(("", "", "1", "18"))),
            draw(st.sampled_from(("", "dc1", "dc2"))),
            draw(st.booleans()),
        ]
        for sequence in sequences
    ]


@given(_said(), st.data())
def test_what_looks_alike_has_the_same_timeline_and_stages(
    said: list[list[Any]], data: st.DataObject
) -> None:
    newest = max(said)
    late = data.draw(st.sampled_from([one for one in said if one is not newest]))
    before = [one for one in said if one is not late]
    if look_alike(before, said):
        one, two = in_order(before), in_order(said)
        assert timeline(one, []) == timeline(two, [])
        assert (reached(one), closed_since(one)) == (reached(two), closed_since(two))


def test_a_late_state_that_says_nothing_new_looks_alike_and_another_officer_does_not() -> None:
    first = [1, _START.isoformat(), "reported", "", "dc1", True]
    newest = [9, (_START + timedelta(days=3)).isoformat(), "investigating", "", "dc1", True]
    same = [5, (_START + timedelta(days=1)).isoformat(), "reported", "", "dc1", True]
    assert look_alike([first, newest], [first, newest, same])
    assert not look_alike([first, newest], [first, newest, [*same[:4], "dc2", True]])
    assert not look_alike([first, newest], [first, newest, [*same[:2], "investigating", *same[3:]]])


@pytest.mark.django_db
@pytest.mark.parametrize("asked", ["_UPDATES", "_HEARINGS", "_PROPERTY", "_VICTIMS", "_CASES", "_ENTRIES"])
def test_a_crimes_rows_are_looked_for_by_themselves_whatever_is_known_of_the_table(asked: str) -> None:
    """The plan is kept: one that is made while a table is empty must do when it is full. So it can only be one that
    asks crime by crime, and never one that gathers the whole table first."""
    sql = str(getattr(known, asked)).replace("%s::uuid[]", "$1::uuid[]").replace("%s", "$2")
    with connection.cursor() as cursor:
        cursor.execute("set local plan_cache_mode = force_generic_plan")
        cursor.execute(f"prepare asked (uuid[], smallint) as {sql}")
        cursor.execute("explain execute asked ('{}', 1)")
        plan = "\n".join(line for (line,) in cursor.fetchall())
        cursor.execute("deallocate asked")
    assert "crime_id = w.crime_id" in plan
    assert not re.search("Hash|Merge|Materialize", plan)
