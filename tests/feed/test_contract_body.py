"""A body is read as a whole: into lines, or refused with nothing taken."""

from __future__ import annotations

import gzip
import json
import os
import time
import tracemalloc
import zlib
from pathlib import Path

import pytest

from tests.feed.said import judged, read
from trackmycrime.feed.contract import (
    BATCH,
    LINES,
    MOST_BYTES,
    SINGLE,
    BodyProblem,
    Line,
    Refusal,
    read_body,
)


def problem(raw: bytes, content_type: str = BATCH, encoding: str | None = None) -> BodyProblem:
    with pytest.raises(BodyProblem) as refused:
        read_body(content_type, encoding, raw)
    return refused.value


@pytest.mark.parametrize(
    ("content_type", "raw", "values"),
    [
        (BATCH, b'[{"id": "1"}, {"id": "2"}]', [{"id": "1"}, {"id": "2"}]),
        (BATCH, b" [] \n", []),
        (f"{BATCH}; charset=UTF-8", b'[{"id": "\xc3\xa9"}]', [{"id": "é"}]),
        (SINGLE.upper(), b'{"id": "1"}', [{"id": "1"}]),
        (LINES, b'{"id": "1"}\r\n\n  \n{"id": "2"}', [{"id": "1"}, {"id": "2"}]),
        (LINES, '{"id": "a\u2028b"}\n'.encode(), [{"id": "a\u2028b"}]),
        (LINES, b"", []),
        # Sound JSON of the right shape becomes a line, however wrong it is: it must not fail the others.
        (BATCH, b'[1, "x", null, {"a": "\\u0000"}]', [1, "x", None, {"a": "\0"}]),
        (LINES, b"[]\n3", [[], 3]),
    ],
)
def test_each_form_gives_its_events_in_order(content_type: str, raw: bytes, values: list[object]) -> None:
    for encoding, body in [
        (None, raw),
        ("identity", raw),
        ("gzip", gzip.compress(raw)),
        ("X-GZIP", gzip.compress(raw)),
    ]:
        lines = read_body(content_type, encoding, body)
        assert lines == [Line(place, value) for place, value in enumerate(values)]


@pytest.mark.parametrize(
    ("content_type", "encoding", "said"),
    [
        ("", None, BATCH),
        ("application/json", None, BATCH),
        ("text/plain", None, LINES),
        (f"{BATCH}; charset=iso-8859-1", None, "utf-8"),
        (BATCH, "br", "gzip"),
        (BATCH, "gzip, gzip", "gzip"),
    ],
)
def test_other_types_and_encodings_are_415_and_name_what_is_taken(
    content_type: str, encoding: str | None, said: str
) -> None:
    found = problem(b"[]", content_type, encoding)
    assert found.status == 415
    assert said in found.detail


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"", "line 1, column 1"),
        (b'[{"id": "1"},]', "line 1, column 14"),
        (b'[\n{"id": "1"}\n{"id": "2"}]', "line 3, column 1"),
        (b"[1] [2]", "line 1, column 5"),
        (b"[NaN]", "NaN"),
        (b"[-Infinity]", "Infinity"),
        (b'["a\0b"]', "line 1, column 4"),
        (b'["tab\there"]', "line 1"),
        (b"\xef\xbb\xbf[]", "byte order mark"),
        (b'[\n"caf\xe9"]', "byte 7, in line 2"),
        ("[]".encode("utf-16"), "byte 1, in line 1"),
        (b'["\xed\xa0\x80"]', "byte 3"),
        (b"[" * 200_000, "deeply"),
        (b'{"a":' * 200_000, "deeply"),
    ],
)
def test_what_is_not_json_in_utf8_is_400_and_says_where(raw: bytes, said: str) -> None:
    found = problem(raw)
    assert found.status == 400
    assert said in found.detail


def test_a_broken_line_names_its_line_and_nothing_is_taken() -> None:
    found = problem(b'{"id": "1"}\n\n{"id": }\n{"id": "3"}', LINES)
    assert (found.status, found.type) == (400, "not-json")
    assert "line 3, column 8" in found.detail


def test_a_broken_body_is_not_repeated_in_the_answer() -> None:
    for content_type in (BATCH, SINGLE, LINES):
        found = problem(b'{"name": "Ann Example" "x"}', content_type)
        assert "Ann" not in found.detail + found.title


@pytest.mark.parametrize(("content_type", "raw"), [(BATCH, b'{"id": "1"}'), (BATCH, b'"x"'), (SINGLE, b"[]")])
def test_sound_json_of_another_shape_is_422(content_type: str, raw: bytes) -> None:
    assert problem(raw, content_type).status == 422


def test_a_thousand_events_are_taken_and_one_more_is_413() -> None:
    for content_type, more in [
        (BATCH, lambda n: b"[" + b",".join([b"{}"] * n) + b"]"),
        (LINES, lambda n: b"{}\n" * n),
    ]:
        assert len(read_body(content_type, None, more(1_000))) == 1_000
        found = problem(more(1_001), content_type)
        assert found.status == 413
        assert "1,000" in found.detail


def test_five_mebibytes_are_taken_and_one_byte_more_is_413() -> None:
    whole = b"[" + b" " * (MOST_BYTES - 2) + b"]"
    assert read_body(BATCH, None, whole) == []
    assert read_body(BATCH, "gzip", gzip.compress(whole)) == []
    assert problem(whole + b" ").status == 413
    assert problem(gzip.compress(whole + b" "), encoding="gzip").status == 413


def test_a_gzip_bomb_is_refused_without_unpacking_it() -> None:
    packer = zlib.compressobj(9, wbits=31)
    bomb = b"".join(packer.compress(b" " * 2**20) for _ in range(256)) + packer.flush()
    assert len(bomb) < MOST_BYTES
    tracemalloc.start()
    began = time.process_time()
    try:
        assert problem(bomb, encoding="gzip").status == 413
        assert tracemalloc.get_traced_memory()[1] < 4 * MOST_BYTES
    finally:
        tracemalloc.stop()
    assert time.process_time() - began < 2


def test_a_bomb_of_many_small_members_is_refused() -> None:
    assert problem(gzip.compress(b"") * 10_000, encoding="gzip").status == 400
    assert problem(gzip.compress(b" " * 2**20) * 6, encoding="gzip").status == 413


def test_gzip_in_two_members_is_one_body() -> None:
    packed = gzip.compress(b'[{"id": ') + gzip.compress(b'"1"}]')
    assert read_body(BATCH, "gzip", packed) == [Line(0, {"id": "1"})]


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"[]",
        gzip.compress(b"[]")[:-3],
        gzip.compress(b"[]")[:10],
        gzip.compress(b"[]") + b"rest",
        gzip.compress(b"[]")[:-8] + b"\0" * 8,
        zlib.compress(b"[]"),
    ],
    ids=["empty", "plain", "cut off", "head only", "rest", "wrong checksum", "zlib"],
)
def test_broken_gzip_is_400(packed: bytes) -> None:
    found = problem(packed, encoding="gzip")
    assert (found.status, found.type) == (400, "not-gzip")


def suite() -> list[Path]:
    folder = os.environ.get("POLICE_DATA")
    return sorted(Path(folder, "hostile", "json-test-suite").glob("*.json")) if folder else []


@pytest.mark.skipif(not suite(), reason="POLICE_DATA does not name the folder of the real data")
def test_the_json_torture_suite() -> None:
    """Every y_ is JSON (taken, judged, or of another shape), every n_ is refused, and nothing crashes."""
    seen = dict.fromkeys("yni", 0)
    for path in suite():
        raw = path.read_bytes()
        seen[path.name[0]] += 1
        lines = read(BATCH, raw)
        if isinstance(lines, BodyProblem):
            if path.name[0] == "y":
                assert lines.status == 422, path.name
                assert not isinstance(json.loads(raw), list), path.name
        else:
            assert path.name[0] != "n", path.name
            for line in lines:
                assert isinstance(judged(line.value), Refusal)
    assert seen["y"] >= 90
    assert seen["n"] >= 180
