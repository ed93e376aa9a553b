"""Whatever a file holds: nothing is raised, the sums hold, and the rows that are whole come through."""

from __future__ import annotations

import csv
import gzip
import io
import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.connectors.extracts import STREET, crime_id, reference, street, told
from tests.connectors.test_police_story import assert_lawful

NAME = "2021-05-kent-street.csv"
WHOLE = [street(crime_id(n)) for n in range(3)]

quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def turned(content: bytes, name: str = NAME) -> tuple[set[str], int, int]:
    """References of the crimes that came through, rows read, rows refused; checks the sums and the events."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_bytes(content)
        events, refused, counts = told([Path(folder)])
    assert counts.read == counts.turned + counts.skipped + counts.refused
    assert counts.refused == sum(refusal.rows for refusal in refused)
    assert_lawful(events)
    return {event["subject"] for event in events}, counts.read, counts.refused


@quick
@given(st.binary(max_size=400))
def test_any_bytes_at_all(content: bytes) -> None:
    turned(content)
    turned(content, NAME + ".gz")


@quick
@given(st.lists(st.binary(max_size=80).filter(lambda b: b"\n" not in b and b'"' not in b), max_size=6))
def test_any_lines_between_whole_rows(lines: list[bytes]) -> None:
    """Without an open quote, which may take a line or two with it, every whole row comes through."""
    content = b"\n".join([STREET.encode(), WHOLE[0].encode(), *lines, WHOLE[1].encode(), WHOLE[2].encode()])
    found, _, _ = turned(content)
    assert {reference(0), reference(1), reference(2)} <= found


@quick
@given(st.integers(0, len(WHOLE[1]) - 1))
def test_a_stray_quote_costs_its_own_row_at_most(at: int) -> None:
    row = WHOLE[1][:at] + '"' + WHOLE[1][at:]
    found, read, refused = turned("\n".join([STREET, WHOLE[0], row, WHOLE[2], ""]).encode())
    assert {reference(0), reference(2)} <= found
    assert read == 3
    assert refused <= 1


@quick
@given(st.lists(st.text(max_size=30), min_size=12, max_size=12), st.sampled_from(["\r\n", "\n"]))
def test_what_a_csv_writer_quotes_is_read_or_refused_and_its_neighbours_stand(
    fields: list[str], end: str
) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator=end).writerow(fields)
    content = end.join([STREET, WHOLE[0], out.getvalue() + WHOLE[1], ""]).encode("utf-8", "replace")
    found, _, _ = turned(content)
    assert reference(0) in found
    if out.getvalue().count("\n") < 5:
        assert reference(1) in found


@quick
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=100))
def test_any_place_comes_through_as_text_that_can_be_shown(place: str) -> None:
    row = street(crime_id(7), place="PLACE").split(",")
    row[row.index("PLACE")] = place
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(row)
    found, _, refused = turned(f"{STREET}\n{out.getvalue()}".encode())
    if place.count("\n") + place.count("\r") < 4:
        assert reference(7) in found
        assert refused == 0


@quick
@given(st.data())
def test_a_cut_or_flipped_gzip(data: st.DataObject) -> None:
    packed = bytearray(gzip.compress("\n".join([STREET, *WHOLE]).encode(), mtime=0))
    at = data.draw(st.integers(0, len(packed) - 1))
    if data.draw(st.booleans()):
        packed = packed[:at]
    else:
        packed[at] ^= 1 << data.draw(st.integers(0, 7))
    turned(bytes(packed), NAME + ".gz")
