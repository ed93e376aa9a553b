"""From rows to the life of a crime: what the feed is told, in which order, and that it is always the same."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.extracts import crime_id, final, outcome, reference, street, told, write
from trackmycrime.feed.connectors.police_uk.labels import CATEGORIES, STATUSES, crime_type, status_of
from trackmycrime.feed.contract import CATEGORIES as CONTRACT_CATEGORIES
from trackmycrime.feed.contract import MILESTONES, OUTCOMES, STAGES, Event, Line, judge

ONE = crime_id(1)


def stages(events: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    """Stage and outcome of each state of the crimes, in the order of sequences."""
    states = [event for event in events if event["type"] == "crime.changed"]
    states.sort(key=lambda event: int(event["sequence"]))
    return [(e["data"]["stage"], e["data"].get("outcome", {}).get("code")) for e in states]


def assert_lawful(events: list[dict[str, Any]]) -> None:
    """Every event is as the contract says; no id comes twice, and no sequence of one entity."""
    ids, sequences = set(), set()
    for event in events:
        verdict = judge(Line(0, event), now=datetime.now(UTC), allowed_types=None, digest_key=b"test")
        assert isinstance(verdict, Event), verdict
        assert event["id"] not in ids
        assert (verdict.entity, verdict.sequence) not in sequences
        ids.add(event["id"])
        sequences.add((verdict.entity, verdict.sequence))


def test_a_reference_is_stable_short_and_of_one_force() -> None:
    assert re.fullmatch(r"K-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}", reference(1))
    assert reference(1) == "K-39YT-2BDZ-DEE2"
    assert reference(1) != reference(2)
    assert reference(1, "avon-and-somerset")[:3] == "AS-"
    assert reference(1, "avon-and-somerset")[3:] != reference(1)[2:]


def test_street_alone_records_the_crime_and_then_what_the_release_shows(tmp_path: Path) -> None:
    write(tmp_path, "2021-05-kent-street.csv", [street(ONE, status="Local resolution")])
    events, _, _ = told([tmp_path])
    assert_lawful(events)
    assert stages(events) == [("reported", None), ("closed", "8")]
    data = events[0]["data"]
    assert data["reported_at"] == "2021-05"
    assert data["place"] == "On or near Larch Close"
    assert data["flags"] == []
    assert data["offence"] == {"name": "Burglary", "category": "burglary"}
    assert events[0]["time"] == "2021-05-01T09:00:00Z"


def test_outcome_rows_come_by_month_and_the_street_files_last_word_only_where_it_differs(
    tmp_path: Path,
) -> None:
    write(tmp_path, "2021-05-kent-street.csv", [street(ONE, status="Awaiting court outcome")])
    write(tmp_path, "2021-07-kent-outcomes.csv", [outcome(ONE, "2021-07", "Suspect charged")])
    events, _, _ = told([tmp_path])
    assert stages(events) == [("reported", None), ("charged", "1"), ("court", "1")]
    assert events[1]["data"]["outcome"]["decided_on"] == "2021-07"
    write(tmp_path, "2021-05-kent-street.csv", [street(ONE, status="Suspect charged")])
    assert stages(told([tmp_path])[0]) == [("reported", None), ("charged", "1")]


def test_several_outcomes_in_one_month_go_forward_and_repeated_ones_are_one_event(tmp_path: Path) -> None:
    write(tmp_path, "2021-05-kent-street.csv", [street(ONE, status="")])
    labels = ["Offender fined", "Suspect charged", "Suspect charged", "Suspect charged"]
    write(tmp_path, "2021-06-kent-outcomes.csv", [outcome(ONE, "2021-06", label) for label in labels])
    events, _, counts = told([tmp_path])
    assert_lawful(events)
    assert stages(events) == [("reported", None), ("charged", "1"), ("closed", "1")]
    assert counts.turned == 5


def test_a_courts_result_is_an_update_with_text_in_both_languages(tmp_path: Path) -> None:
    write(tmp_path, "2013-06-kent-street.csv", [street(ONE, "2013-06", status="")])
    write(tmp_path, "2013-06-kent-outcomes.csv", [outcome(ONE, "2013-06", "Offender imprisoned")])
    events, _, _ = told([tmp_path])
    (update,) = (event for event in events if event["type"] == "update.published")
    assert update["data"]["milestone"] == "sentence"
    assert "sent to prison" in update["data"]["text"]["en"]
    assert "carchar" in update["data"]["text"]["cy"]


def test_an_outcome_before_the_report_keeps_its_date_and_follows_the_report(tmp_path: Path) -> None:
    write(tmp_path, "2021-05-kent-street.csv", [street(ONE, status="")])
    write(tmp_path, "2021-04-kent-outcomes.csv", [outcome(ONE, "2021-04", "Local resolution")])
    events, _, _ = told([tmp_path], made_up=True)
    assert stages(events) == [("reported", None), ("closed", "8")]
    changed = [event for event in events if event["type"] == "crime.changed"]
    assert changed[1]["data"]["outcome"]["decided_on"] == "2021-04"
    assert changed[1]["time"] > changed[0]["time"]


def test_an_outcome_of_a_crime_never_seen_waits_as_an_update_without_a_crime(tmp_path: Path) -> None:
    write(tmp_path, "2021-06-kent-outcomes.csv", [outcome(ONE, label="Local resolution")])
    events, _, counts = told([tmp_path], made_up=True)
    assert_lawful(events)
    of_crime = [event for event in events if event["subject"] == reference(1)]
    assert [event["type"] for event in of_crime] == ["update.published"]
    assert of_crime[0]["data"]["milestone"] == "out_of_court_disposal"
    assert counts.turned == 1


def test_rows_of_one_id_are_one_crime_and_the_stricter_type_holds(tmp_path: Path) -> None:
    rows = [
        street(ONE, status="Local resolution", place=""),
        street(ONE, status="Under investigation"),
        street(ONE, type_="Violence and sexual offences", status="Under investigation", place=""),
    ]
    write(tmp_path, "2021-05-kent-street.csv", rows)
    events, _, counts = told([tmp_path])
    data = final(events)[reference(1)]
    assert data["offence"]["category"] == "violence-and-sexual-offences"
    assert (data["stage"], data["outcome"]["code"]) == ("closed", "8")
    assert counts.turned == 3
    assert {event["subject"] for event in events} == {reference(1)}


def test_the_order_of_rows_and_files_decides_nothing(tmp_path: Path) -> None:
    rows = [
        street(ONE, status="Local resolution"),
        street(ONE, place="On or near Elm Close"),
        street(crime_id(2)),
    ]
    write(tmp_path / "a", "2021-05-kent-street.csv", rows)
    write(tmp_path / "b", "2021-05-kent-street.csv", rows[::-1])
    assert told([tmp_path / "a"])[0] == told([tmp_path / "b"])[0]


@pytest.mark.parametrize(
    ("first", "second"),
    [("Under investigation", "Suspect charged"), ("Suspect charged", "Under investigation")],
)
def test_two_releases_end_in_the_later_ones_state_together_or_apart_in_any_order(
    tmp_path: Path, first: str, second: str
) -> None:
    name = "2021-05-kent-street.csv"
    same = street(crime_id(2), status="Local resolution")
    write(tmp_path / "release-2021-11", name, [street(ONE, status=first), same])
    write(tmp_path / "release-2022-02", name, [street(ONE, status=second), same])
    together, _, counts = told([tmp_path])
    before, _, _ = told([tmp_path / "release-2021-11"])
    after, _, _ = told([tmp_path / "release-2022-02"])
    assert_lawful(together)
    assert counts.turned == 4
    expected = {"Under investigation": "investigating", "Suspect charged": "charged"}[second]
    for events in (together, before + after, after + before):
        assert final(events)[reference(1)]["stage"] == expected
    # Pushed after the earlier release, a later one repeats no id with other content and no sequence.
    assert_lawful([*before, *(event for event in after if event["id"] not in {e["id"] for e in before})])
    # What did not change between the two is told once.
    assert len([e for e in together if e["subject"] == reference(2)]) == 2


def test_the_release_is_read_from_folders_or_given(tmp_path: Path) -> None:
    row = [street(ONE)]
    times = {}
    for folder in ("release-2021-11", "archive-2021-11", "2021-11/2021-05", "2021-05", "plain", "x/2021-04"):
        path = write(tmp_path / "somewhere" / folder, "2021-05-kent-street.csv", row)
        times[folder] = told([path])[0][-1]["time"][:7]
    assert times == {
        "release-2021-11": "2021-11",
        "archive-2021-11": "2021-11",
        "2021-11/2021-05": "2021-11",
        "2021-05": "2021-05",
        "plain": "2021-05",
        "x/2021-04": "2021-05",
    }
    assert told([path], release=(2022 - 2000) * 12)[0][-1]["time"][:7] == "2022-01"


def test_every_label_maps_into_the_contract() -> None:
    assert set(CATEGORIES.values()) <= set(CONTRACT_CATEGORIES)
    for status in STATUSES:
        assert status.stage in STAGES
        assert status.outcome is None or status.outcome in OUTCOMES
        assert status.milestone is None or status.milestone in MILESTONES
        assert status.milestone != "note" or status.result
    assert len({status.rank for status in STATUSES}) == len(STATUSES)
    assert crime_type("violent  CRIME") == "Violence and sexual offences"
    assert status_of("Offender imprisoned") is status_of("Offender sent to prison")
