"""Whatever comes, judging says yes or no: it never raises, and what it keeps can be stored."""

from __future__ import annotations

import json
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.feed.said import DATA, judged, read, said
from tests.support.hostile import paths, put, words
from trackmycrime.feed.contract import BATCH, LINES, MODELS, BodyProblem, Event, Refusal, read_body

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.text(st.characters(categories=["Cs", "Cc"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def storable(verdict: Event | Refusal) -> None:
    """PostgreSQL can keep all of it, and it reads the same again."""
    texts = [verdict.id, verdict.type, verdict.subject, verdict.subject_key, verdict.source]
    if isinstance(verdict, Refusal):
        texts += [verdict.problem.detail, verdict.problem.pointer]
    text = json.dumps([verdict.kept, texts], ensure_ascii=False)
    assert "\\u0000" not in text
    assert json.loads(text.encode()) == [verdict.kept, texts]
    assert len(verdict.digest) == 32


PLACES = [(type_, path) for type_ in MODELS for path in paths(said(type_))]


@pytest.mark.parametrize(("type_", "path"), PLACES, ids=lambda part: part if isinstance(part, str) else None)
@settings(max_examples=25, deadline=None)
@given(value=ANYTHING)
def test_anything_in_the_place_of_any_text(type_: str, path: tuple[str | int, ...], value: object) -> None:
    event = said(type_)
    put(event, path, value)
    storable(judged(event))


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(["id", "type", "data", "subject", "time", "x"]) | st.text(), ANYTHING))
def test_any_object(value: dict[str, object]) -> None:
    storable(judged(value))
    storable(judged({**said("crime.changed"), **value}))


@settings(max_examples=300, deadline=None)
@given(ANYTHING)
def test_any_value_through_a_body(value: object) -> None:
    raw = json.dumps([value, said("crime.changed")], ensure_ascii=True).encode()
    lines = read(BATCH, raw)
    if isinstance(lines, BodyProblem):
        assert lines.status == 400
        assert b"NaN" in raw or b"Infinity" in raw  # Python writes them; they are not JSON
    else:
        assert isinstance(judged(lines[0].value), Refusal)
        assert isinstance(judged(lines[1].value), Event)


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet='[]{}",:\\u0d8tfn1e-. \n').map(str.encode))
def test_any_bytes(raw: bytes) -> None:
    for content_type in (BATCH, LINES):
        for encoding in (None, "gzip"):
            lines = read(content_type, raw, encoding)
            if isinstance(lines, BodyProblem):
                lines.detail.encode()
            else:
                for line in lines:
                    storable(judged(line.value))


@pytest.mark.parametrize(
    ("type_", "path"),
    [
        ("victim.changed", ("data", "name")),
        ("victim.changed", ("data", "safe_contact", "note")),
        ("update.published", ("data", "text", "en")),
        ("crime.changed", ("data", "place")),
        ("officer.changed", ("subject",)),
        ("crime.changed", ("id",)),
    ],
)
def test_naughty_strings_are_words_like_any_other(type_: str, path: tuple[str, ...]) -> None:
    """A name is as the person writes it: nothing is refused for how it looks, only for its length."""
    longest = {"name": 200, "note": 500, "en": 4_000, "place": 120, "subject": 64, "id": 128}[path[-1]]
    for text in words():
        event = said(type_)
        put(event, path, text)
        verdict = judged(event)
        storable(verdict)
        if 0 < len(text.strip()) <= longest:
            assert isinstance(verdict, Event), repr(text)


def test_naughty_strings_in_every_text() -> None:
    for type_, path in PLACES:
        for text in words():
            event = said(type_)
            put(event, path, text)
            storable(judged(event))


SMUGGLED = [{"s": "SECRET"}, ["SECRET"], {"s": [{"t": "SECRET"}]}, [[["SECRET"]]], {"SECRET": None}]


@pytest.mark.parametrize(("type_", "path"), PLACES, ids=lambda part: part if isinstance(part, str) else None)
def test_nothing_that_we_must_not_hold_is_held(type_: str, path: tuple[str | int, ...]) -> None:
    for smuggled in SMUGGLED:
        event = said(type_)
        put(event, path, smuggled)
        verdict = judged(event)
        assert isinstance(verdict, Refusal)
        assert "SECRET" not in repr(verdict)
        beside: Any = said(type_)
        held = beside
        for step in path[:-1]:
            held = held[step]
        if isinstance(held, dict):
            held["stranger"] = smuggled
            verdict = judged(beside)
            assert isinstance(verdict, Refusal)
            assert verdict.problem.type == "unknown-field"
            assert "SECRET" not in repr(verdict)


def test_a_name_that_comes_twice_is_refused_in_its_event_only() -> None:
    """Which of two flags would count? Neither is taken: the last one could turn a protection off."""
    twice = json.dumps(said("crime.changed"))[:-2] + ', "flags": []}}'
    good = json.dumps(said("crime.changed"))
    first, second = (judged(line.value) for line in read_body(BATCH, None, f"[{twice}, {good}]".encode()))
    assert isinstance(first, Refusal)
    assert (first.problem.type, first.problem.pointer, first.id) == ("invalid-data", "/data/flags", "e-1")
    assert isinstance(second, Event)


def test_a_number_too_large_to_read_is_refused_in_its_event_only() -> None:
    for number in ("9" * 5_000, "1e999", "-1E+400", "0." + "1" * 5_000):
        lines = read_body(LINES, None, f'{{"id": "e-1", "data": {{"n": {number}}}}}\n{{}}'.encode())
        found = judged(lines[0].value)
        assert isinstance(found, Refusal)
        assert (found.problem.pointer, found.id) == ("/data/n", "e-1")


def test_addresses_that_take_long_to_refuse_are_refused_at_once() -> None:
    for email in ("a." * 120 + "@", "a@" + "a-" * 120, "a@" + "a." * 120 + "1", string.printable * 2):
        assert isinstance(judged(said("victim.changed", {"email": email})), Refusal)


def test_every_text_of_every_type_is_a_place_here() -> None:
    assert len(PLACES) > 9 * 7 + len(DATA)
