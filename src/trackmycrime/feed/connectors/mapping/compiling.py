"""A mapping as it is written (TOML) turned into fields that read rows; whatever is wrong in it is said here.

The contract's shape decides how a table is read: where the contract has an object, its keys are fields; elsewhere
they are `column`, `columns`, `value`, `all` and what belongs to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from trackmycrime.feed.connectors.mapping.fields import (
    All,
    Column,
    Constant,
    Convert,
    Field,
    Joined,
    Object,
    Split,
)
from trackmycrime.feed.connectors.mapping.shape import Shape
from trackmycrime.feed.connectors.mapping.values import ISO, Dates, flag_of, number_of, sequence_of, text_of
from trackmycrime.feed.connectors.options import Options, meant
from trackmycrime.feed.connectors.protocol import Unfit

MOMENT = Shape("date", True, exact=frozenset({"moment"}))
TEXT = Shape("text", True)


class Compiler:
    """Compiles the fields of one event; `zone` is where moments without an offset are from."""

    def __init__(self, where: str, zone: ZoneInfo) -> None:
        self.where, self.zone = where, zone

    def data(self, table: Mapping[str, Any], shape: Shape) -> Object:
        """The fields of an event's `data`, dotted or nested. Raises Unfit for one that the contract has not."""
        return self._object(_nested(table, self.where), shape, "data")

    def field(self, said: Any, shape: Shape, at: str) -> Field:
        """One field as the mapping says it."""
        if shape.kind == "object":
            if not isinstance(said, Mapping):
                raise Unfit(f"{self.where}: {at} is an object; say its fields ({', '.join(shape.fields)})")
            return self._object(said, shape, at)
        if isinstance(said, str):
            said = {"column": said}
        if not isinstance(said, Mapping):
            raise Unfit(f'{self.where}: {at} must name a column, or be a table like {{ column = "NAME" }}')
        options = Options(said, f"{self.where}: {at}")
        ways = [way for way in ("column", "columns", "value", "all") if options.given(way)]
        if len(ways) != 1:
            raise Unfit(f"{self.where}: {at} must have one of «column», «columns», «value», «all»")
        made = self._made(options, ways[0], shape, at)
        options.done()
        return made

    def sequence(self, said: Any) -> Column:
        """The column that orders the events of an entity."""
        options = Options({"column": said} if isinstance(said, str) else said, f"{self.where}: sequence")
        dates = self._dates(options, MOMENT) if options.given("format") or options.given("timezone") else None
        column = options.text("column")
        options.done()
        return Column(column, lambda value, name: sequence_of(value, name, dates))

    def dates(self, said: Any, at: str) -> tuple[str, Dates]:
        """A column of dates, and how it is read."""
        options = Options({"column": said} if isinstance(said, str) else said, f"{self.where}: {at}")
        found = options.text("column"), self._dates(options, MOMENT)
        options.done()
        return found

    def _object(self, said: Mapping[str, Any], shape: Shape, at: str) -> Object:
        fields: dict[str, Field] = {}
        for name, one in said.items():
            if name not in shape.fields:
                raise Unfit(
                    f"{self.where}: {at}.{name} is not a field of the contract{meant(name, shape.fields)}"
                )
            fields[name] = self.field(one, shape.fields[name], f"{at}.{name}")
        missing = [name for name, one in shape.fields.items() if one.required and name not in fields]
        if missing:
            needed = ", ".join(f"{at}.{name}" for name in missing)
            raise Unfit(f"{self.where}: the contract requires {needed}; map it")
        return Object(fields)

    def _made(self, options: Options, way: str, shape: Shape, at: str) -> Field:
        if way == "value":
            return Constant(self._fitting(options.value("value"), shape, f"{at}: «value»"))
        if shape.kind == "list":
            return self._list(options, way, shape, at)
        if way == "column":
            return self._column(options, options.text("column"), shape, at)
        if way == "columns" and shape.kind == "text":
            parts = [Column(name, text_of) for name in options.texts("columns")]
            return Joined(parts, str(options.value("join") or " "))
        raise Unfit(f"{self.where}: {at} cannot be made of «{way}»; use «column» or «value»")

    def _list(self, options: Options, way: str, shape: Shape, at: str) -> Field:
        assert shape.items is not None
        none = options.value("empty")
        if none is None:
            none = [] if shape.required else None
        else:
            none = self._fitting(none, shape, f"{at}: «empty»")
        if way == "column":
            by = options.value("split")
            if by is not None and (not isinstance(by, str) or not by):
                raise options.unfit("split", "must be the text between two items")
            return Split(self._column(options, options.text("column"), shape.items, at), by, none)
        if way == "columns":
            names = options.texts("columns")
            return All([self._column(options, name, shape.items, at) for name in names], none)
        said = options.value("all")
        if not isinstance(said, list):
            raise options.unfit("all", "must be a list of what gives one item each")
        return All([self.field(one, shape.items, f"{at}[{n}]") for n, one in enumerate(said)], none)

    def _column(self, options: Options, column: str, shape: Shape, at: str) -> Column:
        values = options.value("values")
        if values is not None:
            if not isinstance(values, Mapping) or not values:
                raise options.unfit("values", 'must be a table like { "OPEN" = "investigating" }')
            values = {
                key.strip(): self._fitting(one, shape, f"{at}: «values», «{key}»")
                for key, one in values.items()
            }
        otherwise, empty = options.value("otherwise"), None
        if otherwise is not None:
            if values is None:
                raise options.unfit("otherwise", "belongs to a map in «values»")
            otherwise = self._fitting(otherwise, shape, f"{at}: «otherwise»")
        if shape.kind != "list" and not isinstance(options.value("empty"), list):
            empty = options.value("empty")
            empty = None if empty is None else self._fitting(empty, shape, f"{at}: «empty»")
        return Column(column, self._convert(options, shape), values, otherwise, empty)

    def _convert(self, options: Options, shape: Shape) -> Convert:
        if shape.kind == "flag":
            return flag_of
        if shape.kind == "number":
            return number_of
        if shape.kind != "date":
            return text_of
        dates = self._dates(options, shape)

        def convert(value: object, column: str) -> str | None:
            point = dates.read(value, column)
            return None if point is None else point.text()

        return convert

    def _dates(self, options: Options, shape: Shape) -> Dates:
        zone = self.zone
        if options.given("timezone"):
            zone = zone_of(options.text("timezone"), options)
        only = options.choice("as", sorted(shape.exact), "") if options.given("as") else None
        if only is None and "moment" not in shape.exact and "month" not in shape.exact:
            only = "day"  # a column of moments gives its day where the contract wants one
        formats = options.texts("format") or [ISO]
        return Dates(tuple(formats), zone, None if only == "moment" else only)

    def _fitting(self, value: Any, shape: Shape, at: str) -> Any:
        """A constant as the contract takes it; "" says that there is nothing."""
        if value == "" or (isinstance(value, list) and shape.kind != "list"):
            if value == "":
                return ""
            raise Unfit(f"{self.where}: {at} must not be a list")
        if shape.kind == "list":
            if not isinstance(value, list):
                raise Unfit(f"{self.where}: {at} must be a list")
            assert shape.items is not None
            return [self._fitting(one, shape.items, at) for one in value]
        if shape.kind == "flag" and not isinstance(value, bool):
            raise Unfit(f"{self.where}: {at} must be true or false")
        if shape.kind == "text" and not isinstance(value, str):
            raise Unfit(f"{self.where}: {at} must be a text")
        if shape.words and value not in shape.words:
            raise Unfit(
                f"{self.where}: {at}: «{value}» is not a word of the contract{meant(value, shape.words)}"
            )
        return value


def zone_of(name: str, options: Options, key: str = "timezone") -> ZoneInfo:
    """The time zone of this name. Raises Unfit."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise options.unfit(key, f"«{name}» is no time zone; write one like Europe/London or UTC") from None


def _nested(table: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Dotted keys in quotes as the nested tables that they mean."""
    found: dict[str, Any] = {}
    for key, value in table.items():
        *path, last = key.split(".")
        at = found
        for step in path:
            inner = at.setdefault(step, {})
            if not isinstance(inner, dict):
                raise Unfit(f"{where}: data.{key} is said twice, in different ways")
            at = inner
        if isinstance(value, Mapping) and isinstance(at.get(last), dict):
            at[last].update(value)
        elif last in at:
            raise Unfit(f"{where}: data.{key} is said twice")
        else:
            at[last] = dict(value) if isinstance(value, Mapping) else value
    return found
