"""What the extracts say of each crime, brought together from many files with bounded memory.

A crime's rows lie in files of different months and releases. They are put into SQLite's unnamed temporary
database (on disk when it grows, gone when closed) and read back crime by crime.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby, islice

from trackmycrime.feed.connectors.police_uk.files import ExtractFile
from trackmycrime.feed.connectors.police_uk.labels import BY_RANK, CATEGORIES, Status
from trackmycrime.feed.connectors.police_uk.rows import Row

_TYPES = tuple(CATEGORIES)
_PROTECTED = _TYPES.index("Violence and sexual offences")
_AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Seen:
    """A crime as one release's street file shows it; `release` is None where no folder names one."""

    release: int | None
    month: int
    type: str
    place: str
    district: str
    status: Status | None


@dataclass(slots=True)
class Crime:
    """All that is known of one Crime ID: releases in order, outcomes in order, without repetitions."""

    crime_id: bytes
    seen: list[Seen] = field(default_factory=list)
    outcomes: list[tuple[int, Status]] = field(default_factory=list)


class Facts:
    """The temporary database; close it when done."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        self._db.execute(
            "CREATE TABLE fact (crime BLOB, release INT, month INT, type INT, status INT, place TEXT, district TEXT)"
        )
        self._db.execute("BEGIN")

    def close(self) -> None:
        """Let the database go; nothing of it stays."""
        self._db.close()

    def add(self, file: ExtractFile, rows: Iterable[Row]) -> None:
        """Keep the rows of one file."""
        told = iter(rows)
        while some := [self._values(file, row) for row in islice(told, _AT_ONCE)]:
            self._db.executemany("INSERT INTO fact VALUES (?, ?, ?, ?, ?, ?, ?)", some)

    def count(self) -> int:
        """How many crimes there are."""
        return int(self._db.execute("SELECT count(DISTINCT crime) FROM fact").fetchone()[0])

    def crimes(self) -> Iterator[Crime]:
        """Every crime once, in the order of Crime IDs, which is the same on every run."""
        found = self._db.execute(
            "SELECT crime, release, month, type, status, place, district FROM fact ORDER BY crime"
        )
        for crime_id, facts in groupby(found, key=lambda fact: fact[0]):
            yield _gathered(crime_id, [fact[1:] for fact in facts])

    def _values(self, file: ExtractFile, row: Row) -> tuple[object, ...]:
        return (
            row.crime_id,
            file.release,
            row.month,
            _TYPES.index(row.type) if row.type else None,
            row.status.rank if row.status else 0,
            row.place,
            row.district,
        )


_Fact = tuple[int | None, int, int | None, int, str, str]


def _gathered(crime_id: bytes, facts: list[_Fact]) -> Crime:
    crime = Crime(crime_id)
    street: dict[int | None, list[_Fact]] = {}
    outcomes: set[tuple[int, int]] = set()
    for fact in facts:
        release, month, type_index, rank, _, _ = fact
        if type_index is None:
            outcomes.add((month, rank))
        else:
            street.setdefault(release, []).append(fact)
    for release in sorted(street, key=lambda r: -1 if r is None else r):
        crime.seen.append(_merged(street[release]))
    crime.outcomes = [(month, BY_RANK[rank]) for month, rank in sorted(outcomes)]
    return crime


def _merged(rows: list[_Fact]) -> Seen:
    """Several rows of one Crime ID in one release are one crime.

    Where they differ, protection is not loosened: a row of violence or sexual offences decides the type.
    Of the rest the row that is furthest on its way decides, then one with a place; the first month is the
    month of the report.
    """
    release, _, type_index, rank, place, district = max(
        rows, key=lambda row: (row[2] == _PROTECTED, row[3], bool(row[4]), row[4], row[5], row[2])
    )
    assert type_index is not None
    status = BY_RANK.get(max(row[3] for row in rows) if type_index == _PROTECTED else rank)
    return Seen(release, min(row[1] for row in rows), _TYPES[type_index], place, district, status)
