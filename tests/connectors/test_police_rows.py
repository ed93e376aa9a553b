"""What the connector refuses, and that a fault costs the row that has it and no other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.connectors.extracts import STREET, crime_id, outcome, reference, street, told, write

GOOD = [street(crime_id(n)) for n in (1, 2)]
NAME = "2021-05-kent-street.csv"


@pytest.mark.parametrize(
    ("row", "column", "reason", "right"),
    [
        (street("cafe"), "Crime ID", "not a Crime ID", "64 hexadecimal"),
        (street("zz" * 32), "Crime ID", "not a Crime ID", "64 hexadecimal"),
        (street(crime_id(3), month="May 2021"), "Month", "«May 2021» is not a month", "YYYY-MM"),
        (street(crime_id(3), month="2021-13"), "Month", "«2021-13» is not a month", "YYYY-MM"),
        (street(crime_id(3), month="2081-05"), "Month", "later than the file, which is of 2021-05", "2021-05, or"),
        (street(crime_id(3), type_="Piracy"), "Crime type", "«Piracy» is not a crime type", "data.police.uk"),
        (street(crime_id(3), type_=""), "Crime type", "«» is not a crime type", "data.police.uk"),
        (street(crime_id(3), status="Gone"), "Last outcome category", "«Gone» is not a known", "data.police.uk"),
        (street(crime_id(3), place="x" * 121), "Location", "121 characters are too many", "at most 120"),
        (street(crime_id(3)) + ",", "", "the row has 13 fields", "12 fields"),
        (crime_id(3), "", "the row has 1 fields", "12 fields"),
        (street(crime_id(3), place='"On or near'), "", "opened and not closed", "quotes doubled"),
        (street(crime_id(3), place='"On" or near'), "", "do not match", "quotes doubled"),
        (street(crime_id(3), place="a\x00b"), "", "NUL", "without control characters"),
        ("x" * 70_000, "", "longer than 65536 bytes", "one row"),
    ],
)  # fmt: skip
def test_a_bad_row_is_refused_with_line_column_and_what_is_right(
    tmp_path: Path, row: str, column: str, reason: str, right: str
) -> None:
    events, refused, counts = told([write(tmp_path, NAME, [GOOD[0], row, GOOD[1]])])
    assert [(r.line, r.column, r.rows) for r in refused] == [(3, column, 1)]
    assert reason in refused[0].reason
    assert right in refused[0].right
    assert refused[0].file.endswith(NAME)
    assert (counts.read, counts.turned, counts.skipped, counts.refused) == (3, 2, 0, 1)
    assert len({event["subject"] for event in events}) == 2


def test_an_outcomes_row_without_outcome_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, "2021-06-kent-outcomes.csv", [outcome(crime_id(1), label=" ")])
    _, refused, _ = told([path])
    assert (refused[0].column, refused[0].line) == ("Outcome type", 2)


def test_broken_utf8_costs_one_row(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        NAME,
        [GOOD[0], street(crime_id(3), place="Caf\N{LATIN SMALL LETTER E WITH ACUTE}"), GOOD[1]],
    )
    path.write_bytes(path.read_bytes().replace("\N{LATIN SMALL LETTER E WITH ACUTE}".encode(), b"\xe9"))
    events, refused, counts = told([path])
    assert "is not UTF-8" in refused[0].reason
    assert refused[0].line == 3
    assert (counts.turned, counts.refused) == (2, 1)
    assert all("Caf" not in str(event) for event in events)


@pytest.mark.parametrize("missing", ["Crime ID", "Month", "Location", "Crime type", "Last outcome category"])
def test_a_missing_column_refuses_the_file_and_the_good_rest_goes_on(tmp_path: Path, missing: str) -> None:
    at = STREET.split(",").index(missing)
    rows = [",".join(c for n, c in enumerate(row.split(",")) if n != at) for row in (STREET, *GOOD)]
    write(tmp_path, NAME, rows[1:], header=rows[0])
    write(tmp_path, "2021-06-kent-street.csv", [street(crime_id(9), month="2021-06")])
    events, refused, counts = told([tmp_path])
    assert [(r.what, r.line, r.column, r.rows) for r in refused] == [("file", 1, missing, 2)]
    assert "Crime ID, Month, Location, Crime type, Last outcome category" in refused[0].right
    assert (counts.read, counts.turned, counts.refused) == (3, 1, 2)
    assert {event["subject"] for event in events} == {reference(9)}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\r\n\r\n", "empty line"),
        (STREET.encode("utf-16"), "UTF-16"),
        (b'"Crime ID,Month\r\n', "not closed"),
        (b"\xff\xfa\r\n", "not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_read_at_all_is_one_refusal_and_no_rows(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    (tmp_path / NAME).write_bytes(content)
    _, refused, counts = told([tmp_path])
    assert [(r.what, r.rows) for r in refused] == [("file", 0)]
    assert reason in refused[0].reason
    assert counts.read == 0


def test_a_gzip_file_that_was_cut_off_gives_what_came_before(tmp_path: Path) -> None:
    path = write(tmp_path, NAME + ".gz", [street(crime_id(n)) for n in range(3000)])
    path.write_bytes(path.read_bytes()[:-2000])
    _, refused, counts = told([path])
    assert refused[-1].what == "file"
    assert f"broke off after line {counts.read + 1}: the gzip data end too early" in refused[-1].reason
    assert 0 < counts.read < 3000
    assert counts.read == counts.turned + counts.refused


def test_what_is_not_gzip_though_its_name_says_so_is_refused(tmp_path: Path) -> None:
    (tmp_path / (NAME + ".gz")).write_bytes(STREET.encode())
    _, refused, _ = told([tmp_path])
    assert "not a gzip file" in refused[0].reason


@pytest.mark.parametrize("end", ["\r\n", "\n"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("name", [NAME, NAME + ".gz", "2021-05-KENT-Street.CSV"])
def test_line_ends_marks_and_packing_change_nothing(
    tmp_path: Path, end: str, start: bytes, name: str
) -> None:
    events, refused, _ = told([write(tmp_path, name, GOOD, end=end, start=start, header=STREET)])
    plain, _, _ = told([write(tmp_path / "plain", NAME, GOOD)])
    assert events == plain
    assert refused == []


def test_columns_may_stand_in_another_order_and_others_may_be_missing(tmp_path: Path) -> None:
    header = "Month,Crime type,Crime ID,Last outcome category,Location"
    row = f"2021-05,Burglary,{crime_id(1)},Under investigation,On or near Larch Close"
    events, refused, _ = told([write(tmp_path, NAME, [row], header=header)])
    assert refused == []
    assert events == told([write(tmp_path / "plain", NAME, [GOOD[0]])])[0]


def test_quoted_fields_are_read_also_over_lines(tmp_path: Path) -> None:
    inner = '"On or near ""The Elm"", Green\r\nLane"'
    events, refused, counts = told([write(tmp_path, NAME, [street(crime_id(1), place=inner), GOOD[1]])])
    assert refused == []
    assert counts.turned == 2
    places = {event["data"].get("place") for event in events}
    assert 'On or near "The Elm", Green Lane' in places


def test_rows_without_identity_are_skipped_and_empty_lines_are_no_rows(tmp_path: Path) -> None:
    rows = [street("", type_="Anti-social behaviour", status=""), "", GOOD[0], ""]
    _, refused, counts = told([write(tmp_path, NAME, rows)])
    assert refused == []
    assert (counts.read, counts.turned, counts.skipped) == (2, 1, 1)


def test_no_value_of_a_broken_row_but_its_labels_is_in_a_refusal(tmp_path: Path) -> None:
    row = street("0123 Jane Canary", place="12 Canary Wharf")
    _, refused, _ = told([write(tmp_path, NAME, [row])])
    assert "Canary" not in str(refused)


def test_a_street_file_under_an_outcomes_name_is_refused_whole(tmp_path: Path) -> None:
    path = write(tmp_path, "2021-05-kent-outcomes.csv", GOOD, header=STREET)
    _, refused, counts = told([path])
    assert refused[0].column == "Outcome type"
    assert counts.refused == counts.read == 2
