"""The timeline as HTML. Written in Python because it is the one long list on the page that is opened most: a
template took a third of that page's whole time (docs/performance.md). Everything that comes in is escaped here.
"""

from collections.abc import Iterable
from html import escape
from typing import Protocol

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

OPEN_PARAGRAPHS = 2
"""How many paragraphs of an older entry stand open; a longer one unfolds."""
FOLD_FROM = 4


class Newer(Protocol):
    """What `publish.view.Newer` gives."""

    @property
    def id(self) -> object: ...
    @property
    def title(self) -> str: ...
    @property
    def when(self) -> str: ...


class Entry(Protocol):
    """What `publish.view.Entry` gives."""

    @property
    def id(self) -> object: ...
    @property
    def title(self) -> str: ...
    @property
    def when(self) -> str: ...
    @property
    def iso(self) -> str: ...
    @property
    def who(self) -> str: ...
    @property
    def paragraphs(self) -> list[str]: ...
    @property
    def language(self) -> str: ...
    @property
    def is_new(self) -> bool: ...
    @property
    def corrected(self) -> str: ...
    @property
    def withdrawn(self) -> str: ...
    @property
    def not_translated(self) -> bool: ...
    @property
    def newer(self) -> Newer | None: ...


def timeline(entries: Iterable[Entry]) -> SafeString:
    """The list, newest first as it is given. The first entry and new ones stand open, of older ones the beginning."""
    items = [entry(one, fold=number > 0 and not one.is_new) for number, one in enumerate(entries)]
    if not items:
        none = _("There is nothing to show yet. New steps will appear here when police share them.")
        return mark_safe(f'<p class="govuk-body">{escape(none)}</p>')  # noqa: S308 (its pieces are escaped)
    label = escape(_("Newest first"))
    return mark_safe(f'<ol class="tmc-line" aria-label="{label}">\n{"".join(items)}</ol>')  # noqa: S308 (its pieces are escaped)


def entry(one: Entry, *, fold: bool = False) -> SafeString:
    """One entry. Its title is in the language of the page; what an officer wrote may not be, and then says so."""
    classes = (
        f"{' tmc-line__entry--new' if one.is_new else ''}{' tmc-line__entry--back' if one.withdrawn else ''}"
    )
    tag = f'<span class="tmc-tag tmc-tag--new">{escape(_("New"))}</span>\n' if one.is_new else ""
    who = f" <span>{escape(one.who)}</span>" if one.who else ""
    return mark_safe(  # noqa: S308 (its pieces are escaped)
        f'<li class="tmc-line__entry{classes}" id="e-{escape(str(one.id))}"><div>\n{tag}'
        f'<h3 class="govuk-heading-s">{escape(one.title)}</h3>\n<p class="tmc-line__when tmc-flat">'
        f'<time datetime="{escape(one.iso)}">{escape(one.when)}</time>{who}</p>\n{_body(one, fold)}</div></li>\n'
    )


def _newer(newer: Newer) -> str:
    link = _("Read the newer update: %(title)s") % {"title": newer.title}
    return (
        f'<p><a class="govuk-link" href="#e-{escape(str(newer.id))}">{escape(link)}</a>'
        f' <span class="tmc-soft">{escape(newer.when)}</span></p>\n'
    )


def _body(one: Entry, fold: bool) -> str:
    if one.withdrawn:
        return f"<p>{escape(one.withdrawn)}</p>\n{_newer(one.newer) if one.newer else ''}"
    texts = [f"<p>{escape(text)}</p>".replace("\n", "<br>") for text in one.paragraphs]
    if fold and len(texts) >= FOLD_FROM:
        title = f'<span class="govuk-visually-hidden">: {escape(one.title)}</span>'
        summary = f"<summary>{escape(_('Read the rest'))}{title}</summary>"
        texts.insert(OPEN_PARAGRAPHS, f'<details class="tmc-more">{summary}')
        texts.append("</details>")
    lang = f' lang="{escape(one.language)}"' if one.language and one.language != get_language() else ""
    notes = [one.corrected] if one.corrected else []
    if one.not_translated:
        notes.append(_("Police wrote this in one language only. You can ask for a translation."))
    said = "".join(f'<p class="tmc-soft">{escape(note)}</p>\n' for note in notes)
    return f"<div{lang}>{''.join(texts)}</div>\n{said}"
