"""Welsh is never the English again, speaks to the reader formally, and says honestly who has passed it."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from trackmycrime.publish.wording import LANGUAGES
from trackmycrime.publish.wording.catalogue import load

ROOT = Path(__file__).resolve().parents[2]
SAME_IN_BOTH = {"alert.push_title", "alert.contact_new.push_title"}  # TrackMyCrime

PAIRS = [(key, load("en")[key], load("cy")[key]) for key in load("en")]
WELSH = [(key, value if isinstance(value, str) else " ".join(value)) for key, value in load("cy").items()]


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _parts(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


def test_no_welsh_text_equals_its_english() -> None:
    same = [
        key
        for key, english, welsh in PAIRS
        for one, other in zip(_parts(english), _parts(welsh), strict=True)
        if one.casefold() == other.casefold()
    ]
    assert set(same) == SAME_IN_BOTH


def test_no_english_word_was_left_in_the_welsh() -> None:
    english_words = re.compile(r"\b(the|your|police|officer|you|and|case|please|this|update)\b(?!})")
    assert [(key, found[0]) for key, welsh in WELSH if (found := english_words.search(welsh))] == []


def test_the_reader_is_spoken_to_formally() -> None:
    familiar = re.compile(r"\b(ti|dy|dithau|wyt|gelli|cei|gennyt|wrthyt|arnat|atat)\b", re.IGNORECASE)
    assert [(key, found[0]) for key, welsh in WELSH if (found := familiar.search(welsh))] == []


def test_both_languages_give_the_same_numbers_and_end_their_sentences_alike() -> None:
    for key, english, welsh in PAIRS:
        one, other = " ".join(_parts(english)), " ".join(_parts(welsh))
        assert sorted(re.findall(r"\d+", one)) == sorted(re.findall(r"\d+", other)), key
        assert (one[-1] in ".?") == (other[-1] in ".?"), key


def test_a_name_follows_a_word_that_does_not_change_its_first_letter() -> None:
    for key, welsh in WELSH:
        assert set(re.findall(r"(\S+)\s\{unit\}", welsh)) <= {"staff"}, key
        assert all(before.endswith(":") for before in re.findall(r"(\S+)\s\{officer\}", welsh)), key


@pytest.mark.parametrize("name", ["make_words_page", "make_welsh_page"])
def test_the_generated_pages_are_fresh(name: str) -> None:
    script = _script(name)
    assert script.PAGE.read_text(encoding="utf-8") == script.page(), f"run: python scripts/{name}.py"


def test_the_page_of_words_shows_every_text_and_asks_nobody_else() -> None:
    page = _script("make_words_page").page()
    for language in LANGUAGES:
        for key, value in load(language).items():
            for part in _parts(value):
                first = re.split(r"[{'\"&<>\n]", part)[0]
                assert first in page, key
    assert not re.search(r"<(script|img|link|iframe)|url\(|@import", page)


def test_the_welsh_page_names_every_file_that_nobody_has_passed() -> None:
    script = _script("make_welsh_page")
    page = script.page()
    for path in sorted((script.FOLDER / "cy").glob("*.toml")):
        assert f"`cy/{path.name}`" in page
    key = "milestone.recorded.title"
    assert script.digest(load("cy")[key]) != script.digest(load("en")[key])  # a change ends a review


def test_the_officer_writes_both_languages_or_the_reader_is_told() -> None:
    assert "language" in load("en")["page.not_translated"]
    assert "iaith" in load("cy")["page.not_translated"]
