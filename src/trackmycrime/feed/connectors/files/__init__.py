"""Files dropped in a folder: CSV by a mapping, and events as NDJSON. `csv_files`, `event_files` make the connectors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from trackmycrime.feed.connectors.delimited import ENCODINGS, Records, Written
from trackmycrime.feed.connectors.files.claims import Clock
from trackmycrime.feed.connectors.files.folder import Folder, folder
from trackmycrime.feed.connectors.files.pieces import Piece
from trackmycrime.feed.connectors.lines import BrokenOff
from trackmycrime.feed.connectors.mapping import Mapped, read_mapping
from trackmycrime.feed.connectors.ndjson import lines_in
from trackmycrime.feed.connectors.options import Options
from trackmycrime.feed.connectors.protocol import Settings
from trackmycrime.feed.connectors.refusals import Refusal, Wrong
from trackmycrime.feed.contract.envelope import read_envelope
from trackmycrime.feed.contract.faults import problem_of
from trackmycrime.feed.contract.tidy import Untidy, tidy

__all__ = ["csv_files", "event_files", "unsendable"]

_WHENEVER = datetime(9999, 1, 1, tzinfo=UTC)  # whether a time lies ahead is for the gateway's clock
_DELIMITERS = {"tab": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}


def csv_files(settings: Settings, clock: Clock | None = None) -> Folder:
    """CSV files with a mapping. Raises Unfit."""
    options = Options(settings.options, settings.name, settings.base)
    mapping = read_mapping(options.table("mapping"), settings)
    said = options.text("delimiter", ",")
    delimiter = _DELIMITERS.get(said, said)
    if len(delimiter) != 1 or not delimiter.isascii() or delimiter in '\r\n"':
        raise options.unfit("delimiter", f"must be one character, or one of {', '.join(_DELIMITERS)}")
    quote = '"' if options.value("quote") is None else options.value("quote")
    if not isinstance(quote, str) or len(quote) > 1 or (quote and quote in delimiter + "\r\n"):
        raise options.unfit("quote", 'must be one character, or "" where fields are never quoted')
    written = Written(
        encoding=options.choice("encoding", ENCODINGS, "utf-8"), delimiter=delimiter, quote=quote or None
    )
    columns = options.texts("columns")
    if columns and (missing := mapping.missing(columns)):
        raise options.unfit("columns", f"lacks {', '.join(missing)}, which the mapping reads")

    def read(path: Path, name: str) -> Iterator[Piece]:
        return rows_in(path, name, mapping, written, columns)

    return folder(options, settings, read, ["*.csv", "*.csv.gz"], clock)


def rows_in(path: Path, name: str, mapping: Mapped, written: Written, columns: list[str]) -> Iterator[Piece]:
    """The rows of one CSV file, turned; `columns` where the file has no header."""
    source = Records(path, written)
    try:
        header = columns or source.header()
        low = [column.casefold() for column in header]
        missing = mapping.missing(header)
        twice = [column for column in mapping.columns if low.count(column.casefold()) > 1]
        if missing or twice:
            rows = source.rest()
            wrong = f"has no column {', '.join(missing)}" if missing else f"names {', '.join(twice)} twice"
            reason = f"the header {wrong}; none of the file's {rows} rows was taken"
            right = f"a header with {', '.join(mapping.columns)}, each once"
            yield Piece(refused=[Refusal(name, 1, ", ".join(missing or twice), reason, right, "file", rows)])
            return
        for number, fields, why in source.records(len(header)):
            wrongs = [why] if why is not None else []
            events = []
            if why is None:
                turned = mapping.turn(dict(zip(low, fields, strict=True)))
                events, wrongs = turned.events, turned.wrong
            refused = [
                Refusal(name, number, wrong.column, wrong.reason, wrong.right, "row", 0 if nth else 1)
                for nth, wrong in enumerate(wrongs)
            ]
            yield Piece(events, refused)
    except Wrong as why:
        yield Piece(refused=[Refusal(name, 1, why.column, why.reason, why.right, "file", 0)])
    except BrokenOff as why:
        reason = f"the file broke off after line {source.number}: {why}"
        yield Piece(refused=[Refusal(name, source.number, "", reason, "the whole file", "file", 0)])


def event_files(settings: Settings, clock: Clock | None = None) -> Folder:
    """Files of events of the contract, one a line. Raises Unfit."""
    options = Options(settings.options, settings.name, settings.base)
    return folder(options, settings, events_in, ["*.ndjson", "*.ndjson.gz"], clock)


def events_in(path: Path, name: str) -> Iterator[Piece]:
    """The events of one file, as they stand there. Whether `data` is right is the gateway's to say."""
    for found in lines_in(path, name):
        if isinstance(found, Refusal):
            yield Piece(refused=[found])
        elif wrong := unsendable(found.value):
            yield Piece(refused=[Refusal(name, found.number, wrong.column, wrong.reason, wrong.right)])
        else:
            yield Piece([found.value], size=len(found.text))


def unsendable(event: dict[str, object]) -> Wrong | None:
    """What is wrong with an event that could not be kept in order: its envelope, or a value that has no meaning."""
    try:
        tidied = tidy(event)
    except Untidy as fault:
        return Wrong(fault.pointer, f"{fault.pointer} {fault.rule}", "a value that can be kept as it is")
    assert isinstance(tidied, dict)
    _, faults = read_envelope(tidied, _WHENEVER)
    if not faults:
        return None
    problem = problem_of(faults)
    return Wrong(problem.pointer, "the event's envelope is not as the contract says", problem.detail)
