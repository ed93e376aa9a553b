"""The real extracts: every row is accounted for, every event is lawful. Needs the folder in POLICE_DATA."""

from __future__ import annotations

import csv
import gzip
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.connectors.extracts import told
from trackmycrime.feed.connectors import police_uk
from trackmycrime.feed.connectors.police_uk.labels import crime_type, status_of
from trackmycrime.feed.contract import Event, Line, judge

_FOLDER = os.environ.get("POLICE_DATA", "")
DATA = Path(_FOLDER)

pytestmark = pytest.mark.skipif(
    not (_FOLDER and (DATA / "police-uk").is_dir()), reason="POLICE_DATA names no folder with real extracts"
)


def test_every_label_ever_seen_is_known() -> None:
    with (DATA / "derived" / "values-seen.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["column"] == "crime_type":
                assert crime_type(row["value"]), row["value"]
            if row["column"] in ("last_outcome_category", "outcome_type") and row["value"]:
                assert status_of(row["value"]), row["value"]


@pytest.mark.parametrize(
    "force", ["avon-and-somerset", "bedfordshire", "dorset", "kent", "south-wales"]
)  # fmt: skip
def test_the_sums_of_a_force_are_those_of_its_manifest(force: str) -> None:
    with (DATA / "police-uk" / "MANIFEST.csv").open(newline="") as file:
        listed = [row for row in csv.DictReader(file) if f"-{force}-" in row["path"]]
    rows, identified = (sum(int(row[column]) for row in listed) for column in ("rows", "rows_with_crime_id"))
    refused: list[object] = []
    subjects: set[str] = set()
    types: Counter[str] = Counter()
    with police_uk.Reading(force, made_up_victims=True) as reading:
        for extract in police_uk.find([DATA / "police-uk" / force]):
            reading.add(extract, refused.append)
        counts = reading.counts
        assert (counts.read, counts.turned, counts.skipped, counts.refused) == (
            rows,
            identified,
            rows - identified,
            0,
        )
        now = datetime.now(UTC)
        for number, made in enumerate(reading.events()):
            types[made.event["type"]] += 1
            subjects.add(made.event["subject"])
            if number % 10 == 0:
                verdict = judge(Line(0, made.event), now=now, allowed_types=None, digest_key=b"test")
                assert isinstance(verdict, Event), verdict
    assert refused == []
    assert len(subjects) == reading_crimes(force) + 42
    assert types["victim.changed"] <= types["crime.changed"]


def reading_crimes(force: str) -> int:
    """How many Crime IDs a force's files have, counted without the connector."""
    found: set[str] = set()
    for path in (DATA / "police-uk" / force).rglob("*.csv.gz"):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            found |= {row["Crime ID"] for row in csv.DictReader(file) if row["Crime ID"]}
    return len(found)


def test_a_later_release_brings_the_changes_that_were_counted_between_the_two() -> None:
    """7,752 statuses changed between the releases; IDs with several rows may show another one of them."""
    changes: dict[str, tuple[str, str]] = {}
    with gzip.open(
        DATA / "derived" / "as-2021-status-changes-between-releases.csv.gz", "rt", newline=""
    ) as file:
        for row in csv.DictReader(file):
            after = status_of(row["last_outcome_release_2022_02"])
            assert after
            reference = police_uk.reference_of("avon-and-somerset", bytes.fromhex(row["crime_id"]))
            changes[reference] = (after.stage, after.outcome or "")
    folder = DATA / "police-uk" / "avon-and-somerset"
    first, _, _ = told([folder / "release-2021-11"], "avon-and-somerset")
    known = {event["id"] for event in first}
    both, _, _ = told([folder / "release-2021-11", folder / "release-2022-02"], "avon-and-somerset")
    brought = {
        event["subject"]: (event["data"]["stage"], event["data"].get("outcome", {}).get("code", ""))
        for event in both
        if event["id"] not in known and event["type"] == "crime.changed"
    }
    agree = sum(brought.get(reference) == said for reference, said in changes.items())
    assert len(changes) > 7_500
    assert agree > 0.99 * len(changes)
    assert len(brought) < 1.05 * len(changes)


def test_csv_torture_files_under_the_names_of_extracts_are_refused_and_nothing_is_raised(
    tmp_path: Path,
) -> None:
    month = 0
    for path in sorted((DATA / "hostile").rglob("*.csv")):
        month += 1
        name = f"20{20 + month // 12}-{month % 12 + 1:02d}-kent-street.csv"
        (tmp_path / name).write_bytes(path.read_bytes())
    events, refused, counts = told([tmp_path])
    assert month > 30
    assert events == []
    assert len(refused) == month
    assert counts.read == counts.refused
