"""Who may be let in, for how long: the pure rules."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackmycrime.feed.records.victims import under_age
from trackmycrime.people.helping import rules
from trackmycrime.people.helping.rules import Kind, Part, Refused

TODAY = date(2026, 11, 28)
GROWN = Part("victim", under_age=False, no_portal=False)
DATES = st.dates(date(1990, 1, 1), date(2060, 1, 1))


def why(kind: Kind, part: Part, day: date | None, today: date = TODAY) -> str:
    with pytest.raises(Refused) as refused:
        rules.until(kind, part, day, today)
    return refused.value.reason


def test_access_lasts_through_its_last_day_by_the_clock_here() -> None:
    assert rules.until(Kind.HELPER, GROWN, date(2026, 12, 1), TODAY) == datetime(2026, 12, 2, tzinfo=UTC)
    summer = rules.until(Kind.ORGANISATION, GROWN, date(2027, 6, 1), TODAY)
    assert summer.astimezone(UTC) == datetime(2027, 6, 1, 23, tzinfo=UTC)
    assert rules.until(Kind.HELPER, GROWN, TODAY, TODAY) == datetime(2026, 11, 29, tzinfo=UTC)


def test_no_day_no_past_day_and_no_day_beyond_a_year() -> None:
    assert why(Kind.HELPER, GROWN, None) == "past"
    assert why(Kind.HELPER, GROWN, TODAY - timedelta(days=1)) == "past"
    assert rules.until(Kind.HELPER, GROWN, TODAY + rules.LONGEST, TODAY)
    assert why(Kind.HELPER, GROWN, TODAY + rules.LONGEST + timedelta(days=1)) == "too_long"


def test_a_child_lets_nobody_in_and_who_may_not_use_the_portal_neither() -> None:
    day = TODAY + timedelta(days=7)
    assert why(Kind.HELPER, Part("victim", under_age=True, no_portal=False), day) == "child"
    assert why(Kind.ORGANISATION, Part("victim", under_age=True, no_portal=False), day) == "child"
    for kind in Kind:
        assert why(kind, Part("victim", under_age=False, no_portal=True), day) == "no_portal"


def test_a_guardian_needs_a_child_whose_birthday_is_known() -> None:
    def child(born: date | None) -> Part:
        return Part("victim", under_age=True, no_portal=False, born_on=born)

    assert why(Kind.GUARDIAN, child(None), None) == "no_birthday"
    assert why(Kind.GUARDIAN, child(date(2008, 11, 28)), None) == "not_a_child"
    ends = rules.until(Kind.GUARDIAN, child(date(2008, 11, 29)), date(2090, 1, 1), TODAY)
    assert ends == datetime(2026, 11, 29, tzinfo=UTC)


def test_who_was_born_on_a_leap_day_comes_of_age_in_march() -> None:
    assert rules.comes_of_age(date(2008, 2, 29)) == date(2026, 3, 1)


@given(born=DATES, today=DATES)
def test_a_birthday_is_the_same_day_here_and_in_the_feed(born: date, today: date) -> None:
    if born <= today:
        assert under_age(born, today) is (today < rules.comes_of_age(born))


@given(born=DATES, told=DATES, today=DATES)
def test_what_is_kept_of_a_birthday_says_of_no_adult_when_it_is(born: date, told: date, today: date) -> None:
    kept = rules.of_age_on(born, told)
    assert kept is not None
    assert kept in (rules.comes_of_age(born), rules.GROWN_UP)
    assert (kept == rules.GROWN_UP) is not under_age(born, told) or born > told
    if today >= told >= born:
        assert rules.parents_end([kept], today) is not under_age(born, today)


def test_a_parent_of_two_is_one_until_the_younger_is_grown_up() -> None:
    elder, younger = date(2026, 1, 1), date(2028, 1, 1)
    assert not rules.parents_end([elder, younger, None], TODAY)
    assert rules.parents_end([elder, rules.GROWN_UP, None], TODAY)
    assert not rules.parents_end([None], TODAY), "the records system's word stands"
    assert not rules.parents_end([], TODAY)
