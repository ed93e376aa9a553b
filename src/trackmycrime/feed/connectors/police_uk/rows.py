"""Rows of an extract, read so that one broken row costs itself only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from trackmycrime.feed.connectors.delimited import Records, Written
from trackmycrime.feed.connectors.lines import BrokenOff
from trackmycrime.feed.connectors.months import month_number, month_text
from trackmycrime.feed.connectors.police_uk.files import NAMES, ExtractFile
from trackmycrime.feed.connectors.police_uk.labels import Status, crime_type, status_of
from trackmycrime.feed.connectors.refusals import Refusal, Refuse, Wrong, shown

_WRITTEN = Written(header=f"a header; {NAMES}", longest=64 * 1024, ahead=5)

# What is needed; the other published columns may be there or not.
_NEEDED = {
    "street": ("Crime ID", "Month", "Location", "Crime type", "Last outcome category"),
    "outcomes": ("Crime ID", "Month", "Location", "Outcome type"),
}
_PLACE_LIMIT = 120


@dataclass(frozen=True, slots=True)
class Row:
    """One row that can be turned into events. `kind` and `district` are of the street file only."""

    crime_id: bytes
    month: int
    place: str
    type: str
    status: Status | None
    district: str


@dataclass(slots=True)
class Counts:
    """Rows of the extracts: `read` is always `turned` + `skipped` (no Crime ID) + `refused`."""

    read: int = 0
    turned: int = 0
    skipped: int = 0
    refused: int = 0


def rows_of(file: ExtractFile, counts: Counts, refuse: Refuse) -> Iterator[Row]:
    """Every good row of one file; the others are counted and refused with line, column and what is right."""
    name = str(file.path)
    source = Records(file.path, _WRITTEN)
    try:
        header = source.header()
        missing = [column for column in _NEEDED[file.kind] if column not in header]
        if missing:
            rows = source.rest()
            counts.read += rows
            counts.refused += rows
            columns = ", ".join(missing)
            reason = f"the header has no column {columns}; none of the file's {rows} rows was taken"
            right = f"a header with {', '.join(_NEEDED[file.kind])}, as data.police.uk publishes it"
            refuse(Refusal(name, 1, columns, reason, right, "file", rows))
            return
        places = {column: header.index(column) for column in header}
        for number, fields, wrong in source.records(len(header)):
            counts.read += 1
            try:
                if wrong is not None:
                    raise wrong
                row = _row(fields, places, file)
            except Wrong as why:
                counts.refused += 1
                refuse(Refusal(name, number, why.column, why.reason, why.right))
                continue
            if row is None:
                counts.skipped += 1
            else:
                counts.turned += 1
                yield row
    except Wrong as why:
        refuse(Refusal(name, 1, why.column, why.reason, why.right, "file", 0))
    except BrokenOff as why:
        reason = f"the file broke off after line {source.number}: {why}"
        refuse(Refusal(name, source.number, "", reason, "the whole file, as it was published", "file", 0))


def _row(fields: list[str], places: dict[str, int], file: ExtractFile) -> Row | None:
    crime_id = fields[places["Crime ID"]].strip()
    if not crime_id:
        return None
    given = fields[places["Month"]].strip()
    month = month_number(given)
    if month is None:
        raise Wrong("Month", f"{shown(given)} is not a month", "YYYY-MM, for example 2021-05")
    if month > file.month:
        own = month_text(file.month)
        raise Wrong(
            "Month", f"{shown(given)} is later than the file, which is of {own}", f"{own}, or earlier"
        )
    try:
        identity = bytes.fromhex(crime_id)
    except ValueError:
        identity = b""
    if len(identity) != 32 or len(crime_id) != 64:
        raise Wrong("Crime ID", "this is not a Crime ID", "64 hexadecimal characters, or nothing")
    place = " ".join(_printable(fields[places["Location"]]).split())
    if place.casefold() == "no location":
        place = ""
    if len(place) > _PLACE_LIMIT:
        raise Wrong("Location", f"{len(place)} characters are too many", f"at most {_PLACE_LIMIT}")
    if file.kind == "outcomes":
        return Row(
            identity, month, place, "", _status(fields[places["Outcome type"]], "Outcome type", True), ""
        )
    label = fields[places["Crime type"]]
    kind = crime_type(label)
    if kind is None:
        raise Wrong("Crime type", f"{shown(label)} is not a crime type", "a type as data.police.uk names it")
    status = _status(fields[places["Last outcome category"]], "Last outcome category", False)
    at = places.get("LSOA name")
    district = fields[at].strip().rpartition(" ")[0] if at is not None else ""
    return Row(identity, month, place, kind, status, district[:80])


def _printable(text: str) -> str:
    return text if text.isprintable() else "".join(c if c.isprintable() else " " for c in text)


def _status(label: str, column: str, needed: bool) -> Status | None:
    if not label.strip():
        if not needed:
            return None
        raise Wrong(column, "the outcome is missing", "an outcome as data.police.uk names it")
    status = status_of(label)
    if status is None:
        raise Wrong(column, f"{shown(label)} is not a known outcome", "an outcome as data.police.uk names it")
    return status
