"""When an event is made, and which rows are left out: conditions on one column each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trackmycrime.feed.connectors.mapping.fields import Row
from trackmycrime.feed.connectors.mapping.values import text_of
from trackmycrime.feed.connectors.options import Options
from trackmycrime.feed.connectors.protocol import Unfit


@dataclass(frozen=True)
class Condition:
    """Holds for a row whose column has one of the texts, none of them, something or nothing."""

    column: str
    words: frozenset[str] | None = None
    among: bool = True
    """False: none of the words"""
    filled: bool | None = None

    def holds(self, row: Row) -> bool:
        """Whether it holds for a row. Raises Wrong for a value that is no text."""
        text = text_of(row[self.column.casefold()], self.column)
        if self.words is not None:
            return (text in self.words) == self.among
        return (text is not None) == self.filled


def conditions(said: Any, where: str) -> list[Condition]:
    """One condition or a list of them, as a mapping writes them. Raises Unfit."""
    tables = [] if said is None else said if isinstance(said, list) else [said]
    found = []
    for table in tables:
        if not isinstance(table, Mapping):
            raise Unfit(f'{where} must be a table like {{ column = "KIND", is = ["TEST"] }}')
        options = Options(table, where)
        column = options.text("column")
        ways = [way for way in ("is", "not", "filled") if options.given(way)]
        if len(ways) != 1:
            raise Unfit(f"{where} must have one of «is», «not», «filled»")
        if ways[0] == "filled":
            filled = options.value("filled")
            if not isinstance(filled, bool):
                raise options.unfit("filled", "must be true or false")
            found.append(Condition(column, filled=filled))
        else:
            found.append(Condition(column, frozenset(options.texts(ways[0])), ways[0] == "is"))
        options.done()
    return found
