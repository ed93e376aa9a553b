"""What the contract lets an event's `data` hold, read from the schemas of its models.

Nothing here knows a field by name: a type or field that the contract gains can be mapped at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Literal

from trackmycrime.feed.contract import MODELS, moments

Kind = Literal["object", "list", "text", "flag", "number", "date"]

_EXACT = {
    f"^{moments.MOMENT}$": "moment",
    f"^{moments.DAY}$": "day",
    f"^{moments.MONTH}$": "month",
}


@dataclass(frozen=True)
class Shape:
    """One field: its kind, and by kind what is in it."""

    kind: Kind
    required: bool = False
    fields: Mapping[str, Shape] = field(default_factory=dict)
    """Of an object"""
    items: Shape | None = None
    """Of a list"""
    words: tuple[str, ...] = ()
    """The only texts that it takes; none: any"""
    exact: frozenset[str] = frozenset()
    """Of a date: how exactly it may be said (moment, day, month)"""


@cache
def shape_of(type_: str) -> Shape:
    """The shape of the `data` of one event type of the contract."""
    schema = MODELS[type_].model_json_schema()
    return _shape(schema, schema.get("$defs", {}), True)


def _shape(schema: Mapping[str, Any], defs: Mapping[str, Any], required: bool) -> Shape:
    choices = [_resolved(one, defs) for one in schema.get("anyOf", [schema])]
    choices = [one for one in choices if one.get("type") != "null"]
    exact = frozenset(_EXACT[one["pattern"]] for one in choices if one.get("pattern") in _EXACT)
    if exact:
        return Shape("date", required, exact=exact)
    found = choices[0]
    match found.get("type"):
        case "object":
            needed = set(found.get("required", ()))
            fields = {name: _shape(one, defs, name in needed) for name, one in found["properties"].items()}
            return Shape("object", required, fields)
        case "array":
            return Shape("list", required, items=_shape(found["items"], defs, False))
        case "boolean":
            return Shape("flag", required)
        case "integer" | "number":
            return Shape("number", required)
    words = tuple(found.get("enum", ())) or ((found["const"],) if "const" in found else ())
    return Shape("text", required, words=words)


def _resolved(schema: Mapping[str, Any], defs: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        schema = defs[schema["$ref"].rpartition("/")[2]]
    return schema
