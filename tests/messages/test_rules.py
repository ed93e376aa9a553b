"""Decisions of the room, without a database."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackmycrime.messages.rules import Asked, Colleague, NotSent, cleaned, whom_to_ask
from trackmycrime.rights import working_days

TODAY = date(2026, 11, 24)
AT_WORK = Colleague("U1", True, None, "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "empty"), (" \r\n ", "empty"), ("x" * 4001, "too_long"), ("a\x00b", "unreadable")],
)
def test_what_is_not_sent(text: str, reason: str) -> None:
    with pytest.raises(NotSent) as refused:
        cleaned(text)
    assert refused.value.reason == reason


def test_line_ends_are_of_one_kind_and_count_once() -> None:
    assert cleaned(" one\r\ntwo\rthree \n") == "one\ntwo\nthree"
    assert len(cleaned("\r\n".join(["x" * 99] * 40))) == 3999


@pytest.mark.parametrize(
    ("colleagues", "asked"),
    [
        ({"O1": AT_WORK}, Asked("O1", "U1")),
        ({}, Asked("", "U1")),
        ({"O1": Colleague("U1", False, None, "")}, Asked("", "U1")),
        ({"O1": Colleague("U1", False, None, "O2"), "O2": AT_WORK}, Asked("O2", "U1")),
        ({"O1": Colleague("U1", True, date(2026, 11, 23), "O2"), "O2": AT_WORK}, Asked("O1", "U1")),
        ({"O1": Colleague("U1", True, TODAY, "O2"), "O2": AT_WORK}, Asked("O2", "U1")),
        ({"O1": Colleague("U1", True, TODAY, "O2"), "O2": Colleague("U1", False, None, "")}, Asked("", "U1")),
        (
            {"O1": Colleague("U1", True, TODAY, "O2"), "O2": Colleague("U1", True, TODAY, "O1")},
            Asked("", "U1"),
        ),
        ({"O1": Colleague("U1", True, TODAY, "U2")}, Asked("", "U2")),
        ({"O1": Colleague("U1", True, TODAY, "nobody")}, Asked("", "U1")),
        ({"O1": Colleague("U1", True, TODAY, "")}, Asked("", "U1")),
    ],
)
def test_who_is_asked(colleagues: dict[str, Colleague], asked: Asked) -> None:
    assert whom_to_ask("O1", "U1", colleagues, {"U2"}, TODAY) == asked


def test_the_officers_own_team_answers_where_the_crime_names_none() -> None:
    assert whom_to_ask("O1", "", {"O1": Colleague("U9", False, None, "")}, (), TODAY) == Asked("", "U9")
    assert whom_to_ask("", "", {}, (), TODAY) == Asked("", "")


# gov.uk/bank-holidays, England and Wales
KNOWN = {
    2021: "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28",
    2023: "01-02 04-07 04-10 05-01 05-29 08-28 12-25 12-26",
    2024: "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26",
    2025: "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26",
    2026: "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28",
    2027: "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28",
}


@pytest.mark.parametrize("year", KNOWN)
def test_bank_holidays_are_the_published_ones(year: int) -> None:
    assert working_days.bank_holidays(year) == {
        date.fromisoformat(f"{year}-{day}") for day in KNOWN[year].split()
    }


@pytest.mark.parametrize(
    ("written", "due"),
    [
        (date(2026, 11, 24), date(2026, 11, 26)),
        (date(2026, 11, 20), date(2026, 11, 24)),
        (date(2026, 11, 21), date(2026, 11, 24)),
        (date(2026, 12, 24), date(2026, 12, 30)),
        (date(2026, 12, 31), date(2027, 1, 5)),
    ],
)
def test_an_answer_is_due_after_two_working_days(written: date, due: date) -> None:
    assert working_days.after(written, 2) == due


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)), st.integers(1, 30))
def test_counting_forth_and_back_agrees(day: date, days: int) -> None:
    end = working_days.after(day, days)
    assert working_days.is_working_day(end)
    assert working_days.between(day, end) == days == -working_days.between(end, day)
