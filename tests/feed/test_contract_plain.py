"""The quick way of reading an event says the same as the thorough one, or says nothing."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.feed.said import KEY, NOW, said
from tests.feed.test_contract_hostile import ANYTHING
from tests.support.hostile import words
from trackmycrime.feed.contract import MODELS, BodyProblem, Event, Line, canonical, judge
from trackmycrime.feed.contract.body import _json
from trackmycrime.feed.contract.plain import read_plain
from trackmycrime.feed.contract.tidy import DEPTH, LONGEST, tidy

TEXTS = [
    r'"a"',
    '"a b"',
    '"é ŵ"',
    r'"a\nb"',
    r'"say \"so\""',
    r'"a\\b"',
    '"}{][:,"',
    '": "',
    '" a"',
    '"a "',
    '""',
    '" "',
]
TEXTS += [
    r'"\n"',
    r'"\na"',
    r'"a\t"',
    r'"\u0000"',
    r'"\u0061"',
    r'"\ud83d\ude00"',
    r'"\ud800"',
    r'"\/"',
    '"\u00a0a"',
    '"a\u3000"',
]
TEXTS += ['"\u2028"', '"a\x7f"', '"\x85a"', '"\ufeff"', '"\x1f"']
OTHERS = [
    "null",
    "true",
    "false",
    "0",
    "-0",
    "7",
    "1.0",
    "0.10",
    "1e5",
    "1E400",
    "-1e-400",
    "123456789012345678901",
]
OTHERS += ["18446744073709551616", "9" * 41, "1." + "0" * 41, "NaN", "-Infinity", "01", "tru", ""]
SPACES = st.sampled_from(["", "", "", " ", "  ", "\t", "\r"])
NAMES = st.sampled_from(['"a"', '"a"', '"b"', '"data"', '" a"', r'"\u0061"', '""', '"é"', r'"\n"'])


def _items(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(st.tuples(SPACES, inner, SPACES).map("".join), max_size=4).map(",".join)


def _members(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return _items(st.tuples(NAMES, SPACES, st.just(":"), SPACES, inner).map("".join)).map("{{{}}}".format)


WRITTEN = _members(
    st.recursive(
        st.sampled_from(TEXTS)
        | st.sampled_from(TEXTS[:7])
        | st.sampled_from(OTHERS)
        | st.text().map(json.dumps),
        lambda inner: _items(inner).map("[{}]".format) | _members(inner),
        max_leaves=8,
    )
)


def agrees(text: str) -> bool:
    """Whether the quick way read this text; then as the thorough one does, to the last sign."""
    quick = read_plain(text)
    if quick is None:
        return False
    value, spelt = quick
    thorough = _json(text)
    assert tidy(thorough) is thorough
    assert repr(value) == repr(thorough)
    assert spelt == canonical(thorough)
    assert read_plain(spelt.decode()) is not None
    return True


@settings(max_examples=3000, deadline=None)
@given(WRITTEN)
def test_however_an_object_is_written(text: str) -> None:
    agrees(text)


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet='[]{}",:\\u0d8tfn1e-. \n') | ANYTHING.map(json.dumps))
def test_any_text(text: str) -> None:
    agrees(text)


@settings(max_examples=300, deadline=None)
@given(value=ANYTHING, ascii_=st.booleans(), type_=st.sampled_from(sorted(MODELS)))
def test_an_event_is_judged_alike_on_both_ways(value: object, ascii_: bool, type_: str) -> None:
    for event in (
        {**said(type_), "data": value},
        {**said(type_), "subject": value},
        {**said(type_), "x": {"y": value}},
    ):
        text = json.dumps(event, ensure_ascii=ascii_)
        try:
            thorough = Line(0, _json(text))
        except BodyProblem:
            assert read_plain(text) is None
            continue
        if agrees(text):
            quick = Line(0, *(read_plain(text) or ()))
            say = {"now": NOW, "allowed_types": None, "digest_key": KEY}
            assert judge(quick, **say) == judge(thorough, **say)  # type: ignore[arg-type]


@pytest.mark.parametrize("word", words())
def test_naughty_strings(word: str) -> None:
    for ascii_ in (True, False):
        agrees(json.dumps({"a": word, word: "a"}, ensure_ascii=ascii_))


@pytest.mark.parametrize("type_", MODELS)
def test_what_is_usual_is_read_the_quick_way(type_: str) -> None:
    event = tidy(said(type_))
    for spelt in (
        json.dumps(event, separators=(",", ":"), ensure_ascii=False),
        json.dumps(event, ensure_ascii=False),
    ):
        assert agrees(spelt)
        line = Line(0, *(read_plain(spelt) or ()))
        assert isinstance(judge(line, now=NOW, allowed_types=None, digest_key=KEY), Event)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":"x","a":"x"}',
        '{"a":{"b":"x","b":"y z"}}',
        r'{"a":"x","\u0061":"y"}',
        '{"a":1}',
        '{"a":["x",1.5]}',
        '{"a":123456789012345678901}',
        '{"a":NaN}',
        r'{"a":"\u0000"}',
        r'{"a":"\ud800"}',
        '{"a":""}',
        '{"a":["x "]}',
        '{"a":"\u2003x"}',
        '{"a":' * DEPTH + "{}" + "}" * DEPTH,
        f'{{"a":"{"x" * LONGEST}"}}',
        '["a"]',
        '"a"',
        "null",
    ],
)
def test_what_wants_a_closer_look_is_left_to_it(text: str) -> None:
    assert read_plain(text) is None


def test_as_deep_as_anything_may_be_is_plain() -> None:
    assert agrees('{"a":' * (DEPTH - 1) + "{}" + "}" * (DEPTH - 1))
