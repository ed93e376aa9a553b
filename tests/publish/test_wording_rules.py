"""What the words may never do: hint at a person, blame, promise, or give a case away in an alert."""

import re
from collections import Counter
from collections.abc import Iterator

import pytest
import textstat

from trackmycrime.feed.contract.vocabulary import MILESTONES, OUTCOMES
from trackmycrime.publish.wording import LANGUAGES, entry_words, names_review, offence, review_reason
from trackmycrime.publish.wording.catalogue import load
from trackmycrime.publish.wording.entries import FIELDS, TOLD_BY_OUTCOME

VALUES = {
    "unit": "the Burglary Team",
    "officer": "DC Rees",
    "next_update": "26 November 2026",
    "address": "trackmycrime.example.org",
    "link": "https://trackmycrime.example.org/join/x",
    "code": "ABCD-2345",
    "minutes": 5,
    "min": 12,
    "max": 4000,
    "date": "26 November 2026",
    "court": "Bristol Crown Court",
    "when": "Thursday 26 November 2026, 10.00am",
    "type": "Trial",
    "weeks": 3,
    "day": "Monday 23 November 2026",
    "reference": "52/26/00123",
    "item": "Blue bicycle",
    "place": "Bridewell Police Station",
    "found": "soon",
    "known": "code",
    "count": 3,
    "most": 2,
    "until": "12 December 2026",
}
FOR_OFFICERS = ("task.", "check.")


def _texts(language: str) -> Iterator[tuple[str, str]]:
    for key, value in load(language).items():
        for part in (value,) if isinstance(value, str) else value:
            yield key, part.format_map(VALUES)


def _for_victims(language: str) -> Iterator[tuple[str, str]]:
    return ((key, part) for key, part in _texts(language) if not key.startswith(FOR_OFFICERS))


def _entries() -> Iterator[tuple[str, str | None]]:
    for milestone in MILESTONES:
        yield milestone, None
    for milestone in sorted(TOLD_BY_OUTCOME):
        for outcome in OUTCOMES:
            yield milestone, outcome


# The house's table of words not to write (README of the wording); in the table's order.
NOT_IN_ENGLISH = (
    r"unfortunately|regret\w*|alleg\w+|claim\w*|complainant\w*|offenders?|perpetrator\w*|attacker\w*"
    r"|he|she|him|her|his|hers|man|woman|boy|girl|NFA|outcome \d+|RUI|OIC|disposals?|withdr[ae]w|withdrawing"
    r"|refus\w+|fail\w*|cooperat\w+|insufficient|not proven|closure|move on|only|just|minor|guarantee\w*"
    r"|always|soon|click|log ?in|should have"
)
# Of somebody unknown Welsh can say «ef/fo/hi» and inflect its prepositions by sex: neither in a case's words.
NOT_OF_A_PERSON_IN_WELSH = (
    r"yn anffodus|troseddwr|honedig|honni\w*|achwynydd|fo|dyn|menyw|dynes|bachgen|merch|drwgdybi\w*"
    r"|ganddo|ganddi|arno|arni|iddo|iddi|wrtho|wrthi|ohono|ohoni|ato|ati|ef|hi|byth|yn unig|dylech fod wedi"
)


def test_no_english_text_uses_a_word_from_the_table() -> None:
    banned = re.compile(rf"\b(?:{NOT_IN_ENGLISH})\b", re.IGNORECASE)
    found = [(key, match[0]) for key, words in _for_victims("en") if (match := banned.search(words))]
    # Police take an update back, in the contract's words; no victim «withdraws» anything.
    assert [hit for hit in found if not hit[0].startswith("update.withdrawn.")] == []


def test_no_welsh_text_of_a_case_gives_a_person_a_sex_or_blames() -> None:
    banned = re.compile(rf"\b(?:{NOT_OF_A_PERSON_IN_WELSH})\b", re.IGNORECASE)
    case = ("milestone.", "outcome.", "stage.", "withdrawn.")
    found = [
        (key, match[0])
        for key, words in _for_victims("cy")
        if (match := banned.search(words)) and key.startswith(case)
    ]
    assert found == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("field", FIELDS)
def test_no_two_entries_say_the_same(field: str, language: str) -> None:
    counted = Counter(
        value
        for key, value in _texts(language)
        if key.split(".")[0] in ("milestone", "outcome") and key.endswith(f".{field}")
    )
    assert [value for value, times in counted.items() if times > 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_alerts_or_tasks_are_taken_for_each_other(language: str) -> None:
    """But a push is headed by whom it is from, and a button says what was done: what it is about stands beside."""
    for kind in ("alert", "invitation", "task", "withdrawn", "error"):
        counted = Counter(
            value
            for key, value in _texts(language)
            if key.startswith(f"{kind}.") and not key.endswith((".push_title", ".done"))
        )
        assert [value for value, times in counted.items() if times > 1] == []


@pytest.mark.parametrize(("milestone", "outcome"), list(_entries()))
def test_the_right_to_review_is_named_exactly_where_it_applies(milestone: str, outcome: str | None) -> None:
    english = " ".join(entry_words(milestone, outcome, "en", unit=None).paragraphs())
    welsh = " ".join(entry_words(milestone, outcome, "cy", unit=None).paragraphs())
    named = names_review(outcome, milestone)
    assert ("Victims' Right to Review" in english) is named
    assert ("Hawl Dioddefwyr i Adolygiad" in welsh) is named
    assert bool(re.search(r"review", english, re.IGNORECASE)) is named
    assert bool(re.search(r"adolyg", welsh, re.IGNORECASE)) is named
    if named:
        assert re.search(r"\bmay\b|\bset out how\b|\bif\b", english)
        assert re.search(r"\b[Ee]fallai\b", welsh)
    assert review_reason(outcome, milestone).endswith(".")


def test_the_right_to_review_applies_where_somebody_chose_not_to_charge() -> None:
    assert {o for o in OUTCOMES if names_review(o, "closed")} == {"9", "10", "15", "21"}
    assert {m for m in MILESTONES if names_review(None, m)} == {
        "released_no_action",
        "prosecutor_decided_no_charge",
        "prosecution_stopped",
    }


@pytest.mark.parametrize("outcome", ["14", "16"])
def test_a_victim_who_does_not_go_on_is_not_blamed(outcome: str) -> None:
    words = " ".join(entry_words("closed", outcome, "en", unit=None).paragraphs())
    assert "your choice" in words or "up to you" in words
    assert "not a free choice" in words or "put pressure on you" in words  # the wish may have been forced
    assert not re.search(
        r"\bsupport(ed)? (the|this|an) (investigation|prosecution)|\bwitness|\bevidence", words
    )


@pytest.mark.parametrize("outcome", ["5", "11", "12", "13"])
def test_the_reason_that_points_at_a_person_is_not_given(outcome: str) -> None:
    words = " ".join(entry_words("closed", outcome, "en", unit=None).paragraphs())
    assert not re.search(
        r"\b(die[ds]?|dead|death|ill|illness|health|age|young|child|old|sick|unfit)\b", words, re.I
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_alert_says_nothing(language: str) -> None:
    telling = [offence(category, language) for category in ("burglary", "fraud", "robbery", "bicycle-theft")]
    for key, words in _texts(language):
        if not key.startswith(("alert.", "code.")):
            continue
        assert not re.search(r"https?://|www\.|\{link\}", words), key
        if key.rpartition(".")[2] != "email_body":
            assert VALUES["address"] not in words, key
        assert VALUES["code"] not in words or key in ("code.text", "code.email_body"), key
        assert not re.search(
            r"\b(crime|case|victim|suspect|arrest\w*|court|charge\w*|trosedd|achos|dioddefwr|llys|cyhuddiad)\b",
            words,
            re.I,
        ), key
        assert not any(title.lower() in words.lower() for title in telling), key


@pytest.mark.parametrize("language", LANGUAGES)
def test_disguise_and_the_code_do_not_even_say_who_writes(language: str) -> None:
    disguised = [(k, w) for k, w in _texts(language) if ".disguise." in k or k.startswith("code.")]
    assert len(disguised) > 15
    for key, words in disguised:
        assert not re.search(
            r"police|heddlu|TrackMyCrime|officer|swyddog|101|update|diweddariad", words, re.I
        ), key
        assert VALUES["address"] not in words, key


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_invitation_carries_a_link_by_mail_and_a_code_by_text(language: str) -> None:
    texts = dict(_texts(language))
    for stem in ("invitation", "invitation.reminder", "invitation.last_reminder"):
        body, message = texts[f"{stem}.email_body"], texts[f"{stem}.text"]
        assert body.count(VALUES["link"]) == 1
        assert VALUES["code"] not in body
        assert "72" in body
        assert "999" in body
        assert VALUES["link"] not in message
        assert VALUES["address"] not in message
        assert VALUES["code"] in message


def test_a_text_says_where_help_is() -> None:
    for language in LANGUAGES:
        for key, words in _texts(language):
            if (
                key.startswith("alert.")
                and ".disguise." not in key
                and key.endswith((".email_body", ".text"))
            ):
                assert "999" in words, key


def _grade(words: str) -> float:
    return float(textstat.flesch_kincaid_grade(words.replace("TrackMyCrime", "Track My Crime")))


def test_a_text_is_easy_to_read() -> None:
    """Below four words the formula measures one long word, and in one short line it leans that way."""
    hard = []
    for key, words in _for_victims("en"):
        prose = words.replace(str(VALUES["link"]), "").replace(str(VALUES["address"]), "")
        count = len(prose.split())
        if count >= 4 and _grade(prose) > (11.5 if count < 9 else 8.0):
            hard.append((key, _grade(prose)))
    assert hard == []


def test_the_whole_is_easy_to_read() -> None:
    grades = []
    for milestone, outcome in _entries():
        words = entry_words(milestone, outcome, "en", unit="the Burglary Team", officer="DC Rees")
        grades.append(_grade(" ".join(words.paragraphs())))
    assert max(grades) <= 5.0
    assert sum(grades) / len(grades) <= 3.5


def test_welsh_sentences_are_short() -> None:
    """No measure of reading age is made for Welsh; the length of sentences stands in for one."""
    sentences = [(key, s) for key, words in _for_victims("cy") for s in re.split(r"(?<=[.?!])\s+|\n+", words)]
    assert [(key, sentence) for key, sentence in sentences if len(sentence.split()) > 26] == []
