"""The texts that a force may have in its own words: what leaves the machine. Pure.

A piece is what goes out at once by one channel: a mail with its subject, a text message, a push notification with its
title. Its key is the stem of its texts and the channel: ``alert.collapsed.email`` is made of the texts
``alert.collapsed.email_subject`` and ``alert.collapsed.email_body``. Every such text under `_STEMS` is one that may be
changed: a new one in the word files is so by being there.
"""

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from .catalogue import LANGUAGES, Language, WordingError, join, load, placeholders

_STEMS = ("alert.", "invitation.", "code.")
_HEADINGS = {"email": "email_subject", "push": "push_title", "text": ""}
_BODIES = {"email": "email_body", "push": "push_body", "text": "text"}
CHANNELS = tuple(_BODIES)


class Template(NamedTuple):
    """Words with their placeholders. `heading` is a mail's subject or a notification's title; a text has none."""

    heading: str | None
    body: str


class Piece(NamedTuple):
    """One text to be sent by one channel."""

    stem: str
    channel: str

    @property
    def key(self) -> str:
        """What it is called: ``alert.collapsed.email``"""
        return f"{self.stem}.{self.channel}"

    @property
    def disguised(self) -> bool:
        """Whether it must not show who writes: a disguise, and the code that is asked for while joining."""
        return self.stem.endswith(".disguise") or self.stem == "code"

    @property
    def invites(self) -> bool:
        """Whether it is an invitation, which may say what it is for; an alert may not."""
        return self.stem.partition(".")[0] == "invitation"

    def built_in(self, language: Language) -> Template:
        """What the service says of itself."""
        texts, heading = load(language), _HEADINGS[self.channel]
        said = str(texts[f"{self.stem}.{heading}"]) if heading else None
        return Template(said, str(texts[f"{self.stem}.{_BODIES[self.channel]}"]))

    def placeholders(self) -> frozenset[str]:
        """The names that are filled in when it is sent; only these may stand in it."""
        template = self.built_in("en")
        return placeholders(template.body) | placeholders(template.heading or "")


@cache
def pieces() -> Mapping[str, Piece]:
    """All texts that a force may change, by key, in the order of the word files."""
    found = {}
    texts = load("en")
    for key in texts:
        stem, _, last = key.rpartition(".")
        channel = next((name for name, body in _BODIES.items() if body == last), "")
        heading = _HEADINGS.get(channel, "")
        if channel and key.startswith(_STEMS) and (not heading or f"{stem}.{heading}" in texts):
            one = Piece(stem, channel)
            found[one.key] = one
    return MappingProxyType(found)


def piece(key: str) -> Piece:
    """The text of that key. Raises WordingError that names it when there is none that may be changed."""
    found = pieces().get(key)
    if found is None:
        raise WordingError(f"there is no text {key!r} that a force may change")
    return found


class Own:
    """A force's own words at one moment, never changed: what stands in place of the built-in ones.

    Two are equal only if they are the same, so that what was rendered from one can be kept by it.
    """

    def __init__(self, stand: Mapping[tuple[str, str], tuple[int, Template]]) -> None:
        self._stand = dict(stand)

    def template(self, key: str, language: Language) -> tuple[int, Template]:
        """The version and the words that are sent in that language; version 0 is the built-in.

        A version whose placeholders do not fit any more (what is filled in has changed since it was saved) does not
        stand: an alert in the built-in words is better than none.
        """
        found = self._stand.get((key, language))
        if found is not None:
            version, words = found
            named = placeholders(words.body) | placeholders(words.heading or "")
            if named <= piece(key).placeholders():
                return version, words
        return 0, piece(key).built_in(language)


BUILT_IN = Own({})
"""The words of a force that has none of its own."""


def together(welsh: Template, english: Template) -> Template:
    """Both languages in one, Welsh first: for somebody in Wales whose language is not known."""
    heading = None
    if welsh.heading is not None and english.heading is not None:
        heading = join(welsh.heading, english.heading)
    return Template(heading, join(welsh.body, english.body))


__all__ = ["BUILT_IN", "CHANNELS", "LANGUAGES", "Own", "Piece", "Template", "piece", "pieces", "together"]
