"""Files of events: what can be sent comes through byte for byte, what cannot is named with its line."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from trackmycrime.feed.connectors.ndjson import EventLine, is_ndjson, lines_in
from trackmycrime.feed.connectors.refusals import Refusal
from trackmycrime.feed.contract import LINES, BodyProblem, read_body

EVENT = json.dumps(
    {"id": "1", "type": "crime.changed", "data": {"name": "Siân"}}, ensure_ascii=False
).encode()


def read(tmp_path: Path, content: bytes, name: str = "events.ndjson") -> list[EventLine | Refusal]:
    """What a file with this content gives."""
    path = tmp_path / name
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return list(lines_in(path))


@pytest.mark.parametrize("name", ["events.ndjson", "events.ndjson.gz", "EVENTS.NDJSON"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_good_lines_come_through_as_they_are(tmp_path: Path, name: str, end: bytes) -> None:
    found = read(tmp_path, b"\xef\xbb\xbf" + EVENT + end + end + b"  " + EVENT, name)
    assert is_ndjson(Path(name))
    assert [(line.number, line.text.strip()) for line in found if isinstance(line, EventLine)] == [
        (1, EVENT),
        (3, EVENT),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"id": ', "not JSON"),
        (b'{"id": NaN}', "NaN"),
        (b"[]", "not a JSON object"),
        (b'"text"', "not a JSON object"),
        (b'{"id": "\xe9"}', "byte 9 of the line is not UTF-8"),
        (b'{"id": "\x00"}', "not JSON"),
        (b'{"a":' * 100_000, "nested"),
        (b'{"id": "' + b"x" * (5 * 1024 * 1024) + b'"}', "longer than 5 MiB"),
        (EVENT + EVENT, "not JSON"),
    ],
    ids=range(9),
)
def test_a_bad_line_is_refused_and_the_good_rest_goes_on(tmp_path: Path, line: bytes, reason: str) -> None:
    first, bad, last = read(tmp_path, b"\n".join([EVENT, line, EVENT]))
    assert isinstance(first, EventLine)
    assert isinstance(last, EventLine)
    assert isinstance(bad, Refusal)
    assert (bad.line, bad.what) == (2, "row")
    assert reason in bad.reason
    assert "line 1" not in bad.reason


def test_a_file_cut_off_in_gzip_is_one_refusal_after_what_came_before(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson.gz"
    lines = b"\n".join(json.dumps({"id": os.urandom(20).hex()}).encode() for _ in range(2000))
    path.write_bytes(gzip.compress(lines)[:-500])
    *_, last = lines_in(path)
    assert isinstance(last, Refusal)
    assert (last.what, last.rows) == ("file", 0)
    assert "end too early" in last.reason


@pytest.mark.skipif(not os.environ.get("POLICE_DATA"), reason="POLICE_DATA names no folder with hostile JSON")
def test_hostile_json_never_makes_a_delivery_that_the_gateway_cannot_read(tmp_path: Path) -> None:
    taken = 0
    for path in sorted((Path(os.environ["POLICE_DATA"]) / "hostile" / "json-test-suite").glob("*.json")):
        for found in read(tmp_path, path.read_bytes()):
            if isinstance(found, EventLine):
                taken += 1
                assert len(read_body(LINES, None, EVENT + b"\n" + found.text + b"\n" + EVENT)) == 3
    assert taken > 5
    with pytest.raises(BodyProblem):
        read_body(LINES, None, b"{")
