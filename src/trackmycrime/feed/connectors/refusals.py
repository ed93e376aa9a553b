"""What a connector could not take, in words that say where it is and what would be right."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row, line or whole file that was not turned into events.

    `rows` is how many rows it stands for: one for a row, all rows of a file whose header is wrong, none
    for a file that broke off (what could not be read is not counted).
    """

    file: str
    line: int
    column: str
    reason: str
    right: str
    what: Literal["row", "file"] = "row"
    rows: int = 1

    def as_line(self) -> dict[str, Any]:
        """The refusal as a line of the report file."""
        return {
            "what": self.what,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "rows": self.rows,
            "reason": self.reason,
            "right": self.right,
        }


class Wrong(Exception):
    """A row, or one value in it, cannot be used: in which column, why, and what would be right."""

    def __init__(self, column: str, reason: str, right: str) -> None:
        super().__init__(reason)
        self.column, self.reason, self.right = column, reason, right


Refuse = Callable[[Refusal], None]


def shown(value: str, limit: int = 60) -> str:
    """A value from outside, short and printable, for a message."""
    cut = value if len(value) <= limit else value[: limit - 1] + "…"
    return "«" + "".join(c if c.isprintable() else "�" for c in cut) + "»"
