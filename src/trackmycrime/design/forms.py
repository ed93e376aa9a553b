"""Plain Django forms come out as design-system components, with no code per form.

`{{ form }}` renders every field, `{{ form.name.as_field_group }}` one; `{% error_summary form %}` goes above
the heading. The `<form>` says `novalidate`: browsers' own bubbles cannot be styled, translated or read well.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.forms.renderers import DjangoTemplates
from django.forms.widgets import Input, Widget
from django.utils.translation import gettext_lazy as _

# The first class that fits says which component a widget is; the order matters, for some inherit from others.
KINDS: tuple[tuple[type[Widget], str], ...] = (
    (forms.CheckboxSelectMultiple, "checkboxes"),
    (forms.RadioSelect, "radios"),
    (forms.CheckboxInput, "checkbox"),
    (forms.Select, "select"),
    (forms.Textarea, "textarea"),
    (forms.PasswordInput, "password"),
    (forms.FileInput, "file"),
    (forms.MultiWidget, "parts"),
    (Input, "input"),
)
CLASSES = {
    "input": "govuk-input",
    "password": "govuk-input govuk-password-input__input govuk-js-password-input-input",
    "textarea": "govuk-textarea",
    "select": "govuk-select",
    "file": "govuk-file-upload",
    "checkbox": "govuk-checkboxes__input",
    "parts": "govuk-input govuk-date-input__input",
}
ERROR_CLASSES = {
    "input": "govuk-input--error",
    "password": "govuk-input--error",
    "textarea": "govuk-textarea--error",
    "select": "govuk-select--error",
    "file": "govuk-file-upload--error",
    "parts": "govuk-input--error",
}
# What a browser or a password manager should know; a widget's own attributes go before.
BY_TYPE: Mapping[str, Mapping[str, str]] = {
    "email": {"autocomplete": "email", "spellcheck": "false", "autocapitalize": "none"},
    "tel": {"autocomplete": "tel"},
    "password": {"autocomplete": "current-password", "spellcheck": "false", "autocapitalize": "none"},
}


def counting() -> dict[str, str]:
    """What the character count says while somebody types, under the names that its script reads."""
    words = {
        "characters-under-limit.one": _("You have {count} character left"),
        "characters-under-limit.other": _("You have {count} characters left"),
        "characters-at-limit": _("You have no characters left"),
        "characters-over-limit.one": _("You have {count} character too many"),
        "characters-over-limit.other": _("You have {count} characters too many"),
        "textarea-description.other": _("You can write up to {count} characters"),
    }
    return {name: str(text).replace("{count}", "%{count}") for name, text in words.items()}


class PageField(BoundField):
    """A field that knows which component it is, and puts the classes and descriptions on its widget."""

    @property
    def kind(self) -> str:
        """The name of the component: a key of CLASSES, `radios`, `checkboxes` or `parts`."""
        widget = self.field.widget
        return next((kind for cls, kind in KINDS if isinstance(widget, cls)), "input")

    @property
    def limit(self) -> int | None:
        """How many characters a long text may have, where the form says so."""
        return getattr(self.field, "max_length", None) if self.kind == "textarea" else None

    @property
    def counting(self) -> dict[str, str]:
        """The words of the character count in the page's language."""
        return counting()

    @property
    def error_anchor(self) -> str:
        """The id of the first thing a person can mend: what the error summary links to."""
        first = self.kind in ("radios", "checkboxes", "parts")
        return f"{self.auto_id}_0" if first else str(self.auto_id)

    @property
    def described_by(self) -> str:
        """Ids of hint, error and character count, in reading order."""
        ids = [self.aria_describedby or "", f"{self.auto_id}-info" if self.limit else ""]
        return " ".join(filter(None, ids))

    def build_widget_attrs(self, attrs: dict[str, Any], widget: Widget | None = None) -> dict[str, Any]:
        """Add classes, autocomplete and descriptions; drop `required` and cut-off lengths: the server says why."""
        found = super().build_widget_attrs(attrs, widget)
        widget = widget or self.field.widget
        kind = self.kind
        found.pop("required", None)
        found.pop("aria-invalid", None)
        found |= {name: False for name in ("maxlength", "minlength") if name in widget.attrs}
        classes = [CLASSES.get(kind, ""), str(widget.attrs.get("class", ""))]
        if self.errors:
            classes.append(ERROR_CLASSES.get(kind, ""))
        if kind == "textarea" and self.limit:
            classes.append("govuk-js-character-count")
        if joined := " ".join(filter(None, classes)):
            found["class"] = joined
        for name, value in BY_TYPE.get(getattr(widget, "input_type", ""), {}).items():
            if name not in widget.attrs:
                found.setdefault(name, value)
        if self.described_by and not self.use_fieldset:
            found["aria-describedby"] = self.described_by
        return found


class DesignRenderer(DjangoTemplates):
    """What FORM_RENDERER names."""

    form_template_name = "design/forms/form.html"
    field_template_name = "design/forms/field.html"
    bound_field_class = PageField


class LongTextField(forms.CharField):
    """A text of several lines. A line end is one character, however a browser sends it: as the page counts them."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        return text.replace("\r\n", "\n").replace("\r", "\n")


class DatePartsWidget(forms.MultiWidget):
    """Day, month and year to type: quicker and more readable than a calendar for a date that one knows."""

    template_name = "design/forms/date_parts.html"
    use_fieldset = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        number = {"inputmode": "numeric", "autocomplete": "off"}
        super().__init__({part: forms.TextInput(number) for part in ("day", "month", "year")}, attrs)

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        for part, width in zip(context["widget"]["subwidgets"], (2, 2, 4), strict=True):
            part["attrs"]["class"] = f"{part['attrs'].get('class', '')} govuk-input--width-{width}"
        return context

    def decompress(self, value: date | None) -> list[int | None]:
        return [value.day, value.month, value.year] if value else [None, None, None]


class DatePartsField(forms.Field):
    """A date in three boxes. Errors name the part that is missing; the cleaned value is a date or None."""

    widget = DatePartsWidget
    default_error_messages = {
        "required": _("Enter a day, a month and a year"),
        "day": _("The date must have a day"),
        "month": _("The date must have a month"),
        "year": _("The date must have a year"),
        "invalid": _("Enter a date that exists, like 26 11 2026"),
    }

    def to_python(self, value: Sequence[str | None] | None) -> date | None:
        parts = [(part or "").strip() for part in value or ()]
        if not any(parts):
            return None
        for name, part in zip(("day", "month", "year"), parts, strict=True):
            if not part:
                raise ValidationError(self.error_messages[name], code=name)
        try:
            day, month, year = (int(part) for part in parts)
            if year < 1000:
                raise ValueError("a year has four digits")
            return date(year, month, day)
        except ValueError as wrong:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from wrong

    def has_changed(self, initial: date | None, data: Sequence[str | None] | None) -> bool:
        try:
            return self.to_python(data) != initial
        except ValidationError:
            return True
