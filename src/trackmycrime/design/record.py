"""What the records system says of hearings and property, as HTML on a case's page: «Court dates» and «Property».

In Python for the reason that `timeline.py` gives. Everything that comes in is escaped here. Where there is nothing to
say, there is no section.
"""

from collections.abc import Iterable
from datetime import date
from html import escape
from typing import Protocol

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from trackmycrime.design.case import leaf


class Hearing(Protocol):
    """What `publish.view.HearingLine` gives."""

    @property
    def day(self) -> date | None: ...
    @property
    def when(self) -> str: ...
    @property
    def court(self) -> str: ...
    @property
    def address(self) -> str: ...
    @property
    def type(self) -> str: ...
    @property
    def off(self) -> str: ...
    @property
    def attendance(self) -> str: ...


class Item(Protocol):
    """What `publish.view.PropertyLine` gives."""

    @property
    def description(self) -> str: ...
    @property
    def status(self) -> str: ...
    @property
    def ready(self) -> bool: ...
    @property
    def collect_from(self) -> str: ...
    @property
    def serial(self) -> str: ...
    @property
    def value(self) -> str: ...


def court_dates(lines: Iterable[Hearing], quiet: bool = False) -> SafeString:
    """The hearings that have not been yet. `quiet` at the desk, where it is a picture of the page."""
    return _section("court", _("Court dates"), [_hearing(line) for line in lines], quiet)


def belongings(lines: Iterable[Item], quiet: bool = False) -> SafeString:
    """The property of the case, each item with what is known to have become of it."""
    return _section("property", _("Property"), [_item(line) for line in lines], quiet)


def _section(name: str, title: str, items: list[str], quiet: bool) -> SafeString:
    if not items:
        return SafeString("")
    listed = f'<ul class="tmc-clocks">{"".join(items)}</ul>'
    if quiet:
        return mark_safe(f'<div><p class="tmc-soft">{escape(title)}</p>{listed}</div>\n')  # noqa: S308 (its pieces are escaped)
    return mark_safe(  # noqa: S308 (its pieces are escaped)
        f'<section class="tmc-card" aria-labelledby="{name}"><h2 id="{name}" class="govuk-heading-m">{escape(title)}'
        f"</h2>\n{listed}</section>\n"
    )


def _hearing(line: Hearing) -> str:
    when = f"<s>{escape(line.when)}</s>" if line.off else escape(line.when)
    tag = f'<span class="tmc-tag tmc-tag--late">{escape(line.off)}</span>' if line.off else ""
    return _line(
        leaf(line.day, "done" if line.off else ""),
        when,
        tag,
        escape(line.attendance),
        _soft(", ".join(filter(None, (line.court, line.address)))),
        _soft(line.type),
    )


def _item(line: Item) -> str:
    kind = " tmc-tag--done" if line.ready else ""
    facts = [
        (_("Where to collect it: %(place)s"), "place", line.collect_from),
        (_("Serial number: %(serial)s"), "serial", line.serial),
        (_("Value: %(value)s"), "value", line.value),
    ]
    return _line(
        "",
        escape(line.description),
        f'<span class="tmc-tag{kind}">{escape(line.status)}</span>',
        *(_soft(words % {name: value}) for words, name, value in facts if value),
    )


def _soft(text: str) -> str:
    return f'<span class="tmc-soft">{escape(text)}</span>' if text else ""


def _line(before: str, say: str, *more: str) -> str:
    rest = "".join(f"<p>{one}</p>" for one in more if one)
    return f'<li class="tmc-clock">{before}<div><p class="tmc-clock__say">{say}</p>{rest}</div></li>\n'
