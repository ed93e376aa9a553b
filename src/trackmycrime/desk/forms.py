"""What officers fill in. Errors name the field and say what would be right."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from trackmycrime.design.forms import DatePartsField, LongTextField
from trackmycrime.feed.contract import TYPES, vocabulary
from trackmycrime.kernel.ids import new_id
from trackmycrime.messages.api import MOST_CHARACTERS

from . import words, words_of_events

OFTEN = (
    "still_working",
    "note",
    "property_recovered",
    "suspect_arrested",
    "suspect_interviewed",
    "hearing_listed",
)
"""The kinds of update that officers write most, first in the list."""


def _milestones() -> list[tuple[str, Any]]:
    rest = [code for code in vocabulary.MILESTONES if code not in OFTEN]
    return [
        ("", _("Choose what it is about")),
        (_("Often used"), [(code, words.milestone(code)) for code in OFTEN]),
        (_("All others"), sorted(((code, words.milestone(code)) for code in rest), key=lambda pair: pair[1])),
    ]


class OnceForm(forms.Form):
    """A form that counts once however often it is sent: `once` is made with it."""

    once = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {}).setdefault("once", new_id())
        super().__init__(*args, **kwargs)


class UpdateForm(OnceForm):
    """An update for the victims: what it is about, in the officer's own words or the force's, and the next date."""

    milestone = forms.ChoiceField(
        label=lazy("What is it about?"),
        help_text=lazy("This is the heading that they will read."),
        error_messages={"required": lazy("Choose what the update is about")},
    )
    en = LongTextField(
        label=lazy("In your words"),
        help_text=lazy(
            "No suspect’s name. Short sentences. Say what comes next, and when. "
            "Leave it empty to use the force’s own words."
        ),
        max_length=MOST_CHARACTERS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "lang": "en"}),
        error_messages={"max_length": lazy("Your words are too long. Make them 4,000 characters or fewer")},
    )
    cy = LongTextField(
        label=lazy("In your words, in Welsh"),
        help_text=lazy(
            "If you leave this empty, Welsh readers are told that you wrote in one language only."
        ),
        max_length=MOST_CHARACTERS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6, "lang": "cy"}),
        error_messages={"max_length": lazy("Your words are too long. Make them 4,000 characters or fewer")},
    )
    next_on = DatePartsField(
        label=lazy("Next update by"),
        help_text=lazy("If you leave it empty, the date stays as it is. For example 26 11 2026"),
        required=False,
    )

    def __init__(self, *args: Any, languages: Sequence[str], today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        milestone = self.fields["milestone"]
        assert isinstance(milestone, forms.ChoiceField)
        milestone.choices = _milestones()
        if "cy" not in languages:
            del self.fields["cy"]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("milestone") == "note" and not self.text() and not self.errors.get("en"):
            self.add_error("en", _("Write your note: a note has no words of its own"))
        _not_past(self, found, self.today)
        return found

    def text(self) -> dict[str, str]:
        """What was written, by language; empty: the force's own words."""
        return {code: self.cleaned_data[code] for code in ("en", "cy") if self.cleaned_data.get(code)}


def _not_past(form: forms.Form, found: dict[str, Any], today: date) -> None:
    next_on = found.get("next_on")
    if next_on is None:
        return
    if next_on < today:
        form.add_error("next_on", _("The date of the next update must be today or later"))
    elif (next_on - today).days > 366:
        form.add_error("next_on", _("The date of the next update must be within a year"))


class NextDateForm(forms.Form):
    """The date by which the victims hear next."""

    next_on = DatePartsField(
        label=lazy("Next update by"),
        help_text=lazy(
            "A day that you can keep. If there is no news by then, say that there is none. For example 26 11 2026"
        ),
        error_messages={"required": lazy("Enter the day by which they hear next")},
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        _not_past(self, found, self.today)
        return found


def _reason(label: Any, required: Any, help_text: Any = "", rows: int = 3) -> forms.CharField:
    return LongTextField(
        label=label,
        help_text=help_text,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": rows}),
        error_messages={
            "required": required,
            "max_length": lazy("Your reason is too long. Make it 500 characters or fewer"),
        },
    )


class KeepForm(forms.Form):
    """Why a held update is not shown, now or ever."""

    decision = forms.ChoiceField(
        label=lazy("What should happen with it?"),
        widget=forms.RadioSelect,
        choices=[
            ("keep", lazy("Keep it back for now")),
            ("never", lazy("Never show it")),
        ],
        error_messages={"required": lazy("Choose whether to keep it back for now or never to show it")},
    )
    reason = _reason(
        lazy("Why?"),
        lazy("Say why they do not see it"),
        lazy("For the police record. The victim does not see it."),
    )


class ReasonForm(forms.Form):
    """Why a case is closed to its victims, or opened again."""

    reason = _reason(
        lazy("Why?"), lazy("Say why"), lazy("For the police record. The victim does not see it.")
    )


class SwitchForm(forms.Form):
    """That somebody has talked about risk, before a protected case can be seen online."""

    spoken = forms.BooleanField(
        label=lazy("I have talked with each of them about who can see their phone, email and this site"),
        error_messages={"required": lazy("Talk with them first, then tick the box")},
    )
    reason = _reason(
        lazy("What did you agree?"),
        lazy("Write down what you agreed"),
        lazy("When you talked, and what makes it safe. For the police record."),
        rows=5,
    )


class TaskForm(forms.Form):
    """That a person has done it, and how."""

    note = LongTextField(
        label=lazy("What did you do, and when?"),
        help_text=lazy("For the police record. The victim does not see it."),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={
            "required": lazy("Write down what you did, and when"),
            "max_length": lazy("Your note is too long. Make it 1,000 characters or fewer"),
        },
    )


class AnswerForm(OnceForm):
    """A message to a victim."""

    text = LongTextField(
        label=lazy("Your answer"),
        help_text=lazy(
            "It becomes part of the case record. No suspect’s name. If you need time, say by when you will answer."
        ),
        max_length=MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 7}),
        error_messages={
            "required": lazy("Write your answer before you send it"),
            "max_length": lazy(
                "Your answer is too long. Make it 4,000 characters or fewer, or send it in two parts"
            ),
        },
    )


class PatchForm(forms.Form):
    """A correction of a quarantined event, as a JSON merge patch."""

    patch = LongTextField(
        label=lazy("Your correction"),
        help_text=lazy(
            "JSON, with only what changes (a merge patch, RFC 7396). It goes over what was kept; null removes a field."
        ),
        max_length=20_000,
        widget=forms.Textarea(
            attrs={"class": "tmc-mono", "rows": 8, "spellcheck": "false", "autocomplete": "off"}
        ),
        error_messages={
            "required": lazy("Write the correction. {} goes on without what was not kept"),
            "max_length": lazy("Your correction is too long for any event"),
        },
    )

    def clean_patch(self) -> dict[str, Any]:
        """The patch as an object."""
        try:
            patch = json.loads(self.cleaned_data["patch"])
        except ValueError:
            raise ValidationError(
                _("This is not JSON. Check every quotation mark, comma and bracket")
            ) from None
        if not isinstance(patch, dict):
            raise ValidationError(_('Write a JSON object, like {"data": {"stage": "charged"}}'))
        return patch


class DropForm(forms.Form):
    """Why an event is taken out of the quarantine for good."""

    reason = forms.ChoiceField(
        label=lazy("Why?"),
        widget=forms.RadioSelect,
        choices=list(words_of_events.DROPS.items()),
        error_messages={"required": lazy("Choose why it is dropped")},
    )


class HoldForm(forms.Form):
    """Why a channel is held."""

    reason = forms.ChoiceField(
        label=lazy("Why?"),
        widget=forms.RadioSelect,
        choices=list(words.HELD.items()),
        error_messages={"required": lazy("Choose why nothing should go out")},
    )


class SubjectForm(forms.Form):
    """Quarantined events about one crime, officer or unit."""

    subject = forms.CharField(
        label=lazy("Find by crime reference, officer or unit"),
        max_length=64,
        widget=forms.TextInput(
            attrs={"class": "govuk-input--width-20", "autocomplete": "off", "spellcheck": "false"}
        ),
        error_messages={
            "required": lazy("Enter a crime reference, or the id of an officer or unit"),
            "max_length": lazy("Enter the whole reference and nothing else"),
        },
    )


class QuarantineForm(forms.Form):
    """Which quarantined events a list shows. What is not chosen does not matter."""

    source = forms.ChoiceField(label=lazy("Source"), required=False)
    problem = forms.ChoiceField(
        label=lazy("Problem"),
        required=False,
        choices=[("", lazy("All")), *words_of_events.PROBLEMS.items()],
    )
    type = forms.ChoiceField(
        label=lazy("Type of event"),
        required=False,
        choices=[("", lazy("All")), *((type_, type_) for type_ in TYPES)],
    )
    waiting = forms.ChoiceField(
        label=lazy("Waiting for another event"),
        required=False,
        choices=[
            ("", lazy("All")),
            ("yes", lazy("Waiting")),
            ("long", lazy("Waiting for more than a day")),
            ("no", lazy("Not waiting")),
        ],
    )
    since = DatePartsField(label=lazy("Received since"), required=False)

    def __init__(self, *args: Any, sources: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].choices = [("", _("All")), *sources]  # type: ignore[attr-defined]


class LogForm(forms.Form):
    """Which part of the delivery log is shown. What is not chosen does not matter."""

    since = DatePartsField(label=lazy("From"), required=False)
    until = DatePartsField(label=lazy("To, this day included"), required=False)
    channel = forms.ChoiceField(
        label=lazy("How"),
        required=False,
        choices=[
            ("", lazy("All")),
            *((name, words.CHANNELS[name]) for name in ("email", "text", "push")),
            ("person", lazy("By a person")),
        ],
    )
    state = forms.ChoiceField(
        label=lazy("What became of it"), required=False, choices=[("", lazy("All")), *words.ALERTS.items()]
    )

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        since, until = found.get("since"), found.get("until")
        if since and until and since > until:
            self.add_error("until", _("The last day must be the first day or later"))
            del found["since"]
        return found


class SearchForm(forms.Form):
    """A case by its whole reference."""

    reference = forms.CharField(
        label=lazy("Find a case by its reference"),
        max_length=64,
        widget=forms.TextInput(
            attrs={"class": "govuk-input--width-20", "autocomplete": "off", "spellcheck": "false"}
        ),
        error_messages={
            "required": lazy("Enter a crime reference"),
            "max_length": lazy("Enter the whole reference and nothing else"),
        },
    )

    def not_found(self) -> None:
        """Say that there is none; the same for another force's and an unknown one."""
        self.add_error(
            "reference",
            ValidationError(
                _("There is no case with that reference in your force. Check every letter and digit")
            ),
        )
