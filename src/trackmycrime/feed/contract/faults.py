"""What is wrong with an event: where, and what would be right; and the event without it."""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from trackmycrime.feed.contract.fields import Closed
from trackmycrime.feed.contract.problems import Problem, point

# More than this many faults of one event are counted, not told.
MOST_TOLD = 5

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong; `stranger`: the contract has no such field."""

    path: Path
    rule: str
    stranger: bool = False


def problem_of(faults: Sequence[Fault]) -> Problem:
    """One problem for all faults of an event: a field that must not be held weighs most."""
    first = next((fault for fault in faults if fault.stranger), faults[0])
    told = [first, *(fault for fault in faults if fault is not first)]
    detail = " ".join(f"{point(fault.path)} {fault.rule}." for fault in told[:MOST_TOLD])
    if len(told) > MOST_TOLD:
        detail += f" And {len(told) - MOST_TOLD} more."
    return Problem.of("unknown-field" if first.stranger else "invalid-data", detail, point(first.path))


def unknown_field(path: Path, known: Iterable[str]) -> Fault:
    """A field that the contract does not have, with the one that may have been meant."""
    near = difflib.get_close_matches(str(path[-1])[:64], known, n=1, cutoff=0.75)
    return Fault(
        path, "is not a field of the contract" + (f" (did you mean «{near[0]}»?)" if near else ""), True
    )


def faults_of(refused: ValidationError, data: dict[str, object], model: type[Closed]) -> list[Fault]:
    """The faults that a model found in `data`, with their place in the event."""
    found = []
    for error in refused.errors(include_url=False, include_input=False):
        if error["type"] == "extra_forbidden":
            found.append(unknown_field(("data", *error["loc"]), _names(model)))
        else:
            field = error.get("ctx", {}).get("field")
            path = error["loc"] if field is None else (*error["loc"], field)
            found.append(Fault(("data", *path), _rule(error, _at(data, path) is None)))
    return found


def without(value: object, paths: Iterable[Path]) -> object:
    """A copy of a JSON value without what stands at `paths`."""
    paths = list(paths)
    gone = {path[0] for path in paths if len(path) == 1}
    inner: dict[str | int, list[Path]] = {}
    for path in paths:
        if len(path) > 1:
            inner.setdefault(path[0], []).append(path[1:])
    if isinstance(value, dict):
        return {n: without(v, inner[n]) if n in inner else v for n, v in value.items() if n not in gone}
    if isinstance(value, list):
        return [without(v, inner[n]) if n in inner else v for n, v in enumerate(value) if n not in gone]
    return value


def _rule(error: ErrorDetails, absent: bool) -> str:
    """What would be right, in words of our own: pydantic's may show what was sent."""
    told = error.get("ctx", {})
    match error["type"]:
        case "rule":
            rule = str(told["rule"])
        case "missing":
            return "is required"
        case "string_type" | "string_too_short":
            rule = "must be a string with something in it"
        case "string_too_long":
            rule = f"must be at most {told['max_length']} characters"
        case "string_pattern_mismatch":
            rule = "must be a time of day like 09:30"
        case "literal_error":
            rule = f"must be one of {str(told['expected']).replace(chr(39), '')}"
        case "bool_type":
            rule = "must be true or false"
        case "tuple_type":
            rule = "must be a list"
        case "too_short":
            rule = f"must have at least {told['min_length']} item"
        case "too_long":
            rule = f"must have at most {told['max_length']} items"
        case _:
            rule = "must be an object"
    return f"is required, and {rule}" if absent and rule.startswith("must") else rule


def _at(value: object, path: Sequence[str | int]) -> object:
    for step in path:
        try:
            value = value[step]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            return None
    return value


@cache
def _names(model: type[Closed]) -> tuple[str, ...]:
    schema = model.model_json_schema()
    shapes = [schema, *schema.get("$defs", {}).values()]
    return tuple(sorted({name for shape in shapes for name in shape.get("properties", {})}))
