"""The compiled parts of a mapping: each makes one value of the contract from a row.

A row is what its columns hold, by their names in small letters. `fed` says whether any column had a value: an
object that only constants would fill is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from trackmycrime.feed.connectors.mapping.values import named, text_of
from trackmycrime.feed.connectors.refusals import Wrong

Row = Mapping[str, object]
Convert = Callable[[object, str], Any]
"""From a column's value and its name to the contract's value; None for nothing"""


class Field(Protocol):
    """One value of the contract, made from a row."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it reads, as the mapping writes them."""
        ...

    def make(self, row: Row) -> tuple[Any, bool]:
        """The value (None: nothing is known) and whether a column fed it. Raises Wrong."""
        ...


@dataclass(frozen=True)
class Constant:
    """Always the same."""

    value: Any
    columns: tuple[str, ...] = ()

    def make(self, row: Row) -> tuple[Any, bool]:
        return self.value, False


@dataclass(frozen=True)
class Column:
    """What one column says: through a map of values, or converted."""

    column: str
    convert: Convert
    values: Mapping[str, Any] | None = None
    otherwise: Any = None
    empty: Any = None
    """What stands for a column that holds nothing"""

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.column,)

    def make(self, row: Row) -> tuple[Any, bool]:
        found = self.of(row[self.column.casefold()])
        return found, found is not None

    def of(self, value: object) -> Any:
        """The contract's value for a column's."""
        word = None if self.values is None else text_of(value, self.column)
        if self.values is None or word is None:
            found = self.convert(value, self.column)
            return self.empty if found is None else found
        if word in self.values:
            return self.values[word]
        if self.otherwise is None:
            raise Wrong(self.column, "its value is not in the map of the mapping", named(list(self.values)))
        return self.otherwise


@dataclass(frozen=True)
class Joined:
    """Several columns as one text; those that hold nothing are left out."""

    parts: Sequence[Column]
    by: str

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(part.column for part in self.parts)

    def make(self, row: Row) -> tuple[Any, bool]:
        found = [value for part in self.parts if (value := part.make(row)[0]) is not None]
        return (self.by.join(found), True) if found else (None, False)


@dataclass(frozen=True)
class Split:
    """One column as a list."""

    part: Column
    by: str | None
    none: list[Any] | None
    """What stands for a list without items; None: nothing is known"""

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.part.column,)

    def make(self, row: Row) -> tuple[Any, bool]:
        held = row[self.part.column.casefold()]
        if isinstance(held, list | tuple):
            pieces: list[object] = list(held)
        else:
            text = text_of(held, self.part.column)
            words = [] if text is None else text.split(self.by) if self.by else [text]
            pieces = list(words)
        found = [self.part.of(piece) for piece in pieces if text_of(piece, self.part.column) is not None]
        items = [value for value in found if value not in (None, "")]
        return items or self.none, bool(pieces)


@dataclass(frozen=True)
class All:
    """A list of which each part gives one item, or none."""

    parts: Sequence[Field]
    none: list[Any] | None

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(column for part in self.parts for column in part.columns)

    def make(self, row: Row) -> tuple[Any, bool]:
        made = [part.make(row) for part in self.parts]
        items = [value for value, _ in made if value not in (None, "")]
        return items or self.none, any(fed for _, fed in made)


@dataclass(frozen=True)
class Object:
    """An object; left out where columns should feed it and none has a value."""

    fields: Mapping[str, Field] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(column for one in self.fields.values() for column in one.columns)

    def make(self, row: Row) -> tuple[Any, bool]:
        found: dict[str, Any] = {}
        fed = False
        for name, one in self.fields.items():
            value, by_column = one.make(row)
            fed = fed or by_column
            if value not in (None, ""):
                found[name] = value
        return (None, False) if not fed and self.columns else (found, fed)

    def column_at(self, path: Sequence[str]) -> str:
        """The columns behind a place in the object, for a message."""
        one: Field = self
        for step in path:
            if not isinstance(one, Object) or step not in one.fields:
                break
            one = one.fields[step]
        return ", ".join(dict.fromkeys(one.columns))
