"""Reading the word files once, and refusing at once whatever in them would fail later.

Each language is a folder of TOML files whose tables are merged; a text is found by its dotted key
(`alert.email_subject`). Everything is checked on first use: the same keys in every language, the same
placeholders in each, no empty text, and no key in two files.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

Language = Literal["en", "cy"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
FOLDER = Path(__file__).parent

Text = str | tuple[str, ...]
_HOLE = re.compile(r"\{([a-z_]+)\}")
_BRACES = re.compile(r"\{[^{}]*\}|[{}]")


class WordingError(LookupError):
    """The words were asked for wrongly (unknown key, language or code, missing value), or a file is wrong."""


@cache
def load(language: str) -> Mapping[str, Text]:
    """Every text of `language` by its dotted key; a list of paragraphs is a tuple."""
    catalogues = {known: _read(FOLDER / known) for known in LANGUAGES}
    if language not in catalogues:
        raise WordingError(f"no words in language {language!r}; there are {', '.join(LANGUAGES)}")
    problems = [*_twins(catalogues["en"], catalogues["cy"]), *_blanks(catalogues[language])]
    if problems:
        raise WordingError("the word files are wrong: " + "; ".join(problems))
    return MappingProxyType(catalogues[language])


def text(key: str, language: str, **values: object) -> str:
    """The text at dotted `key` with its placeholders filled from `values`.

    `unit` and `officer` may be left out or None: «the police team» stands in. Values that the text does
    not name are ignored, so that one set of values serves a text and its disguise alike.

    Raises WordingError for an unknown key or language and for a value that is missing.
    """
    found = load(language).get(key)
    if not isinstance(found, str):
        kind = "no text" if found is None else "not one text but paragraphs"
        raise WordingError(f"{kind} at {key!r}")
    return fill(found, key, language, values)


def both(key: str, **values: object) -> str:
    """The text at `key` in Welsh and then English, for somebody in Wales whose language is not known (`join`)."""
    return join(text(key, "cy", **values), text(key, "en", **values))


def join(welsh: str, english: str) -> str:
    """Two texts in one: one line each by « / » (a subject stays one line), else with a ruled line between them."""
    divider = f"\n\n{'-' * 30}\n\n" if "\n" in english or "\n" in welsh else " / "
    return f"{welsh}{divider}{english}"


def fill(template: str, key: str, language: str, values: Mapping[str, object]) -> str:
    """`template` with its placeholders replaced; a value is never itself read as a template."""
    names = placeholders(template)
    given = {name: value for name, value in values.items() if value not in (None, "")}
    if "unit" in names:
        given.setdefault("unit", _default_unit(language))
    if "officer" in names:
        given.setdefault("officer", given.get("unit", _default_unit(language)))
    missing = sorted(names - given.keys())
    if missing:
        raise WordingError(f"{key!r} needs a value for {', '.join(missing)}")
    return _HOLE.sub(lambda hole: str(given[hole[1]]), template)


@cache
def placeholders(template: str) -> frozenset[str]:
    """The names in braces in `template`. Nothing else in braces means anything: it is left as it stands."""
    return frozenset(_HOLE.findall(template))


def odd_braces(template: str) -> list[str]:
    """What stands in braces and is no plain name, and braces that stand alone."""
    return [found for found in _BRACES.findall(template) if not _HOLE.fullmatch(found)]


def _default_unit(language: str) -> str:
    return str(load(language)["default.unit"])


def _read(folder: Path) -> dict[str, Text]:
    texts: dict[str, Text] = {}
    for path in sorted(folder.glob("*.toml")):
        with path.open("rb") as file:
            content = tomllib.load(file)
        for key, value in _flatten(content):
            if key in texts:
                raise WordingError(
                    f"the word files are wrong: {key} is in {folder.name}/{path.name} and elsewhere"
                )
            texts[key] = value
    return texts


def _flatten(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Text]]:
    for name, value in table.items():
        key = f"{above}{name}"
        if isinstance(value, dict):
            yield from _flatten(value, f"{key}.")
        elif isinstance(value, list):
            yield key, tuple(str(part).strip() for part in value)
        else:
            yield key, str(value).strip()


def _parts(value: Text) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def _twins(english: Mapping[str, Text], welsh: Mapping[str, Text]) -> Iterator[str]:
    for key in sorted(english.keys() ^ welsh.keys()):
        yield f"{key} is in one language only"
    for key in sorted(english.keys() & welsh.keys()):
        pair = (_parts(english[key]), _parts(welsh[key]))
        if len(pair[0]) != len(pair[1]):
            yield f"{key} has another number of paragraphs in Welsh"
        names = [frozenset().union(*map(placeholders, parts)) for parts in pair]
        if names[0] != names[1]:
            yield f"{key} has other placeholders in Welsh"
        if odd := sorted({name for parts in pair for part in parts for name in odd_braces(part)}):
            yield f"{key} has a placeholder that is no plain name: {', '.join(odd)}"


def _blanks(texts: Mapping[str, Text]) -> Iterator[str]:
    for key, value in sorted(texts.items()):
        if not value or not all(_parts(value)):
            yield f"{key} is empty"
