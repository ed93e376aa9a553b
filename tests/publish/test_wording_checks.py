"""What a force may put in place of the built-in words: whatever passes says nothing, and leaks nothing."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trackmycrime.publish.wording import LANGUAGES, Own, Template, piece, pieces
from trackmycrime.publish.wording.catalogue import Language, fill
from trackmycrime.publish.wording.checks import Problem, check, cleaned

FORCE = ("Avon and Somerset Police", "Heddlu Avon a Gwlad yr Haf")
GOOD = {
    "alert.email": Template("There is news for you", "Go to {address} when you can.\n\nIn danger? Call 999."),
    "alert.text": Template(None, "You have news. Sign in to read it. In danger? Call 999."),
    "alert.push": Template("News for you", "Sign in when you can to read it."),
    "alert.disguise.email": Template("A note for you", "Hello,\n\nThere is a note in your account."),
    "alert.disguise.text": Template(None, "There is a note in your account."),
    "invitation.email": Template(
        "Follow your case", "Use this link:\n\n{link}\n\nIt works for 72 hours. In danger? Call 999."
    ),
    "invitation.text": Template(None, "Type this code: {code}. It works for 72 hours."),
    "code.text": Template(None, "Your code is {code}. Type it on the page."),
}


def problems(key: str, *, language: Language = "en", **changed: str) -> list[Problem]:
    """What is wrong with good words after this change, in a force that writes English only."""
    wanted = GOOD[key]._replace(**changed)
    return check(piece(key), {language: wanted}, {language: wanted}, force_names=FORCE)


def codes(key: str, **changed: Any) -> set[tuple[str, str]]:
    return {(one.field, one.code) for one in problems(key, **changed)}


@pytest.mark.parametrize("key", pieces())
def test_the_built_in_words_pass_their_own_checks(key: str) -> None:
    one = piece(key)
    stand = {language: one.built_in(language) for language in LANGUAGES}
    assert check(one, stand, stand, force_names=FORCE) == []


@pytest.mark.parametrize("key", GOOD)
def test_good_words_pass(key: str) -> None:
    assert problems(key) == []


def test_all_that_leaves_the_machine_may_be_changed() -> None:
    assert {"alert.email", "alert.text", "alert.push", "alert.disguise.email", "alert.collapsed.text"} < set(
        pieces()
    )
    assert {
        "alert.reply.email",
        "alert.no_news.disguise.push",
        "invitation.last_reminder.text",
        "code.text",
    } < set(pieces())
    assert not any(key.startswith(("milestone", "task", "page", "error")) for key in pieces())


@pytest.mark.parametrize(
    ("key", "body", "code"),
    [
        ("alert.email", "", "empty"),
        ("alert.email", "Your {name} is here. Call 999.", "braces"),
        ("alert.email", "Go to {address.__class__}. Call 999.", "braces"),
        ("alert.email", "Go to {address!r}. Call 999.", "braces"),
        ("alert.email", "Go to {address:>90}. Call 999.", "braces"),
        ("alert.email", "Go to {0}. Call 999.", "braces"),
        ("alert.email", "Go to {}. Call 999.", "braces"),
        ("alert.email", "Go to {{address}}. Call 999.", "braces"),
        ("alert.email", "Go to { address }. Call 999.", "braces"),
        ("alert.text", "Go to {address}. Call 999.", "no_braces"),
        ("alert.disguise.text", "Go to {address}.", "no_braces"),
        ("alert.text", "Call 999 {", "no_braces"),
        ("invitation.text", "It works for 72 hours.", "missing"),
        ("invitation.email", "Use it for 72 hours. Call 999.", "missing"),
        ("code.text", "Your code is {code}. Again: {code}.", "twice"),
        ("alert.text", "Go to https://bank.example/now. Call 999.", "link"),
        ("alert.text", "Go to trackmycrime.example. Call 999.", "link"),
        ("alert.email", "Write to help@police.example. Call 999.", "link"),
        ("alert.text", "There is news on your burglary. Call 999.", "telling"),
        ("alert.text", "A suspect was arrested. Call 999.", "telling"),
        ("alert.text", "Dear victim, you have news. Call 999.", "telling"),
        ("alert.text", "There is news on your case. Call 999.", "telling"),
        ("alert.text", "There is news on 52/12345/26. Call 999.", "telling"),
        ("invitation.text", "See the news on your burglary: {code}, for 72 hours.", "telling"),
        ("alert.text", "Mr Jones has news for you. Call 999.", "name"),
        ("alert.text", "Ask DC Rees for news. Call 999.", "name"),
        ("alert.disguise.text", "Police have a note for you.", "disguise"),
        ("alert.disguise.text", "TrackMyCrime has a note for you.", "disguise"),
        ("alert.disguise.text", "A note from Avon and Somerset is here.", "disguise"),
        ("code.text", "Your police code is {code}.", "disguise"),
        ("alert.text", "You have news. Sign in to read it.", "number"),
        ("invitation.text", "Type this code: {code}.", "number"),
        ("alert.text", "You have news.\nCall 999.", "lines"),
        ("alert.text", "You have news.\u200b Call 999.", "hidden"),
        ("alert.text", "You have news.\u202e Call 999.", "hidden"),
        ("alert.text", "You have news.\x07 Call 999.", "hidden"),
        ("alert.text", "You havenâ€™t seen this. Call 999.", "broken"),
        ("alert.text", "You have \ufffd news. Call 999.", "broken"),
        ("alert.email", "You have <b>news</b>. Call 999.", "markup"),
        ("alert.text", "News for you. Call 999. " + "We can talk. " * 25, "parts"),
        ("alert.text", "News for you. Call 999. ŵ " + "We can talk. " * 10, "parts_of_letters"),
        ("alert.email", "News. Call 999. " * 150, "long"),
        ("alert.email", "Mae gennych newyddion. Mae yn eich cyfrif. Nid oes brys. Call 999.", "not_en"),
        (
            "alert.email",
            "Notification concerning administrative modifications is accessible electronically."
            " Communications regarding emergencies necessitate telephoning 999 immediately.",
            "hard",
        ),
    ],
)
def test_what_is_wrong_is_said_in_its_field(key: str, body: str, code: str) -> None:
    found = [one for one in problems(key, body=body) if (one.field, one.code) == ("body", code)]
    assert found, problems(key, body=body)
    for language in LANGUAGES:
        assert len(found[0].words(language)) > 20


@pytest.mark.parametrize(
    ("heading", "code"),
    [
        ("", "empty"),
        ("News\nBcc: x", "lines"),
        ("News on your burglary", "telling"),
        ("News at {link}", "braces"),
        ("News " * 20, "long"),
    ],
)
def test_a_subject_is_one_short_line_that_says_nothing(heading: str, code: str) -> None:
    assert ("heading", code) in codes("alert.email", heading=heading)


def test_text_relay_may_be_named() -> None:
    assert (
        codes(
            "alert.email",
            body="If you are deaf or hard of hearing, use text relay on 18000. In danger? Call 999.",
        )
        == set()
    )


def test_letters_of_welsh_that_make_a_text_dear_are_named() -> None:
    body = "Mae gennych newyddion, dŵr a thân. " * 4 + "Ffoniwch 999."
    found = problems("alert.text", language="cy", body=body)
    assert [(one.code, one.values["found"]) for one in found] == [("parts_of_letters", "ŵâ")]


def test_a_long_welsh_sentence_is_to_be_split() -> None:
    body = "Mae " + "gair yn " * 14 + "eich cyfrif. Ffoniwch 999."
    found = problems("alert.email", language="cy", heading="Newyddion", body=body)
    assert [one.code for one in found] == ["sentence"]


def test_a_force_that_writes_welsh_must_not_send_the_english_twice() -> None:
    both: dict[Language, Template] = dict.fromkeys(LANGUAGES, Template("TrackMyCrime", "Newyddion / News"))
    assert [(one.field, one.code) for one in check(piece("alert.push"), both, both)] == [("body", "same")]


def test_both_languages_in_one_text_have_a_limit_too() -> None:
    one = piece("alert.text")
    stand: dict[Language, Template] = {
        "cy": Template(None, "Mae gennych newyddion ŵ. " + "Mae yn eich cyfrif. " * 4 + "Ffoniwch 999."),
        "en": Template(None, "You have news. Call 999. " + "Sign in to read it. " * 10),
    }
    assert [found.code for found in check(one, {"cy": stand["cy"]}, stand)] == ["together"]


def test_what_is_typed_on_windows_is_kept_in_one_spelling() -> None:
    assert cleaned("  Hello, \r\n\r\nyou.\r") == "Hello,\n\nyou."
    assert cleaned("dw\u0302r") == "dŵr"


# ------------------------------------------------- nothing personal can come out


class Canary:
    """A value that gives itself away however it is looked into."""

    secret = "CANARY-ATTRIBUTE"

    def __getitem__(self, _: object) -> str:
        return "CANARY-ITEM"

    def __format__(self, _: str) -> str:
        return "CANARY-FORMAT"

    def __repr__(self) -> str:
        return "CANARY-REPR"

    def __str__(self) -> str:
        return "its-plain-value"


SECRET = {
    "name": "CANARY Rhian Pritchard",
    "reference": "CANARY 52/12345/26",
    "mobile": "CANARY +447700900123",
    "text": "CANARY",
    "self": "CANARY",
}
BITS = st.sampled_from(
    [
        *(
            "You have news.",
            "Call 999.",
            "It works for 72 hours.",
            "Sign in to read it.",
            " ",
            "\n\n",
            "Hello,",
        ),
        *(
            "{address}",
            "{code}",
            "{link}",
            "{unit}",
            "{officer}",
            "{name}",
            "{reference}",
            "{mobile}",
            "{self}",
        ),
        *(
            "{code.secret}",
            "{code[x]}",
            "{code!r}",
            "{code!s}",
            "{code:x}",
            "{address.__class__}",
            "{0}",
            "{}",
        ),
        *(
            "{{code}}",
            "{{",
            "}}",
            "{",
            "}",
            "{code",
            "code}",
            "{ code }",
            "{co{code}de}",
            "%(code)s",
            "%s",
            "$code",
        ),
        *("${code}", "{{ code }}", "{% code %}", "{text}", "{Code}", "{code }"),
    ]
)
WORDS = st.lists(BITS, min_size=1, max_size=8).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(key=st.sampled_from(sorted(GOOD)), heading=WORDS, body=WORDS | st.text(max_size=60))
def test_whatever_passes_the_checks_gives_out_what_is_allowed_and_nothing_else(
    key: str, heading: str, body: str
) -> None:
    one = piece(key)
    wanted = Template(cleaned(heading) if GOOD[key].heading is not None else None, cleaned(body) or "")
    if check(one, {"en": wanted}, {"en": wanted}, force_names=FORCE):
        return
    given_ = dict.fromkeys(one.placeholders(), Canary())
    for part in wanted:
        if part is None:
            continue
        said = fill(part, key, "en", SECRET | given_)
        assert "CANARY" not in said
        expected = part
        for name in one.placeholders():
            expected = expected.replace(f"{{{name}}}", "its-plain-value")
        assert said == expected


@settings(max_examples=200, deadline=None)
@given(body=WORDS | st.text(max_size=60), value=WORDS)
def test_even_what_never_passed_a_check_gives_nothing_out(body: str, value: str) -> None:
    """Words that came into the table by another way, and values that look like templates themselves."""
    own = Own({("alert.email", "en"): (3, Template("News", body))})
    version, template = own.template("alert.email", "en")
    said = fill(template.body, "alert.email", "en", {**SECRET, "address": Canary(), "unit": value})
    assert "CANARY" not in said
    assert version == 3 or template == piece("alert.email").built_in("en")


def test_a_value_is_never_read_as_a_template() -> None:
    assert fill("{a} {b}", "x", "en", {"a": "{b}", "b": "{a}"}) == "{b} {a}"
