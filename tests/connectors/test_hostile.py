"""Hostile texts, rows and names through every input: nothing crashes, nothing is lost, the sums hold."""

from __future__ import annotations

import csv
import io
import json
import os
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
import sqlalchemy as sa

from tests.connectors import databases
from tests.connectors.keeping import Kept
from tests.connectors.mappings import MAPPING, row
from tests.connectors.test_files import crimes, drop, events, input_, text
from tests.connectors.test_kafka import Made
from tests.connectors.test_niem import read as niem_read
from tests.connectors.test_niem import report as niem_report
from tests.connectors.test_niem import submission
from tests.support import kafka
from trackmycrime.feed.connectors.delimited import Records, Written
from trackmycrime.feed.connectors.events import numbered
from trackmycrime.feed.connectors.refusals import Wrong

HOSTILE = Path(os.environ.get("POLICE_DATA", "")) / "hostile"
REAL = bool(os.environ.get("POLICE_DATA")) and HOSTILE.is_dir()

OWN = [
    "' OR 1=1 --", "<script>alert(1)</script>", "=HYPERLINK(\"x\")", "\u202eesrever", "Z\u0351\u0362a\u0363lgo",
    "😀👩‍👩‍👧", "\x00", "\x1b[31m", "\ufeffmark", "\ud83d", "%s%n{0}{{x}}",
    "a" * 20_001, "line\nline\r\nline", '"', "'", ",;\t",
    "\\N", "NULL", "NaN", "\x85", "\u2028",
]  # fmt: skip
NAMES = [
    "plain.csv", "-rf.csv", "--help.csv", " .csv", "a b.csv", "a\nb.csv", "$(id).csv", "`id`;rm.csv", "CON.csv",
    "\u202evsc.csv", "ф.csv", "😀.csv", "e\u0301.csv", "%2e%2e%2f.csv", "=SUM(1).csv",
    "x.csv.csv", "x..csv", "UPPER.CSV",
    "a" * 251 + ".csv", "é" * 125 + ".csv", "\udcff\udcfe.csv", "x.report.json.csv", "work.csv",
]  # fmt: skip


def strings() -> list[str]:
    """Our own hostile texts, and the Big List of Naughty Strings where it is."""
    return OWN + (json.loads((HOSTILE / "blns.json").read_text()) if REAL else [])


def as_the_contract_keeps(value: str) -> str:
    """A text as it comes out at the other end."""
    return value.strip()


def sound(kept: Kept, count: int, names: dict[str, str], get: Callable[[Any], str]) -> None:
    """Every row is accounted for, and what was turned says what stood there."""
    read, turned, skipped = kept.sums
    assert (read, skipped) == (count, 0)
    assert turned + sum(one.rows for one in kept.refused) == count
    for event in kept.events:
        if event["type"] == "crime.changed":
            assert get(event) == as_the_contract_keeps(names[event["subject"]])
    assert turned > count / 2
    json.dumps([one.as_line() for one in kept.refused]).encode()


def offence(event: Any) -> str:
    """What a crime is called."""
    name: str = event["data"]["offence"]["name"]
    return name


def test_texts_in_csv(tmp_path: Path) -> None:
    rows = [row(CRIME_NO=f"C/{n}", OFFENCE=value, PERSON_ID="") for n, value in enumerate(strings())]
    content = text(*rows).encode("utf-8", "surrogatepass")
    drop(tmp_path, "x.csv", content)
    kept = Kept()
    kept.drain(input_(tmp_path))
    # A quoted CR LF is the writer's; lines are told apart by LF.
    named = {f"C/{n}": value.replace("\r\n", "\n") for n, value in enumerate(strings())}
    sound(kept, len(rows), named, lambda event: offence(event).replace("\r\n", "\n"))


def test_texts_in_events(tmp_path: Path) -> None:
    made = [restored(n, value) for n, value in enumerate(strings())]
    drop(tmp_path, "x.ndjson", "\n".join(json.dumps(event) for event in made))
    kept = Kept()
    kept.drain(events(tmp_path))
    sound(kept, len(made), {}, offence)


def restored(number: int, value: str) -> dict[str, Any]:
    """An event that says a text."""
    return numbered(
        type="crime.restored", subject=f"C/{number}", source="urn:x", time="2026-07-01T00:00:00Z", sequence=number,
        data={"reason": value},
    )  # fmt: skip


def test_texts_in_xml(tmp_path: Path) -> None:
    person = "<c:PersonName><c:PersonFullName>{}</c:PersonFullName></c:PersonName>"
    lawful = [
        value
        for value in strings()
        if all(c in "\t\n\r" or " " <= c <= "\ud7ff" or c >= "\ue000" for c in value)
    ]
    lawful = [value for value in lawful if "\ufffe" not in value and "\uffff" not in value]
    reports = [
        niem_report(number=f"C/{n}", person=person.format(escape(value))) for n, value in enumerate(lawful)
    ]
    kept = niem_read(tmp_path, submission(*reports))
    read, turned, _ = kept.sums
    assert read == turned + sum(one.rows for one in kept.refused) == len(lawful)
    assert sum(event["type"] == "crime.changed" for event in kept.events) == len(lawful)
    for event in kept.events:
        if event["type"] == "victim.changed":
            was = lawful[int(event["subject"].removeprefix("C/"))].replace("\r\n", "\n").replace("\r", "\n")
            assert event["data"]["name"].strip() == was.strip()


def _in_xml(character: str) -> bool:
    return (
        character in "\t\n\r" or " " <= character <= "\ud7ff" or "\ue000" <= character not in "\ufffe\uffff"
    )


@pytest.fixture(params=["postgresql", pytest.param("maria", marks=pytest.mark.mariadb)])
def store(request: pytest.FixtureRequest) -> Iterator[databases.Store]:
    with getattr(databases, request.param)() as found:
        found.make()
        yield found


def test_texts_in_a_database(store: databases.Store) -> None:
    kept_there = [value[:300] for value in strings() if "\x00" not in value and not _half(value)]
    with store.engine.begin() as connection:
        for number, value in enumerate(kept_there):
            insert = "insert into crimes values (:no, :offence, '2026-06-30', 'OPEN', '2026-07-01', :version)"
            connection.execute(sa.text(insert), {"no": f"C/{number}", "offence": value, "version": number})
    kept, reading = Kept(), store.input(rows=50)
    kept.drain(reading)
    reading.close()
    sound(kept, len(kept_there), {f"C/{n}": value for n, value in enumerate(kept_there)}, offence)


def _half(value: str) -> bool:
    return any("\ud800" <= c <= "\udfff" for c in value)


@pytest.mark.skipif(not kafka.HERE, reason="the package with a Kafka broker has none for this machine")
def test_texts_and_json_in_a_topic(tmp_path: Path) -> None:
    with kafka.broker(tmp_path) as address:
        made = Made(address)
        texts = [restored(n, value) for n, value in enumerate(strings())]
        raw = (
            [path.read_bytes() for path in sorted((HOSTILE / "json-test-suite").glob("*.json"))]
            if REAL
            else []
        )
        made.send(*texts, *raw, b"\xff", b"[" * 100_000)
        kept = Kept()
        kept.drain(made.input())
        read, turned, skipped = kept.sums
        assert read == len(texts) + len(raw) + 2 == turned + skipped + sum(one.rows for one in kept.refused)
        assert turned > len(texts) * 0.9


@pytest.mark.parametrize("name", NAMES)
def test_files_of_odd_names_are_taken_and_put_away_beside_their_report(tmp_path: Path, name: str) -> None:
    for first in (1, 2):
        drop(tmp_path, name, text(*crimes(1, first)))
        kept, connector = Kept(), input_(tmp_path)
        kept.drain(connector)
        connector.close()
        assert kept.sums == (1, 1, 0)
        assert kept.mark.isascii()
        kept.batches[0].about.encode()
    done = list((tmp_path / "done").iterdir())
    assert len(done) == 4
    assert sum(path.name.endswith(".report.json") for path in done) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["done", "failed", "work"]


@pytest.mark.skipif(not REAL, reason="POLICE_DATA names no folder with hostile files")
def test_published_odd_names(tmp_path: Path) -> None:
    names = json.loads((HOSTILE / "odd-filenames.json").read_text(), strict=False)
    for file in sorted((HOSTILE / "upload-filenames-fuzzdb").glob("*.txt")):
        names += file.read_bytes().decode("utf-8", "surrogateescape").splitlines()
    dropped = 0
    for name in dict.fromkeys(name for name in names if "/" not in name and "\0" not in name):
        try:
            drop(tmp_path, f"n{name}.csv", text(*crimes(1)))
            dropped += 1
        except (OSError, UnicodeEncodeError):
            continue
    kept = Kept()
    kept.drain(input_(tmp_path))
    assert kept.sums == (dropped, dropped, 0)
    assert dropped > 100


@pytest.mark.skipif(not REAL, reason="POLICE_DATA names no folder with hostile files")
def test_published_json(tmp_path: Path) -> None:
    for number, path in enumerate(sorted((HOSTILE / "json-test-suite").glob("*.json"))):
        drop(tmp_path, f"{number}.ndjson", path.read_bytes())
    kept = Kept()
    kept.drain(events(tmp_path))
    assert kept.events == []  # none of them is an event
    assert len(kept.refused) > 250
    assert len(list((tmp_path / "work").iterdir())) == 1


def published() -> list[Path]:
    """The CSV torture sets."""
    return sorted([*HOSTILE.glob("csv-*/csvs/*.csv"), *HOSTILE.glob("csv-*/csv/*.csv")]) if REAL else []


@pytest.mark.parametrize("path", published(), ids=lambda path: f"{path.parent.parent.name}-{path.stem}")
def test_published_csv(path: Path, tmp_path: Path) -> None:
    source = Records(path, Written())
    try:
        header = source.header()
    except Wrong:
        header = []
    found = [(fields, wrong) for _, fields, wrong in source.records(len(header))] if header else []
    beside = path.parent.parent / "json" / f"{path.stem}.json"
    if beside.exists() and header and not any(wrong for _, wrong in found):
        expected = json.loads(beside.read_text())
        rows = [dict(zip(header, fields, strict=True)) for fields, _ in found]
        if expected and isinstance(expected[0], dict):
            assert rows == [{key.strip(): value for key, value in one.items()} for one in _as_text(expected)]
        elif expected:
            assert [header, *(fields for fields, _ in found)] == [
                one for one in expected if one != [""]
            ]  # a blank line is no row
    columns = [column for column in header if column] or ["A"]
    mapping = {
        "event": [
            {
                "type": "crime.restored",
                "subject": columns[0],
                "time": columns[-1],
                "data": {"reason": columns[0]},
            }
        ]
    }
    drop(tmp_path, path.name, path.read_bytes())
    kept = Kept()
    kept.drain(input_(tmp_path, mapping=mapping))
    assert kept.sums[0] >= len(found)


def _as_text(rows: list[dict[str, Any]]) -> list[dict[str, str]]:
    return [{key: value.replace("\r\n", "\n") for key, value in one.items()} for one in rows]


def test_rows_of_hostile_bytes_cost_themselves_only(tmp_path: Path) -> None:
    good = text(*crimes(50)).encode().splitlines()
    header, rows = good[0], good[1:]
    bad = [
        b"\xff\xfe",
        b"\x00",
        b'"',
        b'"' * 99,
        b"," * 500,
        b"x" * 300_000,
        b'a"b,"c',
        b"\r\r",
        bytes(range(256)),
    ]
    mixed = [header]
    for number, one in enumerate(rows):
        mixed += [one, bad[number % len(bad)]]
    drop(tmp_path, "x.csv", b"\r\n".join(mixed))
    kept = Kept()
    kept.drain(input_(tmp_path))
    assert kept.sums[1] == 50
    assert len(kept.ids) == 100


def test_a_mapping_survives_a_header_of_hostile_names(tmp_path: Path) -> None:
    file = io.StringIO()
    writer = csv.writer(file)
    odd = [value for value in OWN if "\x00" not in value and not _half(value) and "\n" not in value][:12]
    writer.writerow([*row(), *odd])
    writer.writerow([*row().values(), *odd])
    drop(tmp_path, "x.csv", file.getvalue())
    kept = Kept()
    kept.drain(input_(tmp_path, mapping=tomllib.loads(MAPPING)))
    assert kept.sums == (1, 1, 0)
