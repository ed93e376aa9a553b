"""The shared templates say the same to everybody, in words, and use only what is there."""

import re
from datetime import date
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.utils import translation

import trackmycrime
from trackmycrime.design import record
from trackmycrime.design.assets import FOLDER
from trackmycrime.publish.shapes import HearingLine, PropertyLine

from . import examples, pages

PACKAGE = Path(trackmycrime.__file__).parent
TEMPLATES = sorted(PACKAGE.glob("*/templates/**/*.html"))
# classes that only scripts look for, and names that a template makes from a value
FOR_SCRIPTS = re.compile(r"govuk-js-|.*--$|.*-$")


def words(html: str) -> str:
    """What is read, without markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html)).strip()


def test_stage_says_its_state_in_words_and_marks_one() -> None:
    html = render_to_string("design/_stage.html", {"stages": examples.STAGES})
    assert "Reported Done, 2 November" in words(html)
    assert "since 3\u00a0November" in html
    assert "Being investigated Now, since 3 November" in words(html)
    assert html.count('aria-current="step"') == 1
    assert html.count("To come") == 3


def test_rail_is_silent_and_its_words_stand_beside_it() -> None:
    html = render_to_string(
        "design/_rail.html",
        {"rail": examples.RAIL, "stage_name": "Being investigated", "number": 2, "count": 5},
    )
    assert words(html) == "Being investigated Stage 2 of 5"
    over = render_to_string(
        "design/_rail.html",
        {"rail": ["done"], "stage_name": "Finished", "number": 1, "count": 5, "closed": True},
    )
    assert words(over) == "Finished"


def test_promise_with_and_without_a_date() -> None:
    html = render_to_string("design/_promise.html", {"promise": examples.PROMISE})
    assert "We will update you by Thursday 26 November" in words(html)
    assert "tmc-leaf" in html
    none = render_to_string("design/_promise.html", {"promise": examples.NO_PROMISE})
    assert "There is no date for the next update yet You can ask your officer for one." in words(none)
    assert "tmc-leaf" not in none


def test_promise_of_a_closed_case_promises_nothing() -> None:
    html = render_to_string(
        "design/_promise.html",
        {
            "promise": examples.PROMISE,
            "closed": True,
            "closing_words": ["No suspect found."],
            "read_until": "1 May",
        },
    )
    assert "update you by" not in html
    assert "No suspect found. You can read this page until 1 May." in words(html)


def test_what_stands_in_a_case_is_text_and_never_markup() -> None:
    bad = '<b>"&'
    contact = examples.Contact(
        officer=bad, unit=bad, phone=bad, hours=bad, away_until=bad, cover=bad, email=bad
    )
    promise = examples.Promise(None, bad, [bad])
    html = (
        render_to_string("design/_officer.html", {"contact": contact})
        + render_to_string("design/_stage.html", {"stages": [examples.StageStep(bad, "now", bad)]})
        + render_to_string("design/_promise.html", {"promise": promise, "link": bad, "link_text": bad})
        + render_to_string(
            "design/_promise.html", {"promise": promise, "closed": True, "closing_words": [bad]}
        )
    )
    assert "<b>" not in html
    assert html.count("&lt;b&gt;&quot;&amp;") == 15


def test_timeline_marks_language_correction_and_withdrawal() -> None:
    html = render_to_string("design/_timeline.html", {"entries": examples.ENTRIES})
    assert '<div lang="cy"><p>Mae gennym ganlyniadau’r marciau ar eich drws cefn.</p></div>' in html
    assert html.count(" lang=") == 1
    assert "You can ask for a translation" in html
    assert "Police changed this update on Friday 13 November." in html
    assert "it was about a different case" in html
    assert html.count(">New<") == 1
    with translation.override("cy"):
        welsh = render_to_string("design/_timeline.html", {"entries": examples.ENTRIES})
    assert "<div><p>Mae gennym" in welsh
    assert '<div lang="en"><p>We are still waiting' in welsh


def test_older_entries_fold_what_is_long_and_newer_ones_do_not() -> None:
    long = ["Happened.", "Means.", "Next.", "Could change.", "Ask."]
    entries = [
        examples.Entry(str(n), f"Step {n}", "1 November", "2026-11-01", "", long, is_new=n == 2)
        for n in range(1, 5)
    ]
    entries.append(examples.Entry("5", "Short", "1 November", "2026-11-01", "", long[:3]))
    html = render_to_string("design/_timeline.html", {"entries": entries})
    folded = re.findall(r"<summary>Read the rest<span[^>]*>: (Step \d|Short)</span>", html)
    assert folded == ["Step 3", "Step 4"]
    assert html.count("Could change.") == 4
    assert html.count("<details") == html.count("</details>")


def test_no_updates_is_said() -> None:
    assert "There is nothing to show yet" in render_to_string("design/_timeline.html", {"entries": []})


def test_emergency_names_every_way() -> None:
    said = words(render_to_string("design/_emergency.html", {"contact": examples.CONTACT}))
    for way in ("not watched day and night", "999", "55", "18000", "101", "Monday to Friday, 8am to 6pm"):
        assert way in said


def test_leaf_is_for_eyes_only_and_speaks_welsh() -> None:
    from django.template import engines

    leaf = engines["django"].from_string("{% load design %}{% leaf day 'late' %}")
    html = leaf.render({"day": date(2026, 11, 26)})
    assert 'class="tmc-leaf tmc-leaf--late" aria-hidden="true"' in html
    assert words(html) == "Thu 26 Nov"
    with translation.override("cy"):
        assert words(leaf.render({"day": date(2026, 11, 26)})) == "Iau 26 Tach"
    assert leaf.render({"day": None}).strip() == ""


def test_messages_say_whose_they_are() -> None:
    html = render_to_string("design/_messages.html", {"messages": examples.MESSAGES})
    assert "You · Friday 20 November, 6.05pm" in words(html)
    assert "DC Amara Okafor · Monday 23 November, 4.52pm" in words(html)
    assert "ring.<br>Is that" in html


def test_the_title_of_a_form_with_errors_says_so() -> None:
    form = examples.ExampleForm(data={})
    form.is_valid()
    assert "<title>Error: Example form – TrackMyCrime</title>" in pages.form_page(form)
    assert "<title>Example form – TrackMyCrime</title>" in pages.form_page(examples.ExampleForm())


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_inline(template: Path) -> None:
    text = template.read_text()
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=\"|<script(?![^>]*\ssrc=)|javascript:", text)
    for address in re.findall(r"(?:src|href)=\"(https?:[^\"]*)\"", text):
        assert "<link" not in text.split(address)[0].rsplit("<", 1)[-1]


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_classes_that_templates_use_are_in_the_css(template: Path) -> None:
    css = "".join(path.read_text() for path in FOLDER.rglob("*.css"))
    known = set(re.findall(r"\.((?:govuk|moj|tmc)-[\w-]+)", css))
    known |= {name.partition("__")[0] for name in known}
    attributes = " ".join(re.findall(r'class="([^"]*)"', template.read_text()))
    used = set(re.findall(r"(?<![\w/-])((?:govuk|moj|tmc)-[\w-]+)", attributes))
    unknown = {name for name in used - known if name.partition("__")[0] not in known}
    assert {name for name in unknown if not FOR_SCRIPTS.match(name)} == set()


def test_what_the_record_says_of_hearings_and_property_is_text_and_never_markup() -> None:
    bad = '<b>"&'
    hearing = HearingLine(None, date(2026, 12, 3), bad, bad, bad, bad, "", bad)
    off = HearingLine(date(2026, 12, 3), date(2026, 12, 3), bad, bad, bad, bad, bad, "")
    item = PropertyLine(bad, bad, True, bad, bad, bad)
    html = record.court_dates([hearing, off]) + record.belongings([item])
    assert "<b>" not in html.replace("<b>Thu</b>", "")
    assert html.count("&lt;b&gt;&quot;&amp;") == 15
    assert record.court_dates([]) == record.belongings([]) == ""
