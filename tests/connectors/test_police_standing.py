"""A folder of extracts as an input: what `feed push` would send, once, and again when a release is added."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.extracts import crime_id, outcome, street, told, write
from tests.connectors.keeping import Kept
from tests.connectors.mappings import settings
from trackmycrime.feed.connectors import registry
from trackmycrime.feed.connectors.police_uk.standing import Extracts, extracts
from trackmycrime.feed.connectors.protocol import Away, Unfit


def input_(folder: Path, **options: Any) -> Extracts:
    """An input of Kent's extracts that reads at once."""
    return extracts(settings(**{"folder": str(folder), "force": "kent", "settle": 0, "rows": 7} | options))


def fill(folder: Path) -> None:
    """A month of Kent, with a row that is skipped and one that is refused, and of another force."""
    rows = [street(crime_id(number)) for number in range(20)]
    write(folder, "2021-05/2021-05-kent-street.csv", [*rows, street(""), street("no id")])
    write(folder, "2021-06/2021-06-kent-outcomes.csv", [outcome(crime_id(1))])
    write(folder, "2021-05/2021-05-avon-and-somerset-street.csv", rows)


def test_the_events_are_those_of_the_files_and_come_once(tmp_path: Path) -> None:
    fill(tmp_path)
    ours = [tmp_path / "2021-05/2021-05-kent-street.csv", tmp_path / "2021-06/2021-06-kent-outcomes.csv"]
    expected, _, _ = told(ours)
    kept = Kept()
    kept.drain(input_(tmp_path))
    assert list(kept.events) == expected
    assert kept.sums == (23, 21, 1)
    assert [one.column for one in kept.refused] == ["Crime ID"]
    kept.drain(input_(tmp_path))
    assert len(kept.events) == len(expected)


def test_killed_in_between_it_goes_on_and_counts_rows_once(tmp_path: Path) -> None:
    fill(tmp_path)
    kept = Kept()
    kept.drain(input_(tmp_path), most=2)
    kept.drain(input_(tmp_path))
    assert len(kept.ids) == len(kept.events)
    assert kept.sums == (23, 21, 1)


def test_a_new_month_is_read_with_the_others_when_it_is_there_as_a_whole(tmp_path: Path) -> None:
    fill(tmp_path)
    kept = Kept()
    kept.drain(input_(tmp_path))
    before = kept.ids
    path = write(tmp_path, "2021-07/2021-07-kent-street.csv", [street(crime_id(99), "2021-07")])
    changed = os.stat(path).st_ctime
    given = {"folder": str(tmp_path), "force": "kent", "settle": "30s"}
    kept.drain(extracts(settings(**given), lambda: changed + 29))
    assert kept.ids == before
    kept.drain(extracts(settings(**given), lambda: changed + 31))
    assert len(kept.ids - before) == 2  # recorded, and what the release shows


def test_a_folder_that_is_not_there_is_away(tmp_path: Path) -> None:
    with pytest.raises(Away, match="cannot be read"):
        Kept().drain(input_(tmp_path / "nowhere"))


@pytest.mark.parametrize(
    ("options", "right"),
    [
        ({"folder": "."}, "«force» must be a text"),
        ({"folder": ".", "force": "kent", "release": "May"}, "«release» must be a month like"),
        ({"folder": ".", "force": "kent", "forces": "kent"}, "did you mean «force»"),
    ],
)
def test_options_that_cannot_be_used_are_named(options: dict[str, Any], right: str) -> None:
    with pytest.raises(Unfit) as unfit:
        registry.factory("police_uk")(settings(**options))
    assert right in str(unfit.value)
