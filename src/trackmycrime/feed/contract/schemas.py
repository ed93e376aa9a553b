"""The contract as files that others build on: a JSON Schema for each type, and an index of them. Pure.

Made from the models that judge, so they cannot differ; versioned with the contract. Addresses in them are relative,
so they hold wherever the files are kept.
"""

from functools import cache
from typing import Any

from trackmycrime.feed.contract.envelope import envelope_schema
from trackmycrime.feed.contract.examples import EVENTS, OTHERS
from trackmycrime.feed.contract.verdicts import MODELS, TYPES

VERSION = 1
"""Of the contract: it is in the addresses of the API too. What is added leaves it as it is."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def examples(type_: str) -> list[dict[str, Any]]:
    """The example events of this type; several where no one event can show every field."""
    return [EVENTS[type_], *([OTHERS[type_]] if type_ in OTHERS else [])]


@cache
def event_schema(type_: str) -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of whole events of this type. Shared, so never to be changed.

    Closed: what it does not name is refused. What no schema can say stands in words: that a time is at most a day
    ahead, that an update is not replaced by itself, that a date is in the calendar.
    """
    shape = plain(MODELS[type_].model_json_schema(ref_template="#/$defs/{model}"))
    shapes = shape.pop("$defs", {})
    name = MODELS[type_].__name__
    schema = envelope_schema(type_)
    schema["properties"]["data"] = {"$ref": f"#/$defs/{name}"}  # type: ignore[index]
    return {
        "$schema": DIALECT,
        "$id": f"{type_}.json",
        "title": type_,
        "$comment": f"TrackMyCrime feed, contract version {VERSION}",
        **schema,
        "$defs": {name: shape, **shapes},
        "examples": examples(type_),
    }


def index() -> dict[str, Any]:
    """Which types there are, where the schema of each is (beside this index), and what it is for."""
    return {
        "title": "TrackMyCrime feed",
        "version": VERSION,
        "dialect": DIALECT,
        "types": {
            type_: {
                "schema": f"{type_}.json",
                "description": " ".join((MODELS[type_].__doc__ or "").partition("\n\n")[0].split()),
                "examples": len(examples(type_)),
            }
            for type_ in TYPES
        },
    }


def plain(schema: Any) -> Any:
    """The schema without pydantic's titles, which say nothing that the names do not."""
    if isinstance(schema, dict):
        return {
            name: plain(inner)
            for name, inner in schema.items()
            if not (name == "title" and isinstance(inner, str))
        }
    return [plain(inner) for inner in schema] if isinstance(schema, list) else schema
