"""The words of one entry as they are kept: an officer's own, or the force's with the names left open. Pure."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import orjson

from trackmycrime.kernel import crypto

from .defaults import TOLD_BY_OUTCOME
from .prose import OFFICER, UNIT, paragraphs
from .timeline import Sealed, Text, Wanted
from .wording import LANGUAGES, Language, entry_words

__all__ = ["OFFICER", "UNIT", "frozen", "paragraphs", "shown", "spelled"]


def frozen(entry: Wanted) -> dict[str, Any]:
    """What is kept of an entry: for each language a title and paragraphs, and in which languages an officer wrote.

    A language in which the officer did not write has the title alone: who reads it gets the words of another.

    The force's own words keep ``{unit}`` and ``{officer}`` open, so that they name whoever answers on the day that
    the page is read. What an officer wrote is never filled in.
    """
    if entry.facts is not None:
        return entry.facts.words()
    own = _own(entry.milestone, entry.outcome if entry.milestone in TOLD_BY_OUTCOME else "")
    if not entry.text:
        return own
    text = dict(_opened(entry.text))
    kept: dict[str, Any] = {"written": sorted(text)}
    for language in LANGUAGES:
        kept[language] = {"title": own[language]["title"]}
        if language in text:
            kept[language]["paragraphs"] = paragraphs(text[language])
    return kept


def _opened(text: Text | Sealed) -> Text:
    if not isinstance(text, Sealed):
        return text
    return tuple(sorted(crypto.unseal_json("cases_update.text", text.row, text.stored).items()))


@cache
def _own(milestone: str, outcome: str) -> dict[str, Any]:
    """The force's own words; shared, so never to be changed."""
    kept: dict[str, Any] = {"written": []}
    for language in LANGUAGES:
        words = entry_words(milestone, outcome or None, language, unit=UNIT, officer=OFFICER)
        kept[language] = {"title": words.title, "paragraphs": list(words.paragraphs())}
    return kept


def spelled(entry: Wanted) -> tuple[str, bytes]:
    """The words of an entry (`frozen`) in their one spelling as JSON, and the keyed hash of it.

    The same words have the same hash, so a change of words can be seen.
    """
    if entry.text or entry.facts is not None:
        return _spelled(frozen(entry))
    return _own_spelled(entry.milestone, entry.outcome if entry.milestone in TOLD_BY_OUTCOME else "")


@cache
def _own_spelled(milestone: str, outcome: str) -> tuple[str, bytes]:
    return _spelled(_own(milestone, outcome))


def _spelled(words: Mapping[str, Any]) -> tuple[str, bytes]:
    text = orjson.dumps(words, option=orjson.OPT_SORT_KEYS).decode()
    return text, crypto.blind("words", text)


def shown(words: Mapping[str, Any], language: str, *, unit: str, officer: str) -> tuple[str, list[str], str]:
    """(title, paragraphs, the language they are really in) as they read today in the wanted language."""
    wanted: Language = "cy" if language == "cy" else "en"
    version = words[wanted]
    if words["written"]:
        real = wanted if wanted in words["written"] else words["written"][0]
        return version["title"], list(words[real]["paragraphs"]), real
    filled = [p.replace(UNIT, unit).replace(OFFICER, officer or unit) for p in version["paragraphs"]]
    return version["title"], filled, wanted
