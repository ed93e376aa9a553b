"""What a reader of files gives for each row, line or report of a file, and the sums of a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trackmycrime.feed.connectors.refusals import Refusal

LISTED = 1000
"""Refusals that a report lists; more are counted"""


@dataclass(frozen=True, slots=True)
class Piece:
    """One row and what it came to: events, or refusals, or neither (it was skipped).

    A refusal of the whole file stands for as many rows as it says; a row counts as refused once, also where some of
    its events were made.
    """

    events: Sequence[Mapping[str, Any]] = ()
    refused: Sequence[Refusal] = ()
    size: int = 1024
    """Bytes that it holds, roughly"""

    @property
    def read(self) -> int:
        """Rows that it stands for."""
        return sum(one.rows for one in self.refused) if self.refused else 1

    @property
    def turned(self) -> int:
        return 1 if self.events and not self.refused else 0

    @property
    def skipped(self) -> int:
        return 0 if self.events or self.refused else 1

    @property
    def whole_file(self) -> bool:
        """Whether it says something of the file and not of a row."""
        return any(one.what == "file" for one in self.refused)


Read = Callable[[Path, str], Iterator[Piece]]
"""Reads one file, given its path and the name by which it is to be told of. Never raises for what is in the file."""


@dataclass
class Sums:
    """What a file came to."""

    read: int = 0
    turned: int = 0
    skipped: int = 0
    refused: int = 0
    events: int = 0
    pieces: int = 0
    broken: bool = False
    """Something is wrong with the file as a whole"""
    listed: list[Refusal] = field(default_factory=list)
    refusals: int = 0

    def add(self, piece: Piece) -> None:
        """Count one more piece."""
        self.pieces += 1
        self.read += piece.read
        self.turned += piece.turned
        self.skipped += piece.skipped
        self.refused += piece.read if piece.refused else 0
        self.events += len(piece.events)
        self.broken = self.broken or piece.whole_file
        self.refusals += len(piece.refused)
        self.listed += piece.refused[: LISTED - len(self.listed)]

    @property
    def failed(self) -> bool:
        """Whether the file belongs among those that a person must look at: broken, or nothing of it was right."""
        return self.broken or (self.refused > 0 and self.turned == 0)

    def report(self, file: str, source: str) -> dict[str, Any]:
        """The report that is put beside the file."""
        return {
            "file": file,
            "source": source,
            "outcome": "failed" if self.failed else "done",
            "read": self.read,
            "turned": self.turned,
            "skipped": self.skipped,
            "refused": self.refused,
            "events": self.events,
            "refusals": [one.as_line() for one in self.listed],
            "refusals_not_listed": self.refusals - len(self.listed),
        }
