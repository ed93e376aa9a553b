"""Plain forms become design-system components that say what they are, what is wrong, and where."""

import re
from datetime import date

import pytest
from django.template import engines
from django.utils import translation

from .examples import ExampleForm


@pytest.fixture
def wrong() -> ExampleForm:
    form = ExampleForm(
        data={"email": "no address", "by_day": "26", "by_month": "13", "by_year": "2026", "channel": "x"}
    )
    form.is_valid()
    return form


def tag(html: str, attribute: str) -> str:
    """The one tag that holds this attribute."""
    (found,) = re.findall(rf"<[^>]*{re.escape(attribute)}[^>]*>", html)
    return found


def test_every_kind_gets_its_component() -> None:
    form = ExampleForm()
    html = str(form)
    for name, classes in {
        "email": "govuk-input",
        "message": "govuk-textarea",
        "start": "govuk-select",
        "photo": "govuk-file-upload",
        "agreed": "govuk-checkboxes__input",
    }.items():
        assert f'class="{classes}' in tag(html, f'id="id_{name}"'), name
    assert html.count('class="govuk-radios__input"') == 3
    assert html.count('class="govuk-checkboxes__input"') == 3
    assert [form[name].kind for name in ("channel", "topics", "by")] == ["radios", "checkboxes", "parts"]


def test_a_widgets_own_classes_stay() -> None:
    assert 'class="govuk-input govuk-input--width-20"' in str(ExampleForm()["phone"])


def test_browsers_and_password_managers_know_what_fields_are() -> None:
    form = ExampleForm()
    assert 'autocomplete="email"' in str(form["email"])
    assert 'spellcheck="false"' in str(form["email"])
    assert 'autocomplete="current-password"' in str(form["password"])
    assert 'autocomplete="tel"' in str(form["phone"])


def test_the_browsers_own_checks_are_off() -> None:
    assert " required" not in str(ExampleForm())
    assert " maxlength" not in str(ExampleForm())  # would cut a pasted text without a word


def test_hint_error_and_count_are_read_out_with_the_field(wrong: ExampleForm) -> None:
    html = wrong["message"].as_field_group()
    assert 'aria-describedby="id_message_helptext id_message_error id_message-info"' in html
    for described in ("id_message_helptext", "id_message_error", "id_message-info"):
        assert f'id="{described}"' in html
    group = wrong["by"].as_field_group()
    assert '<fieldset class="govuk-fieldset" aria-describedby="id_by_helptext id_by_error"' in group
    assert "aria-describedby" not in tag(group, 'id="id_by_0"')  # the group says it once


def test_errors_mark_the_field_and_head_the_page(wrong: ExampleForm) -> None:
    html = wrong["email"].as_field_group()
    assert "govuk-form-group--error" in html
    assert "govuk-input--error" in tag(html, 'id="id_email"')
    assert 'value="no address"' in html
    summary = (
        engines["django"].from_string("{% load design %}{% error_summary form %}").render({"form": wrong})
    )
    assert re.findall(r'<a href="#([^"]+)">', summary) == [
        "id_email",
        "id_password",
        "id_message",
        "id_channel_0",
        "id_agreed",
        "id_by_0",
    ]
    for anchor in re.findall(r'<a href="#([^"]+)">', summary):
        assert f'id="{anchor}"' in str(wrong), anchor


def test_what_a_person_typed_is_never_markup(wrong: ExampleForm) -> None:
    form = ExampleForm(data={"message": "<script>alert(1)</script>", "email": '"><b>'})
    assert "<script>" not in str(form)
    assert "<b>" not in str(form)


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        (("", "", ""), "Enter a day, a month and a year"),
        (("", "11", "2026"), "The date must have a day"),
        (("26", "", "2026"), "The date must have a month"),
        (("26", "11", ""), "The date must have a year"),
        (("31", "2", "2026"), "Enter a date that exists, like 26 11 2026"),
        (("26", "11", "26"), "Enter a date that exists, like 26 11 2026"),
        (("x", "11", "2026"), "Enter a date that exists, like 26 11 2026"),
    ],
)
def test_a_wrong_date_says_what_is_wrong(parts: tuple[str, str, str], said: str) -> None:
    form = ExampleForm(data=dict(zip(("by_day", "by_month", "by_year"), parts, strict=True)))
    assert form.errors["by"] == [said]


def test_a_date_comes_out_and_goes_back_in() -> None:
    form = ExampleForm(data={"by_day": " 26 ", "by_month": "11", "by_year": "2026"})
    assert "by" not in form.errors
    assert form.cleaned_data["by"] == date(2026, 11, 26)
    assert 'value="11"' in tag(str(ExampleForm(initial={"by": date(2026, 11, 26)})["by"]), 'id="id_by_1"')


def test_counting_speaks_the_pages_language_and_keeps_its_place_for_the_number() -> None:
    with translation.override("cy"):
        html = ExampleForm()["message"].as_field_group()
    assert html.count("%{count}") == 5
