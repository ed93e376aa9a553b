"""The pages' own sentences: the Welsh catalogue has each of them, whole, and what is compiled is what is written."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import polib
import pytest
from django.utils import translation

ROOT = Path(__file__).resolve().parents[2]
SAME_IN_BOTH = {"GOV.UK Notify", "GOV.UK One Login"}


def _script(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


messages = _script("messages")
CATALOGUE = polib.pofile(str(messages.CATALOGUE))


def _welsh(entry: polib.POEntry) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def test_the_catalogue_has_exactly_the_messages_of_the_sources() -> None:
    found, kept = set(messages.extract()), {messages.key(entry) for entry in CATALOGUE}
    assert sorted(str(m) for m in found - kept) == [], "run: python scripts/messages.py, and translate"
    assert sorted(str(m) for m in kept - found) == [], "run: python scripts/messages.py"


def test_nothing_is_untranslated_or_guessed() -> None:
    assert [entry.msgid for entry in messages.untranslated(CATALOGUE)] == []
    assert [entry.msgid for entry in CATALOGUE if entry.obsolete or "fuzzy" in entry.flags] == []
    assert all(len(entry.msgstr_plural) == 4 for entry in CATALOGUE if entry.msgid_plural)


def test_no_welsh_message_equals_its_english() -> None:
    same = {e.msgid for e in CATALOGUE for welsh in _welsh(e) if welsh.casefold() == e.msgid.casefold()}
    assert same == SAME_IN_BOTH


def test_names_and_markup_survive_translation() -> None:
    """A name lost is a page that fails; a tag lost is a link that is gone."""
    marks = re.compile(r"%\(\w+\)[sd]|%%|\{\w*\}|</?\w+[^>]*>")
    for entry in CATALOGUE:
        english = entry.msgid_plural or entry.msgid
        for welsh in filter(None, _welsh(entry)):
            if entry.msgid_plural and marks.findall(welsh) == marks.findall(entry.msgid):
                continue  # a singular may say its number in words
            assert sorted(marks.findall(welsh)) == sorted(marks.findall(english)), entry.msgid


def test_what_is_compiled_is_what_is_written() -> None:
    assert _script("translations").stale(messages.CATALOGUE) is False, "run: make translations"


def test_django_says_it_in_welsh() -> None:
    with translation.override("cy"):
        assert translation.gettext("Sign in") == "Mewngofnodi"


LOADED = "{% load i18n %}"
ALIASED = 'from django.utils.translation import gettext_lazy as lazy\nA = lazy("Three")'
PLURAL = "{% blocktranslate count n=n %}It's one{% plural %}They’re {{ n }}{% endblocktranslate %}"
TRIMMED = "{% blocktranslate trimmed with a=b %}\n Two\n {{ a }}{% endblocktranslate %}"


@pytest.mark.parametrize(
    ("name", "source", "expected"),
    [
        ("a.html", LOADED + '{% translate "One" context "x" %}', [("x", "One", None)]),
        ("a.html", LOADED + TRIMMED, [(None, "Two %(a)s", None)]),
        ("a.html", LOADED + PLURAL, [(None, "It's one", "They’re %(n)s")]),
        ("a.py", ALIASED, [(None, "Three", None)]),
        ("a.py", 'ngettext("one", "many", n)', [(None, "one", "many")]),
        ("a.py", 'print("nothing"); words.get("nothing")', []),
    ],
)
def test_messages_are_found_in_templates_and_code(
    name: str, source: str, expected: list[tuple[str | None, str, str | None]], tmp_path: Path
) -> None:
    (tmp_path / name).write_text(source, encoding="utf-8")
    assert list(messages.extract(tmp_path)) == expected
