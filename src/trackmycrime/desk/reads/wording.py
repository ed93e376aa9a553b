"""The words that leave the machine, in the words of the desk: which there are, what is sent, what was changed."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import SequenceMatcher
from itertools import groupby

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from trackmycrime.alerts.words import frozen
from trackmycrime.delivery import api as delivery
from trackmycrime.desk import words
from trackmycrime.forces.models import Force
from trackmycrime.publish import own_words
from trackmycrime.publish.own_words import Version
from trackmycrime.publish.wording import LANGUAGES, Language, Own, Piece, Template, pieces, sms_segments
from trackmycrime.publish.wording.checks import SAMPLE_CODE

from .record import staff_names

OCCASIONS = {
    "alert": lazy("There is something new"),
    "alert.collapsed": lazy("Several things are new"),
    "alert.no_news": lazy("There is no news yet"),
    "alert.not_joined": lazy("There is something new, before they have joined"),
    "alert.reply": lazy("Answer to a reply"),
    "alert.contact_new": lazy("To a new address or number"),
    "alert.contact_told": lazy("Another address or number has changed"),
    "alert.sign_in": lazy("Somebody signed in to their account"),
    "alert.email_left": lazy("They sign in with another email address, and this one is left"),
    "alert.frozen": lazy("Their account was closed, because somebody else may have seen it"),
    "alert.helper": lazy("There is something new, to somebody who helps"),
    "invitation": lazy("Invitation"),
    "invitation.helper": lazy("Invitation to somebody who helps"),
    "invitation.reminder": lazy("Second invitation"),
    "invitation.last_reminder": lazy("Last invitation"),
    "code": lazy("Code that somebody asks for on the portal"),
}
_TOKENS = re.compile(r"\s+|[^\s]+")


def occasion(piece: Piece) -> str:
    """When this text is sent, in words."""
    stem = piece.stem.removesuffix(".disguise")
    name = words.said(OCCASIONS, stem).replace(".", " ")
    return _("%(occasion)s, in disguise") % {"occasion": name} if stem != piece.stem else name


def channel(piece: Piece) -> str:
    """By which channel it goes."""
    return words.said(words.CHANNELS, piece.channel)


@dataclass(frozen=True)
class State:
    """How the words of one text stand in one language."""

    language: Language
    own: bool
    version: int
    when: str
    who: str


@dataclass(frozen=True)
class Row:
    """One text of the list."""

    key: str
    channel: str
    states: list[State]

    @property
    def changed(self) -> bool:
        """Whether it ever had words of the force."""
        return any(state.version for state in self.states)


def _who(version: Version, names: Mapping[str, str]) -> str:
    if version.by is None:
        return _("The command line") if version.version else ""
    return names.get(str(version.by), _("A member of staff"))


def _state(version: Version, names: Mapping[str, str], now: datetime) -> State:
    when = words.moment(version.at, now) if version.at else ""
    return State(version.language, not version.built_in, version.version, when, _who(version, names))


def listed(force: Force, now: datetime) -> list[tuple[str, list[Row]]]:
    """All texts by their occasion, with how they stand. Two statements."""
    stand = own_words.standing(force.pk)
    names = staff_names(force.pk, {each.by for each in stand.values() if each.by})
    found = []
    for _stem, several in groupby(pieces().values(), key=lambda one: one.stem):
        group = list(several)
        rows = [
            Row(
                one.key,
                channel(one),
                [
                    _state(
                        stand.get((one.key, language)) or own_words.built_in(one.key, language), names, now
                    )
                    for language in LANGUAGES
                    if language in force.languages
                ],
            )
            for one in group
        ]
        found.append((occasion(group[0]), rows))
    return found


@dataclass(frozen=True)
class Sent:
    """One message exactly as it is sent. `language` is ``en``, ``cy`` or ``cy+en``."""

    language: str
    channel: str
    sender: str
    heading: str | None
    body: str
    characters: int
    encoding: str
    segments: int


SAMPLE_LINK = "/start/3467CDFGHJKMNPQR2345"
"""What stands for the link of an invitation: nobody's, as `SAMPLE_CODE` is nobody's code"""


def sent(piece: Piece, templates: Mapping[Language, Template], languages: Iterable[Language]) -> list[Sent]:
    """What goes out with these words: in each of the languages, and both in one where the force writes both."""
    own = Own({(piece.key, language): (1, template) for language, template in templates.items()})
    wanted: list[str] = list(languages)
    if len(templates) > 1:
        wanted.append("cy+en")
    address = str(settings.TMC_PORTAL_URL).rstrip("/")
    filled = {"address": address, "code": SAMPLE_CODE, "link": address + SAMPLE_LINK}
    values = {name: filled[name] for name in piece.placeholders()}
    found = []
    for language in wanted:
        said = frozen(piece.stem, piece.channel, language, own, **values)
        size = sms_segments(said.body)
        found.append(
            Sent(
                language,
                piece.channel,
                _sender(piece),
                said.subject,
                said.body,
                len(said.body),
                size.encoding,
                size.segments,
            )
        )
    return found


def _sender(piece: Piece) -> str:
    """From whom it is, or why nobody can say or nothing is sent."""
    if piece.stem.endswith(".disguise") and piece.channel not in delivery.neutral():
        return _("No neutral sender is set up, so nothing is sent in disguise by this channel")
    if piece.channel not in delivery.set_up():
        return _("This channel is not set up, so nothing is sent by it")
    shown = delivery.sender(piece.channel, disguised=piece.stem.endswith(".disguise"))
    return shown or _("As the provider has it")


@dataclass(frozen=True)
class Part:
    """A part of a text beside the version before: ``same``, ``gone`` or ``new``."""

    kind: str
    text: str


@dataclass(frozen=True)
class Past:
    """One version of a text in the history."""

    state: State
    back: list[tuple[str, str]]
    """What a form must say to go back to it: its words, and in other languages what is sent now"""
    heading: list[Part]
    body: list[Part]
    stands: bool


def differences(before: str, after: str) -> list[Part]:
    """What is in the second text beside the first, word by word."""
    one, other = _TOKENS.findall(before), _TOKENS.findall(after)
    found = []
    for kind, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if kind == "equal":
            found.append(Part("same", "".join(other[c:d])))
            continue
        for name, text in (("gone", "".join(one[a:b])), ("new", "".join(other[c:d]))):
            if text:
                found.append(Part(name, text))
    return found


def history(force: Force, piece: Piece, now: datetime) -> list[tuple[Language, list[Past]]]:
    """All versions of a text in each language, newest first, each beside the one before; the built-in is the last."""
    versions, now_sent = own_words.history(force.pk, piece.key), own_words.now_sent(force, piece.key)
    names = staff_names(force.pk, {each.by for each in versions if each.by})
    found = []
    for language in LANGUAGES:
        if language not in force.languages:
            continue
        several = [each for each in versions if each.language == language]
        several.append(own_words.built_in(piece.key, language))
        past = []
        for n, version in enumerate(several):
            before = several[n + 1].template if n + 1 < len(several) else version.template
            past.append(
                Past(
                    _state(version, names, now),
                    _back(now_sent | {language: version}, now_sent),
                    differences(before.heading or "", version.template.heading or ""),
                    differences(before.body, version.template.body),
                    version.template == several[0].template,
                )
            )
        found.append((language, past))
    return found


def _back(wanted: Mapping[Language, Version], stand: Mapping[Language, Version]) -> list[tuple[str, str]]:
    said = []
    for language, version in wanted.items():
        said.append((f"{language}_based", str(stand[language].version)))
        if version.template.heading is not None:
            said.append((f"{language}_heading", version.template.heading))
        said.append((f"{language}_body", version.template.body))
    return said
