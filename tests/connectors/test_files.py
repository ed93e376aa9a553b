"""Files dropped in a folder: only complete ones are taken, each ends in one place with its report, none is lost."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.keeping import Kept
from tests.connectors.mappings import MAPPING, row, settings
from trackmycrime.feed.connectors import registry
from trackmycrime.feed.connectors.files import csv_files, event_files
from trackmycrime.feed.connectors.files.claims import Clock
from trackmycrime.feed.connectors.files.folder import Folder
from trackmycrime.feed.connectors.protocol import Away, Unfit


class Killed(BaseException):
    """Stands for kill -9: nothing of ours catches it."""


def text(*rows: dict[str, object], delimiter: str = ",") -> str:
    """A CSV file of rows."""
    file = io.StringIO()
    writer = csv.DictWriter(file, list(row()), delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return file.getvalue()


def crimes(count: int, first: int = 1) -> list[dict[str, object]]:
    """Rows of as many crimes, each with a victim."""
    return [row(CRIME_NO=f"C/{n}", PERSON_ID=f"P{n}") for n in range(first, first + count)]


def drop(folder: Path, name: str, content: str | bytes) -> None:
    """Put a file into the folder."""
    (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


def input_(folder: Path, **options: Any) -> Folder:
    """A CSV input that takes files at once."""
    given = {"folder": str(folder), "mapping": tomllib.loads(MAPPING), "settle": 0} | options
    return csv_files(settings(**given))


def report(folder: Path, where: str, name: str) -> dict[str, Any]:
    """The report beside a file that was put away."""
    assert (folder / where / name).is_file()
    found: dict[str, Any] = json.loads((folder / where / f"{name}.report.json").read_text())
    assert found["read"] == found["turned"] + found["skipped"] + found["refused"]
    return found


def test_a_file_becomes_events_and_lies_in_done_with_its_sums(tmp_path: Path) -> None:
    drop(tmp_path, "crimes.csv", text(*crimes(3), row(KIND="TEST"), row(EMAIL="nobody"), row(STATUS="LOST")))
    kept = Kept()
    kept.drain(input_(tmp_path))
    assert kept.sums == (6, 3, 1)
    found = report(tmp_path, "done", "crimes.csv")
    assert (found["read"], found["turned"], found["skipped"], found["refused"]) == (6, 3, 1, 2)
    assert (
        found["events"] == len(kept.events) == 8
    )  # the crime of the wrong email, the victim of the lost crime
    assert [(one["line"], one["column"]) for one in found["refusals"]] == [(6, "EMAIL"), (7, "STATUS")]
    assert not list((tmp_path / "work").glob("*.csv"))


def test_files_that_are_not_complete_stay_where_they_are(tmp_path: Path) -> None:
    told: list[str] = []
    time = [0.0]
    steady = [0.0]
    clock = Clock(lambda: time[0], lambda: steady[0])
    given = {"folder": str(tmp_path), "mapping": tomllib.loads(MAPPING), "settle": "30s"}
    connector = csv_files(settings(told.append, **given), clock)
    for name in ("a.csv.part", "b.tmp", ".c.csv", "notes.txt"):
        drop(tmp_path, name, text(*crimes(1)))
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "link.csv").symlink_to(tmp_path / "notes.txt")
    os.mkfifo(tmp_path / "pipe.csv")
    drop(tmp_path, "fresh.csv", text(*crimes(2)))
    time[0] = os.stat(tmp_path / "fresh.csv").st_ctime + 29
    kept = Kept()
    kept.drain(connector)
    assert kept.batches == []
    drop(tmp_path, "fresh.csv", text(*crimes(5)))  # it grew, and its writer set its clock wrong
    os.utime(tmp_path / "fresh.csv", (2**32, 2**32))
    for steady[0] in (31.0, 60.0):
        kept.drain(connector)
        assert kept.batches == []
    steady[0] = 62.0
    kept.drain(connector)
    assert kept.sums == (5, 5, 0)
    assert sorted(os.listdir(tmp_path)) == sorted(
        [
            "a.csv.part",
            "b.tmp",
            ".c.csv",
            "notes.txt",
            "folder.csv",
            "link.csv",
            "pipe.csv",
            "work",
            "done",
            "failed",
        ]
    )
    assert [one for one in told if "notes.txt" in one] == [
        "notes.txt is left where it is: it does not match *.csv or *.csv.gz"
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\n\n", "empty line"),
        (b"A,B\r\n1,2\r\n3,4\r\n", "no column"),
        ("CRIME_NO".encode("utf-16"), "UTF-16"),
        (b'"CRIME_NO,A\nx,y\n', "quote"),
        (b"CRIME_NO,A\rx,y\rz,q\r", "CR alone"),
        (text(*crimes(1)).replace("KIND", "EMAIL", 1).encode(), "no column KIND"),
        (text(*crimes(1)).replace("DISGUISE", "DISGUISE,email", 1).encode(), "names EMAIL twice"),
    ],
)
def test_a_file_with_a_wrong_header_lies_in_failed_and_says_what_would_be_right(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    drop(tmp_path, "x.csv", content)
    drop(tmp_path, "y.csv", text(*crimes(1)))
    kept = Kept()
    kept.drain(input_(tmp_path))
    found = report(tmp_path, "failed", "x.csv")
    assert reason in found["refusals"][0]["reason"]
    assert found["refusals"][0]["right"]
    assert report(tmp_path, "done", "y.csv")["turned"] == 1


def test_a_file_that_breaks_off_gives_what_came_before(tmp_path: Path) -> None:
    drop(tmp_path, "x.csv.gz", gzip.compress(text(*crimes(400)).encode())[:-700])
    kept = Kept()
    kept.drain(input_(tmp_path, rows=50))
    found = report(tmp_path, "failed", "x.csv.gz")
    assert 0 < found["turned"] < 400
    assert "end too early" in found["refusals"][-1]["reason"]
    assert len(kept.ids) == 2 * found["turned"]


@pytest.mark.parametrize(
    ("encoding", "start"), [("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("cp1252", b""), ("iso-8859-15", b"")]
)
def test_encodings_delimiters_and_quotes_are_as_they_are_declared(
    tmp_path: Path, encoding: str, start: bytes
) -> None:
    rows = [row(SURNAME="O'Brien; «é»", ADDRESS1='The "Larches"\nLane\n\nEnd', OFFENCE="Burglary, dwelling")]
    drop(tmp_path, "x.csv", start + text(*rows, delimiter=";").encode(encoding))
    kept = Kept()
    kept.drain(input_(tmp_path, encoding=encoding, delimiter="semicolon"))
    crime, victim = kept.events
    assert victim["data"]["name"] == "Siân O'Brien; «é»"
    assert victim["data"]["address"]["lines"] == ['The "Larches"\nLane\n\nEnd']
    assert crime["data"]["offence"]["name"] == "Burglary, dwelling"


def test_a_quote_that_is_never_closed_costs_its_row_and_no_other(tmp_path: Path) -> None:
    lines = text(*crimes(2000)).splitlines()
    lines[500] = lines[500].replace("Larch", '"Larch', 1).replace("Burglary", '"Burglary')
    lines[501] += "x" * 200_000
    drop(tmp_path, "x.csv", "\n".join(lines))
    kept = Kept()
    kept.drain(input_(tmp_path))
    assert kept.sums == (2000, 1998, 0)
    assert [one.line for one in kept.refused] == [501, 502]


def test_files_without_a_header_are_read_by_the_columns_of_the_configuration(tmp_path: Path) -> None:
    drop(tmp_path, "x.csv", text(*crimes(2)).partition("\n")[2])
    kept = Kept()
    kept.drain(input_(tmp_path, columns=list(row())))
    assert kept.sums == (2, 2, 0)


def test_the_same_name_twice_keeps_both(tmp_path: Path) -> None:
    for first in (1, 11, 21):
        drop(tmp_path, "crimes.csv.gz", gzip.compress(text(*crimes(10, first)).encode()))
        connector = input_(tmp_path)
        Kept().drain(connector)
        connector.close()
    for name in ("crimes.csv.gz", "crimes-2.csv.gz", "crimes-3.csv.gz"):
        assert report(tmp_path, "done", name)["turned"] == 10


def test_wherever_it_is_killed_nothing_is_lost_and_the_report_has_all_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [*crimes(13), row(EMAIL="nobody", CRIME_NO="C/99"), row(KIND="TEST")]
    whole = Kept()
    for run in range(40):
        folder = tmp_path / str(run)
        folder.mkdir()
        drop(folder, "a.csv", text(*rows))
        kept = Kept()
        steps = [run]
        with monkeypatch.context() as killing:
            for name in ("rename", "open"):
                killing.setattr(Path, name, _dies(getattr(Path, name), steps))
            for kill in range(3):
                connector = input_(folder, rows=3)
                try:
                    kept.drain(connector, most=1 + (run + kill) % 5, say=run % 2 == 0)
                except Killed:
                    pass
                finally:
                    connector.close()
        kept.drain(input_(folder, rows=3))
        whole.ids or whole.drain(_fresh(tmp_path, rows))  # type: ignore[func-returns-value]
        assert kept.ids == whole.ids
        found = report(folder, "done", "a.csv")
        assert (found["read"], found["turned"], found["skipped"], found["refused"]) == (15, 13, 1, 1)
        assert [path.name for path in (folder / "work").iterdir()] == [".lock"]


def _fresh(tmp_path: Path, rows: list[dict[str, object]]) -> Folder:
    folder = tmp_path / "undisturbed"
    folder.mkdir()
    drop(folder, "a.csv", text(*rows))
    return input_(folder)


def _dies(real: Callable[..., Any], steps: list[int]) -> Callable[..., Any]:
    """The function, which ends the process at one of its calls: before it did anything, or after."""

    def call(*args: Any, **kwargs: Any) -> Any:
        steps[0] -= 1
        if steps[0] == 0:
            raise Killed
        done = real(*args, **kwargs)
        if steps[0] == -1:
            raise Killed
        return done

    return call


def test_only_one_process_works_on_a_folder(tmp_path: Path) -> None:
    first, second = input_(tmp_path), input_(tmp_path)
    Kept().drain(first)
    with pytest.raises(Away, match="another process"):
        Kept().drain(second)
    first.close()
    Kept().drain(second)


def test_a_folder_that_is_not_there_is_away_and_tried_again(tmp_path: Path) -> None:
    connector = input_(tmp_path / "share")
    with pytest.raises(Away, match="is not there"):
        Kept().drain(connector)
    (tmp_path / "share").mkdir()
    drop(tmp_path / "share", "x.csv", text(*crimes(1)))
    kept = Kept()
    kept.drain(connector)
    assert kept.sums == (1, 1, 0)


def test_a_report_that_cannot_be_written_leaves_the_file_for_the_next_time(tmp_path: Path) -> None:
    told: list[str] = []
    given = {"folder": str(tmp_path), "mapping": tomllib.loads(MAPPING), "settle": 0}
    connector = csv_files(settings(told.append, **given))
    drop(tmp_path, "x.csv", text(*crimes(1)))
    (tmp_path / "done").write_text("in the way")
    kept = Kept()
    with pytest.raises(Away):
        kept.drain(connector)
    (tmp_path / "done").unlink()
    for batch in connector.batches(kept.mark):
        (tmp_path / "done").rmdir()
        connector.kept(batch)
        kept.mark = batch.mark
    assert "could not be put away" in told[0]
    kept.drain(connector)
    assert report(tmp_path, "done", "x.csv")["turned"] == 1


def events(folder: Path, **options: Any) -> Folder:
    """An NDJSON input that takes files at once."""
    return event_files(settings(folder=str(folder), settle=0, **options))


def test_events_come_through_as_they_are_and_what_has_no_place_is_refused(tmp_path: Path) -> None:
    made = Kept()
    drop(tmp_path, "crimes.csv", text(*crimes(2)))
    made.drain(input_(tmp_path))
    good = [json.dumps(event) for event in made.events]
    bad = [
        '{"id": 1}',
        "[]",
        "nonsense",
        good[0].replace('"sequence": "41"', '"sequence": "soon"'),
        good[0].replace('"subject": "C/1"', '"subject": "C/1", "subject": "C/2"'),
        good[0].replace('"OFFENCE"', "x").replace("Burglary", "\\ud83d"),
        good[0].replace('"41"', "1" + "0" * 50),
    ]
    folder = tmp_path / "events"
    folder.mkdir()
    drop(folder, "x.ndjson", "\n".join([*good, "", *bad]))
    kept = Kept()
    kept.drain(events(folder))
    assert [json.dumps(event) for event in kept.events] == good
    assert kept.sums == (11, 4, 0)
    assert [one.line for one in kept.refused] == [6, 7, 8, 9, 10, 11, 12]
    assert "/subject is named twice" in kept.refused[4].reason
    assert report(folder, "done", "x.ndjson")["refused"] == 7


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"mapping": MAPPING}, "«folder» must be a text, and is required"),
        ({"folder": "."}, "«mapping» must name a TOML file"),
        ({"folder": ".", "mapping": "nowhere.toml"}, "nowhere.toml, which cannot be read"),
        ({"mapping": MAPPING, "folder": ".", "delimeter": ";"}, "did you mean «delimiter»"),
        ({"mapping": MAPPING, "folder": ".", "delimiter": "||"}, "«delimiter» must be one character"),
        ({"mapping": MAPPING, "folder": ".", "encoding": "utf-16"}, "«encoding» must be one of utf-8"),
        ({"mapping": MAPPING, "folder": ".", "settle": "soon"}, "«settle» must be a duration"),
        ({"mapping": MAPPING, "folder": ".", "rows": 0}, "«rows» must be a whole number from 1"),
        ({"mapping": MAPPING, "folder": ".", "columns": ["KIND"]}, "lacks HO_CODE"),
        ({"mapping": MAPPING, "folder": __file__}, "is not a folder"),
    ],
)
def test_options_that_cannot_be_used_are_named(options: dict[str, Any], told: str) -> None:
    if options.get("mapping") == MAPPING:
        options = options | {"mapping": tomllib.loads(MAPPING)}
    with pytest.raises(Unfit, match=r"niche|mapping") as unfit:
        registry.factory("csv")(settings(**options))
    assert told in str(unfit.value)


def test_an_unknown_type_is_told_with_those_that_there_are() -> None:
    with pytest.raises(Unfit, match=r"no type «cvs».*csv.*ndjson"):
        registry.factory("cvs")
