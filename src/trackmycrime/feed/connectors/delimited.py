"""Rows of a delimited file (CSV and its kin), read so that one broken row costs itself only.

A line is a row unless it opens a quote that it does not close. Then the following lines belong to it if they close
the quote and make a row of the right width; else the first line alone is refused, and a quote that is never closed
cannot swallow the rest of the file. How far is looked ahead is bounded, and so is the memory.
"""

from __future__ import annotations

import codecs
import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from trackmycrime.feed.connectors.lines import lines_of
from trackmycrime.feed.connectors.refusals import Wrong

ENCODINGS = ("utf-8", "cp1252", "iso-8859-1", "iso-8859-15", "ascii")
"""Those in which a line end is one byte"""

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True)
class Written:
    """How a file is written, and how much of it may be held at once."""

    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str | None = '"'
    header: str = "a header that names the columns"
    """What would be right where there is no header"""
    longest: int = 128 * 1024
    """Bytes of one row"""
    ahead: int = 200
    """Lines over which a quoted field may go"""


class Records:
    """The rows of one file. Ask for the header first, then for the rest. Raises BrokenOff of `lines`."""

    def __init__(self, path: Path, written: Written) -> None:
        self._written = written
        self._lines = lines_of(path, written.longest)
        self._ahead: deque[tuple[int, bytes | None]] = deque()
        self.number = 0

    def header(self) -> list[str]:
        """The names of the columns, trimmed. Raises Wrong for a first line that cannot be a header."""
        taken = self._next()
        if taken is None or not taken[1]:
            raise Wrong("", "the file is empty or begins with an empty line", self._written.header)
        self.number, line = taken[0], taken[1]
        if line[:2] in _UTF_16:
            raise Wrong("", "the file is UTF-16", f"a file in {self._written.encoding}")
        text = self._text(line.removeprefix(codecs.BOM_UTF8))
        if "\r" in text:
            raise Wrong("", "its lines end with CR alone", "lines that end with LF or CR LF")
        fields = self._fields(text)
        if fields is None:
            raise Wrong("", "a quote in the header is opened and not closed", "a plain header")
        return [field.strip() for field in fields]

    def rest(self) -> int:
        """How many rows follow, without reading them as rows."""
        return sum(1 for _, line in self._lines if line != b"")

    def records(self, width: int) -> Iterator[tuple[int, list[str], Wrong | None]]:
        """Every row with the number of its first line: its fields, or what is wrong with it."""
        while (taken := self._next()) is not None:
            number, line = taken
            self.number = number
            if line == b"":
                continue
            try:
                yield number, self._record(line, width), None
            except Wrong as why:
                yield number, [], why

    def _next(self) -> tuple[int, bytes | None] | None:
        return self._ahead.popleft() if self._ahead else next(self._lines, None)

    def _record(self, line: bytes | None, width: int) -> list[str]:
        if line is None:
            longest = self._written.longest
            raise Wrong("", f"the line is longer than {longest} bytes", "one row of a few hundred bytes")
        text = self._text(line.removeprefix(codecs.BOM_UTF8) if self.number == 1 else line)
        fields = self._fields(text)
        if fields is None:
            fields = self._joined(text, width)
        if len(fields) != width:
            raise Wrong("", f"the row has {len(fields)} fields", f"{width} fields, as the header has")
        return fields

    def _joined(self, text: str, width: int) -> list[str]:
        """The row that a quote carries over the next lines, if they make exactly one of the right width."""
        assert self._written.quote is not None
        for count in range(self._written.ahead):
            if len(self._ahead) <= count:
                further = next(self._lines, None)
                if further is None:
                    break
                self._ahead.append(further)
            line = self._ahead[count][1]
            if line is None or len(text) > self._written.longest:
                break
            try:
                more = self._text(line)
            except Wrong:
                break
            text += "\n" + more
            if self._written.quote not in more:
                continue
            fields = self._fields(text)
            if fields is not None and len(fields) == width:
                for _ in range(count + 1):
                    self._ahead.popleft()
                return fields
        raise Wrong(
            "", "a quote is opened and not closed", 'a field in quotes with inner quotes doubled ("")'
        )

    def _text(self, line: bytes) -> str:
        try:
            text = line.decode(self._written.encoding)
        except UnicodeDecodeError as error:
            name = self._written.encoding.upper()
            raise Wrong("", f"byte {error.start + 1} of the line is not {name}", f"{name} text") from None
        if "\x00" in text:
            raise Wrong("", "the line holds a NUL character (U+0000)", "text without control characters")
        return text

    def _fields(self, text: str) -> list[str] | None:
        """The fields of a row, or None where a quote stays open. Raises Wrong for other bad quoting."""
        quote, delimiter = self._written.quote, self._written.delimiter
        if quote is None or quote not in text:
            return text.split(delimiter)
        try:
            rows = list(csv.reader([text], strict=True, delimiter=delimiter, quotechar=quote))
        except csv.Error as error:
            if "unexpected end of data" in str(error):
                return None
            if "field limit" in str(error):
                raise Wrong("", "a field is longer than 128 KiB", "shorter fields") from None
            raise Wrong("", "quotes inside the row do not match", 'inner quotes doubled ("")') from None
        return rows[0] if rows else []
