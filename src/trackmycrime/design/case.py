"""The parts of a case's page as HTML: the promise, the stages, the officer, the leaf. In Python for the reason that
`timeline.py` gives: they are on the page that is opened most. Everything that comes in is escaped here.
"""

from collections.abc import Iterable
from datetime import date
from html import escape
from typing import Protocol

from django.utils import dateformat
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

_CURRENT = ' aria-current="step"'


class Promise(Protocol):
    """What `publish.view.Promise` gives."""

    @property
    def date(self) -> date | None: ...
    @property
    def date_text(self) -> str: ...
    @property
    def paragraphs(self) -> list[str]: ...


class Step(Protocol):
    """What `publish.view.StageStep` gives."""

    @property
    def name(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def when(self) -> str: ...


class Contact(Protocol):
    """What `publish.view.Contact` gives."""

    @property
    def officer(self) -> str: ...
    @property
    def unit(self) -> str: ...
    @property
    def phone(self) -> str: ...
    @property
    def hours(self) -> str: ...
    @property
    def away_until(self) -> str: ...
    @property
    def cover(self) -> str: ...
    @property
    def email(self) -> str: ...


def leaf(day: date | None, state: str = "") -> SafeString:
    """A day from a calendar; `state` is `done` or `late`. The date must stand beside it in words."""
    if not day:
        return SafeString("")
    marked = f" tmc-leaf--{escape(state)}" if state else ""
    week, number, month = (escape(dateformat.format(day, form)) for form in ("D", "j", "M"))
    return mark_safe(  # noqa: S308 (its pieces are escaped)
        f'<span class="tmc-leaf{marked}" aria-hidden="true"><b>{week}</b><i>{number}</i><span>{month}</span></span>'
    )


def promise(
    given: Promise,
    closed: bool = False,
    closing_words: Iterable[str] = (),
    read_until: str = "",
    link: str = "",
    link_text: str = "",
    quiet: bool = False,
) -> SafeString:
    """What happens next and by when, or how it ended; `link` is one thing to do now.

    `quiet` at the desk, where it is a picture of the page and no part of its headings.
    """
    title = _("How it ended") if closed and not quiet else _("What happens next")
    plain = " tmc-next--plain" if closed or not given.date else ""
    named = f'aria-label="{escape(title)}"' if quiet else 'aria-labelledby="next"'
    head = (
        f'<p class="tmc-soft">{escape(title)}</p>'
        if quiet
        else f'<h2 id="next" class="govuk-heading-s">{escape(title)}</h2>'
    )
    if closed:
        by, texts = _("Your case is finished"), [*closing_words]
        if read_until:
            texts.append(_("You can read this page until %(read_until)s.") % {"read_until": read_until})
    else:
        texts = [*given.paragraphs]
        if given.date:
            by = _("We will update you by %(when)s") % {"when": given.date_text}
        else:
            by = _("There is no date for the next update yet")
            texts.append(_("You can ask your officer for one."))
    body = "".join(f"<p>{escape(text)}</p>" for text in texts)
    if link:
        body += (
            f'<p class="tmc-noprint"><a class="govuk-link" href="{escape(link)}">{escape(link_text)}</a></p>'
        )
    return mark_safe(  # noqa: S308 (its pieces are escaped)
        f'<section class="tmc-next{plain}" {named}>{"" if closed else leaf(given.date)}\n'
        f'<div class="tmc-next__head">{head}\n<p class="tmc-next__date">{escape(by)}</p></div>\n'
        f'<div class="tmc-next__body">{body}</div></section>\n'
    )


def stage(steps: Iterable[Step]) -> SafeString:
    """The five stages, each with its state in words."""
    items = "".join(
        f'<li class="tmc-stage__step tmc-stage__step--{escape(step.state)}"'
        f"{_CURRENT if step.state == 'now' else ''}>"
        f'<span class="tmc-stage__name">{escape(step.name)}</span>'
        f'<span class="tmc-stage__state">{escape(_state(step))}</span></li>\n'
        for step in steps
    )
    return mark_safe(f'<ol class="tmc-stage">\n{items}</ol>\n')  # noqa: S308 (its pieces are escaped)


def _state(step: Step) -> str:
    when = {"when": step.when.replace(" ", "\u00a0")}
    if step.state == "done":
        return _("Done, %(when)s") % when if step.when else pgettext("stage", "Done")
    if step.state == "now":
        return _("Now, since %(when)s") % when if step.when else pgettext("stage", "Now")
    return pgettext("stage", "To come")


def officer(contact: Contact) -> SafeString:
    """Who works the case, who answers while they are away, and how to reach them."""
    unit = capfirst(contact.unit) or ""
    title = _("Your officer") if contact.officer else _("Your team")
    under = f'<p class="tmc-soft">{escape(unit)}</p>' if contact.officer else ""
    if contact.phone and contact.phone != "101":
        phone = _link("tel", contact.phone.replace(" ", ""), contact.phone)
    else:
        phone = _link("tel", "101", "101") + escape(_(", then your reference"))
    facts = [
        (_("Away until"), escape(contact.away_until)),
        (
            _("Who answers meanwhile"),
            escape(capfirst(contact.cover or contact.unit) or "") if contact.away_until else "",
        ),
        (_("When the team is on duty"), escape(contact.hours)),
        (_("Phone"), phone),
        (_("Email"), _link("mailto", contact.email, contact.email) if contact.email else ""),
    ]
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{value}</dd>" for name, value in facts if value)
    return mark_safe(  # noqa: S308 (its pieces are escaped)
        f'<section class="tmc-card" aria-labelledby="who"><h2 id="who" class="govuk-heading-m">{escape(title)}</h2>\n'
        f'<p class="govuk-heading-s">{escape(contact.officer or unit)}</p>{under}\n'
        f'<dl class="tmc-facts">{listed}</dl></section>\n'
    )


def _link(kind: str, to: str, shown: str) -> str:
    return f'<a class="govuk-link" href="{kind}:{escape(to)}">{escape(shown)}</a>'
