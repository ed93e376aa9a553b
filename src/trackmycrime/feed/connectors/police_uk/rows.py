"""Rows of an extract, read so that one broken row costs itself only.

The published files never break a row over lines, so a line is a row: a quote that is opened and never
closed cannot swallow the rest of the file. Where a few following lines close it and make a row of the
right width, they are taken together, because that is what a CSV writer means by it.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass

from trackmycrime.feed.connectors.lines import BrokenOff, lines_of
from trackmycrime.feed.connectors.months import month_number, month_text
from trackmycrime.feed.connectors.police_uk.files import NAMES, ExtractFile
from trackmycrime.feed.connectors.police_uk.labels import Status, crime_type, status_of
from trackmycrime.feed.connectors.refusals import Refusal, Refuse, shown

_LONGEST = 64 * 1024
_LOOK_AHEAD = 5

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


class _Wrong(Exception):
    """A row is refused: the column, the reason, and what would be right."""

    def __init__(self, column: str, reason: str, right: str) -> None:
        super().__init__(reason)
        self.column, self.reason, self.right = column, reason, right


def rows_of(file: ExtractFile, counts: Counts, refuse: Refuse) -> Iterator[Row]:
    """Every good row of one file; the others are counted and refused with line, column and what is right."""
    name = str(file.path)
    source = _Lines(file)
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
            except _Wrong as why:
                counts.refused += 1
                refuse(Refusal(name, number, why.column, why.reason, why.right))
                continue
            if row is None:
                counts.skipped += 1
            else:
                counts.turned += 1
                yield row
    except _Wrong as why:
        refuse(Refusal(name, 1, why.column, why.reason, why.right, "file", 0))
    except BrokenOff as why:
        reason = f"the file broke off after line {source.number}: {why}"
        refuse(Refusal(name, source.number, "", reason, "the whole file, as it was published", "file", 0))


class _Lines:
    """The lines of one file as records of fields, with one line's memory and a short look ahead."""

    def __init__(self, file: ExtractFile) -> None:
        self._lines = lines_of(file.path, _LONGEST)
        self._ahead: list[tuple[int, bytes | None]] = []
        self.number = 0

    def header(self) -> list[str]:
        first = next(self._lines, None)
        if first is None or not first[1]:
            raise _Wrong("", "the file is empty or begins with an empty line", f"a header; {NAMES}")
        self.number = 1
        line = first[1].removeprefix(b"\xef\xbb\xbf")
        if first[1][:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise _Wrong("", "the file is UTF-16", "UTF-8, as data.police.uk publishes it")
        fields = _fields(_text(line))
        if fields is None:
            raise _Wrong("", "a quote in the header is opened and not closed", "a plain header")
        return [field.strip() for field in fields]

    def rest(self) -> int:
        """How many rows follow, without reading them as rows."""
        return sum(1 for _, line in self._lines if line != b"")

    def records(self, width: int) -> Iterator[tuple[int, list[str], _Wrong | None]]:
        while (taken := self._next()) is not None:
            number, line = taken
            self.number = number
            if line == b"":
                continue
            try:
                yield number, self._record(line, width), None
            except _Wrong as why:
                yield number, [], why

    def _next(self) -> tuple[int, bytes | None] | None:
        return self._ahead.pop(0) if self._ahead else next(self._lines, None)

    def _record(self, line: bytes | None, width: int) -> list[str]:
        if line is None:
            raise _Wrong("", f"the line is longer than {_LONGEST} bytes", "one row of a few hundred bytes")
        text = _text(line)
        fields = _fields(text)
        if fields is None:
            fields = self._joined(text, width)
        if len(fields) != width:
            raise _Wrong("", f"the row has {len(fields)} fields", f"{width} fields, as the header has")
        return fields

    def _joined(self, text: str, width: int) -> list[str]:
        """The row that a quote carries over the next lines, if they make exactly one of the right width."""
        for count in range(_LOOK_AHEAD):
            if len(self._ahead) <= count:
                further = next(self._lines, None)
                if further is None:
                    break
                self._ahead.append(further)
            line = self._ahead[count][1]
            if line is None:
                break
            try:
                text += "\n" + _text(line)
            except _Wrong:
                break
            fields = _fields(text)
            if fields is not None and len(fields) == width:
                del self._ahead[: count + 1]
                return fields
        raise _Wrong(
            "", "a quote is opened and not closed", 'a field in quotes with inner quotes doubled ("")'
        )


def _text(line: bytes) -> str:
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _Wrong("", f"byte {error.start + 1} of the line is not UTF-8", "UTF-8 text") from None
    if "\x00" in text:
        raise _Wrong("", "the line holds a NUL character (U+0000)", "text without control characters")
    return text


def _fields(text: str) -> list[str] | None:
    """The fields of a record, or None where a quote stays open. Raises _Wrong for other bad quoting."""
    if '"' not in text:
        return text.split(",")
    try:
        records = list(csv.reader([text], strict=True))
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            return None
        raise _Wrong("", "quotes inside the row do not match", 'inner quotes doubled ("")') from None
    return records[0] if records else []


def _row(fields: list[str], places: dict[str, int], file: ExtractFile) -> Row | None:
    crime_id = fields[places["Crime ID"]].strip()
    if not crime_id:
        return None
    given = fields[places["Month"]].strip()
    month = month_number(given)
    if month is None:
        raise _Wrong("Month", f"{shown(given)} is not a month", "YYYY-MM, for example 2021-05")
    if month > file.month:
        own = month_text(file.month)
        raise _Wrong(
            "Month", f"{shown(given)} is later than the file, which is of {own}", f"{own}, or earlier"
        )
    try:
        identity = bytes.fromhex(crime_id)
    except ValueError:
        identity = b""
    if len(identity) != 32 or len(crime_id) != 64:
        raise _Wrong("Crime ID", "this is not a Crime ID", "64 hexadecimal characters, or nothing")
    place = " ".join(_printable(fields[places["Location"]]).split())
    if place.casefold() == "no location":
        place = ""
    if len(place) > _PLACE_LIMIT:
        raise _Wrong("Location", f"{len(place)} characters are too many", f"at most {_PLACE_LIMIT}")
    if file.kind == "outcomes":
        return Row(
            identity, month, place, "", _status(fields[places["Outcome type"]], "Outcome type", True), ""
        )
    label = fields[places["Crime type"]]
    kind = crime_type(label)
    if kind is None:
        raise _Wrong("Crime type", f"{shown(label)} is not a crime type", "a type as data.police.uk names it")
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
        raise _Wrong(column, "the outcome is missing", "an outcome as data.police.uk names it")
    status = status_of(label)
    if status is None:
        raise _Wrong(
            column, f"{shown(label)} is not a known outcome", "an outcome as data.police.uk names it"
        )
    return status
