"""Which words an alert, an invitation or a code is sent in. Pure: no Django, no clock.

Alerts say nothing (DESIGN section 5): nothing but the portal's public address ever goes into one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from trackmycrime.publish.wording import BUILT_IN, Language, Own, Template, fill, together

ONE, MANY, NOT_JOINED, NO_NEWS = "alert", "alert.collapsed", "alert.not_joined", "alert.no_news"
_ABOUT = {
    "no_news": NO_NEWS,
    "contact_new": "alert.contact_new",
    "contact_told": "alert.contact_told",
    "sign_in": "alert.sign_in",
    "frozen": "alert.frozen",
}
CODE = "code"
_ROUNDS = ("invitation", "invitation.reminder", "invitation.last_reminder")


@dataclass(frozen=True, repr=False)
class Frozen:
    """Words as they are sent; `subject` is a mail's, or a notification's title. `language` is ``en``, ``cy``, or
    ``cy+en`` for both in one, Welsh first; `words` names the version of the words that they are from, for each language
    in them (`delivery.letters.Letter`)."""

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


def alert(entries: int, *, joined: bool, disguise: bool = False, about: str = "update") -> str:
    """Which text tells of this many entries, or that there is no news. Before joining there is nothing to sign in to
    yet; nobody is told in disguise then."""
    if not joined:
        return NOT_JOINED
    kind = _ABOUT.get(about) or (ONE if entries == 1 else MANY)
    return f"{kind}.disguise" if disguise else kind


def frozen(kind: str, channel: str, language: str, own: Own = BUILT_IN, **values: str) -> Frozen:
    """The words of `kind` for ``email``, ``text`` or ``push``: the force's `own`, or the built-in.

    Where a force has changed one language only, the other stays built-in, also where both stand in one text.
    """
    # what holds a secret is not kept in memory
    write = _frozen if {"link", "code"} & values.keys() else _kept
    return write(f"{kind}.{channel}", language, own, tuple(sorted(values.items())))


def _frozen(key: str, language: str, own: Own, values: tuple[tuple[str, str], ...]) -> Frozen:
    filled = dict(values)
    said, versions = {}, []
    for each in ("cy", "en") if language == "cy+en" else ("cy",) if language == "cy" else ("en",):
        known: Language = "cy" if each == "cy" else "en"
        version, template = own.template(key, known)
        heading = None if template.heading is None else fill(template.heading, key, known, filled)
        said[known] = Template(heading, fill(template.body, key, known, filled))
        versions.append(f"{known}@{version}")
    whole = together(said["cy"], said["en"]) if len(said) == 2 else next(iter(said.values()))
    return Frozen(whole.heading, whole.body, language, f"{key}/{'+'.join(versions)}")


_kept = lru_cache(maxsize=256)(_frozen)
