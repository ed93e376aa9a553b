"""What an administrator fills in to change the words of one text, in each language that the force writes."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from trackmycrime.design.forms import LongTextField
from trackmycrime.desk import words
from trackmycrime.forces.models import Force
from trackmycrime.publish import own_words
from trackmycrime.publish.own_words import Version
from trackmycrime.publish.wording import Language, Piece, Template
from trackmycrime.publish.wording.checks import LONGEST, Problem, cleaned


class WordsForm(forms.Form):
    """The words of one text. What is wrong with them is decided by `publish.wording.checks` and said in its field."""

    def __init__(
        self, data: Any = None, *, force: Force, piece: Piece, sent: dict[Language, Version]
    ) -> None:
        super().__init__(data)
        self.force, self.piece, self.sent = force, piece, sent
        for language, version in sent.items():
            self.fields[f"{language}_based"] = forms.IntegerField(
                initial=version.version, min_value=0, widget=forms.HiddenInput
            )
            if version.template.heading is not None:
                self.fields[f"{language}_heading"] = forms.CharField(
                    label=self._label("heading", language),
                    initial=version.template.heading,
                    strip=False,
                    required=False,
                    widget=forms.TextInput(attrs={"lang": language, "autocomplete": "off"}),
                )
            self.fields[f"{language}_body"] = LongTextField(
                label=self._label("body", language),
                initial=version.template.body,
                strip=False,
                required=False,
                widget=forms.Textarea(
                    attrs={"lang": language, "rows": 14 if piece.channel == "email" else 5}
                ),
            )

    def _label(self, field: str, language: Language) -> str:
        if field == "body":
            return _("Words, in Welsh") if language == "cy" else _("Words, in English")
        if self.piece.channel == "push":
            return _("Title, in Welsh") if language == "cy" else _("Title, in English")
        return _("Subject, in Welsh") if language == "cy" else _("Subject, in English")

    @property
    def languages(self) -> list[tuple[Language, list[Any]]]:
        """The fields that are seen, side by side for each language."""
        return [
            (language, [field for field in self.visible_fields() if field.name.startswith(f"{language}_")])
            for language in self.sent
        ]

    def wanted(self) -> dict[Language, Template]:
        """The words that were typed, as they would be kept."""
        return {
            language: Template(
                cleaned(self.cleaned_data.get(f"{language}_heading")) if version.template.heading is not None else None,
                cleaned(self.cleaned_data.get(f"{language}_body")) or "",
            )
            for language, version in self.sent.items()
        }  # fmt: skip

    def changed(self) -> dict[Language, Template]:
        """Of these the ones that are not sent already."""
        return {
            language: said for language, said in self.wanted().items() if said != self.sent[language].template
        }

    def based_on(self) -> dict[Language, int]:
        """The version that each language was written from."""
        return {language: self.cleaned_data[f"{language}_based"] for language in self.sent}

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if self.errors:
            return found
        changed = self.changed()
        if not changed:
            self.add_error(
                f"{next(iter(self.sent))}_body", _("Change the words first: these are sent already")
            )
        self.say(own_words.problems_of(self.force, self.piece.key, changed))
        return found

    def say(self, problems: list[Problem]) -> None:
        """Put each problem at its field, in the language of the page."""
        for problem in problems:
            self.add_error(f"{problem.language}_{problem.field}", problem.words(words.language()))


def longest(piece: Piece) -> str:
    """How long the words may be, as a hint above the form."""
    heading, body = LONGEST[piece.channel]
    if piece.channel == "text":
        return _(
            "A text message holds 160 characters, and 70 with a letter like ŵ or ê. Two in each language are the most."
        )
    if piece.channel == "push":
        return _(
            "At most %(heading)s characters in the title and %(body)s below it: a locked phone shows no more."
        ) % {"heading": heading, "body": body}
    return _("At most %(heading)s characters in the subject and %(body)s in the mail.") % {
        "heading": heading,
        "body": f"{body:,}",
    }
