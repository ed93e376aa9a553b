"""The face of the wording: whatever the feed can say has words in both languages, and wrong use says so."""

import re
from pathlib import Path

import pytest

from trackmycrime.cases.vocabulary import PUBLIC_STAGES
from trackmycrime.feed.contract.vocabulary import (
    CATEGORIES,
    CRIME_WITHDRAWALS,
    MILESTONES,
    OUTCOMES,
    STAGES,
    UPDATE_WITHDRAWALS,
)
from trackmycrime.publish.wording import (
    LANGUAGES,
    WordingError,
    both,
    entry_words,
    offence,
    stage,
    text,
    withdrawn_case,
)
from trackmycrime.publish.wording.catalogue import load, placeholders

SOURCE = Path(__file__).resolve().parents[2] / "src" / "trackmycrime"
SILENT_UPDATE_WITHDRAWALS = {"wrong_case", "safety"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("milestone", MILESTONES)
def test_every_milestone_has_words(milestone: str, language: str) -> None:
    words = entry_words(milestone, None, language, unit="Burglary Team", officer="DC Rees")
    assert all((words.title, *words.paragraphs()))
    assert len(words.paragraphs()) == 5
    assert "{" not in words.title + "".join(words.paragraphs())


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("milestone", ["no_further_action", "closed"])
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_every_outcome_decides_what_an_ended_case_says(outcome: str, milestone: str, language: str) -> None:
    words = entry_words(milestone, outcome, language, unit=None)
    assert all((words.title, *words.paragraphs()))
    assert words != entry_words(milestone, None, language, unit=None)


def test_the_vocabulary_has_no_words_too_many() -> None:
    english = load("en")
    assert {key.split(".")[1] for key in english if key.startswith("milestone.")} == set(MILESTONES)
    assert {key.split(".")[1] for key in english if key.startswith("outcome.")} == set(OUTCOMES) - {
        "1A",
        "2A",
        "3A",
    }
    assert {key.split(".")[1] for key in english if key.startswith("stage.")} == set(STAGES)
    public = [key.split(".")[1] for key in english if key.startswith("public_stage.")]
    assert sorted(public) == sorted(PUBLIC_STAGES)
    assert {key.split(".")[1] for key in english if key.startswith("offence.")} == set(CATEGORIES)


@pytest.mark.parametrize("outcome", ["1", "2", "3"])
def test_an_alternate_offence_reads_like_its_outcome(outcome: str) -> None:
    alternate = entry_words("closed", f"{outcome}A", "en", unit=None)
    assert alternate == entry_words("closed", outcome, "en", unit=None)


def test_an_outcome_changes_no_other_milestone() -> None:
    assert entry_words("suspect_charged", "1", "en", unit=None) == entry_words(
        "suspect_charged", None, "en", unit=None
    )


@pytest.mark.parametrize(("language", "stand_in"), [("en", "the police team"), ("cy", "y tîm heddlu")])
def test_a_missing_unit_or_officer_has_a_stand_in(language: str, stand_in: str) -> None:
    assert stand_in in entry_words("recorded", None, language, unit=None).ask
    assert stand_in in entry_words("recorded", "", language, unit="").ask
    assert stand_in in entry_words("officer_assigned", None, language, unit=None, officer=None).happened


def test_an_officer_not_known_is_shown_as_the_unit() -> None:
    assert (
        "the Burglary Team" in entry_words("officer_assigned", None, "en", unit="the Burglary Team").happened
    )


def test_a_name_never_begins_a_sentence_so_that_its_small_letter_is_right() -> None:
    for language in LANGUAGES:
        for key, value in load(language).items():
            for part in (value,) if isinstance(value, str) else value:
                for name in ("{unit}", "{officer}"):
                    before = part.partition(name)[0].rstrip(" ")
                    assert name not in part or (before and before[-1] not in ".!?\n"), key


def test_a_value_is_never_read_as_a_template() -> None:
    assert "{officer}{0}" in entry_words("recorded", None, "en", unit="{officer}{0}").ask


@pytest.mark.parametrize("language", LANGUAGES)
def test_stages_offences_and_withdrawn_cases_have_words(language: str) -> None:
    for name in STAGES:
        assert stage(name, language).label
        assert stage(name, language).sentence.endswith(".")
    assert len({offence(category, language) for category in CATEGORIES}) == len(CATEGORIES)
    for reason in set(CRIME_WITHDRAWALS) - {"withheld"}:
        notice = withdrawn_case(reason, language, unit=None)
        assert notice.title
        assert len(notice.paragraphs) >= 2
    for reason in set(UPDATE_WITHDRAWALS) - SILENT_UPDATE_WITHDRAWALS:
        assert text(f"update.withdrawn.{reason}", language)


def test_what_must_vanish_has_no_words() -> None:
    with pytest.raises(WordingError):
        withdrawn_case("withheld", "en", unit=None)
    for reason in SILENT_UPDATE_WITHDRAWALS:
        with pytest.raises(WordingError):
            text(f"update.withdrawn.{reason}", "en")


def test_wrong_use_names_what_is_wrong() -> None:
    with pytest.raises(WordingError, match=r"no text at 'alert\.nothing'"):
        text("alert.nothing", "en")
    with pytest.raises(WordingError, match="needs a value for link"):
        text("invitation.email_body", "en")
    with pytest.raises(WordingError, match="'de'"):
        text("page.sign_in", "de")
    with pytest.raises(WordingError, match="paragraphs"):
        text("withdrawn.merged.paragraphs", "en")
    with pytest.raises(WordingError, match="'suspect_named'"):
        entry_words("suspect_named", None, "en", unit=None)
    with pytest.raises(WordingError, match="'23'"):
        entry_words("closed", "23", "en", unit=None)


def test_every_task_that_the_service_opens_has_words() -> None:
    opened = re.compile(
        r"""(?:\bNeed\(|\b_task\(|\bneed\(|\btask=|TELL_YOURSELF = |NOT_REACHED = |SPEAK, OVERDUE = )\s*"([a-z_]+)\""""
    )
    kinds = {
        kind for path in SOURCE.rglob("*.py") for kind in opened.findall(path.read_text(encoding="utf-8"))
    }
    assert {"tell_yourself", "invite_in_person", "speak_before_release"} <= kinds
    assert [kind for kind in sorted(kinds) if f"task.{kind}.title" not in load("en")] == []


def test_both_is_welsh_first_and_a_subject_stays_one_line() -> None:
    assert both("alert.email_subject") == "Mae gennych ddiweddariad / You have an update"
    body = both("alert.email_body", address="trackmycrime.example.org")
    assert body.index(text("alert.email_body", "cy", address="trackmycrime.example.org")) == 0
    assert body.endswith(text("alert.email_body", "en", address="trackmycrime.example.org"))


def test_only_agreed_placeholders_are_used() -> None:
    allowed = {"unit", "officer", "next_update", "address", "link", "code", "minutes", "min", "max", "date"}
    allowed |= {"court", "when", "type", "weeks", "day", "until", "item", "place", "reference"}
    of_checks = {"found", "known", "count", "most"}
    for key, value in load("en").items():
        for part in (value,) if isinstance(value, str) else value:
            assert placeholders(part) <= (of_checks if key.startswith("check.") else allowed), key
            if key.startswith("alert."):
                assert placeholders(part) <= {"address"}, key
            assert "officer" not in placeholders(part) or key.startswith("milestone.officer_assigned."), key


@pytest.mark.parametrize("break_it", ["blank", "twin", "placeholder", "twice"])
def test_a_wrong_word_file_is_refused_at_once(
    break_it: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {"en": '[a]\nb = "Ask {unit}"\nc = "Hello"\n', "cy": '[a]\nb = "Staff {unit}"\nc = "Helo"\n'}
    wrong = {
        "blank": ("en", '[a]\nb = "Ask {unit}"\nc = " "\n'),
        "twin": ("cy", '[a]\nb = "Staff {unit}"\n'),
        "placeholder": ("cy", '[a]\nb = "Staff {team}"\nc = "Helo"\n'),
    }
    for language, content in {**files, **dict([wrong[break_it]] if break_it in wrong else [])}.items():
        (tmp_path / language).mkdir()
        (tmp_path / language / "a.toml").write_text(content)
    if break_it == "twice":
        (tmp_path / "en" / "b.toml").write_text('[a]\nc = "Hello again"\n')
    monkeypatch.setattr("trackmycrime.publish.wording.catalogue.FOLDER", tmp_path)
    load.cache_clear()
    try:
        with pytest.raises(WordingError, match=r"a\.[bc] "):
            load("en")
    finally:
        load.cache_clear()
