"""Which words an alert, an invitation or a code is sent in. Pure: no Django, no clock.

Alerts say nothing (DESIGN section 5): nothing but the portal's public address ever goes into one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from trackmycrime.publish.wording import Language, both, text

ONE, MANY, NOT_JOINED = "alert", "alert.collapsed", "alert.not_joined"
CODE = "code"
_ROUNDS = ("invitation", "invitation.reminder", "invitation.last_reminder")


@dataclass(frozen=True, repr=False)
class Frozen:
    """Words as they are sent. `language` is ``en``, ``cy``, or ``cy+en`` for both in one, Welsh first; `words` names
    the version of the words that they are from, for each language in them (`delivery.letters.Letter`)."""

    subject: str | None
    body: str
    language: str
    words: str


def language_for(chosen: str, said: str, force_languages: Sequence[str]) -> str:
    """``en``, ``cy`` or ``cy+en``: what the victim chose here, else what the records system says (BCP 47) if we write
    it, else both where the force writes Welsh, else English."""
    for tag in (chosen, said):
        primary = tag.partition("-")[0].lower()
        if primary in ("en", "cy"):
            return primary
    return "cy+en" if "cy" in force_languages else "en"


def invitation(round_: int) -> str:
    """Which text invites: the first, the reminder, the last one."""
    return _ROUNDS[min(max(round_, 1), len(_ROUNDS)) - 1]


def alert(entries: int, *, joined: bool) -> str:
    """Which text tells of this many entries. Before joining there is nothing to sign in to yet."""
    if not joined:
        return NOT_JOINED
    return ONE if entries == 1 else MANY


def frozen(kind: str, channel: str, language: str, **values: str) -> Frozen:
    """The words of `kind` for ``email``, ``text`` or ``push``."""
    # what holds a secret is not kept in memory
    write = _frozen if {"link", "code"} & values.keys() else _kept
    return write(kind, channel, language, tuple(sorted(values.items())))


def _frozen(kind: str, channel: str, language: str, values: tuple[tuple[str, str], ...]) -> Frozen:
    version = f"{kind}.{channel}/" + "+".join(f"{one}@0" for one in language.split("+"))
    if channel == "email":
        subject = _said(f"{kind}.email_subject", language, **dict(values))
        return Frozen(subject, _said(f"{kind}.email_body", language, **dict(values)), language, version)
    if channel == "push":
        title = _said(f"{kind}.push_title", language)
        return Frozen(title, _said(f"{kind}.push_body", language), language, version)
    return Frozen(None, _said(f"{kind}.text", language, **dict(values)), language, version)


def _said(key: str, language: str, **values: str) -> str:
    if language == "cy+en":
        return both(key, **values)
    known: Language = "cy" if language == "cy" else "en"
    return text(key, known, **values)


_kept = lru_cache(maxsize=256)(_frozen)
