"""The names of countries in English and Welsh, as the Unicode CLDR has them (Unicode License). Pure."""

import json
from functools import cache
from pathlib import Path


@cache
def _names() -> dict[str, tuple[str, str]]:
    return {
        code: tuple(names)
        for code, names in json.loads(Path(__file__).with_suffix(".json").read_text("utf-8")).items()
    }


def name(code: str, language: str) -> str:
    """What the country of these two letters (ISO 3166) is called in ``en`` or ``cy``; unknown letters as they are."""
    found = _names().get(code)
    return (found[1] if language.startswith("cy") else found[0]) if found else code
