"""What words must be like before a force may send them as its own. Pure; a problem says what would be right.

The same checks hold for the built-in words (a test), so that nobody has to guess what is wanted: it is what stands
there. `README.md` has the rules.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from trackmycrime.kernel.sms import GSM7_BASIC, GSM7_EXTENSION, sms_segments

from . import forbidden
from .catalogue import LANGUAGES, Language, fill, odd_braces, placeholders, text
from .pieces import Piece, Template, together
from .readable import grade, longest_sentence, seems_to_be

MOST_PARTS = 2
"""Parts that a text message may take in one language; both languages in one: twice that."""
LONGEST = {"email": (78, 2000), "push": (60, 180), "text": (0, 500)}
"""Characters of a heading and of a body, by channel: a subject and a notification are shown whole."""
GRADE, GRADE_OF_A_LINE = 8.0, 11.5
"""How hard English may be to read (Flesch-Kincaid). Below nine words the formula leans on single long words."""
SENTENCE = 26
"""Words in a Welsh sentence, for which no formula is made."""
ALWAYS_FILLED = {"code", "link"}
"""Placeholders without which the message is of no use: once, neither left out nor repeated."""
SAMPLE_CODE = "CDFG-HJKM-3467"
"""As long as the longest code that is sent"""
_KEPT_NUMBERS = ("999", "72")
_MOJIBAKE = re.compile("\ufffd|[ÂÃÅ][\u0080-\u00bf]|â€|ï¿½|ï»¿|Ã[ƒ‚¢]|Å[µ·´¶]|\\?{3,}")
_MARKUP = re.compile(r"</?[A-Za-z][^>]*>|&(?:[a-z]+|#\d+);")


@dataclass(frozen=True)
class Problem:
    """What is wrong in one field: ``heading`` or ``body``."""

    language: Language
    field: str
    code: str
    values: Mapping[str, object]

    def words(self, language: str) -> str:
        """What is wrong and what would be right, in that language."""
        return text(f"check.{self.code}", language, **self.values)


def cleaned(words: str | None) -> str | None:
    """Words as they are kept: line ends and accents in their one spelling, no space at the ends of lines."""
    if words is None:
        return None
    lines = unicodedata.normalize("NFC", words).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(line.rstrip() for line in lines).strip()


def check(
    piece: Piece,
    wanted: Mapping[Language, Template],
    stand: Mapping[Language, Template],
    *,
    force_names: Sequence[str] = (),
) -> list[Problem]:
    """What is wrong with the words that are wanted for this text, in whichever languages are given.

    `stand` are the words that are sent now, in all languages that the force writes: what is wanted must also fit
    together with the other language, for somebody whose language is not known. `force_names` may not be in a disguise.
    """
    problems: list[Problem] = []
    for language, template in wanted.items():
        for name, words in zip(("heading", "body"), template, strict=True):
            if words is not None:
                found = _in_field(piece, language, name, words, force_names)
                problems += [Problem(language, name, code, values) for code, values in found]
        missing = sorted(
            (piece.placeholders() & ALWAYS_FILLED)
            - placeholders(template.body)
            - placeholders(template.heading or "")
        )
        problems += [Problem(language, "body", "missing", {"found": f"{{{name}}}"}) for name in missing]
    all_ = {**stand, **wanted}
    if len(all_) == len(LANGUAGES):
        problems += _twice_the_same(piece, wanted, all_)
        if piece.channel == "text" and not problems:
            problems += _parts_together(wanted, all_)
    return problems


Found = Iterator[tuple[str, dict[str, object]]]


def _in_field(piece: Piece, language: Language, name: str, words: str, force_names: Sequence[str]) -> Found:
    if not words:
        yield "empty", {}
        return
    yield from _letters(words)
    most = LONGEST[piece.channel][0 if name == "heading" else 1]
    if len(words) > most:
        yield "long", {"count": len(words), "most": most}
        if len(words) > 2 * most:
            return  # the rest is not worth the time that it takes
    if "\n" in words and (name == "heading" or piece.channel != "email"):
        yield "lines", {}
    yield from _braces(piece, words)
    yield from _said(piece, words, force_names)
    if name == "body":
        own = piece.built_in(language).body
        for number in _KEPT_NUMBERS:
            if _has_number(own, number) and not _has_number(words, number):
                yield "number", {"found": number}
    yield from _reading(language, words)
    if piece.channel == "text":
        yield from _parts(words)


def _letters(words: str) -> Found:
    for char in dict.fromkeys(words):
        kind = unicodedata.category(char)
        if (kind in ("Cc", "Cf", "Co", "Cs", "Cn") and char != "\n") or kind in ("Zl", "Zp"):
            yield "hidden", {"found": f"U+{ord(char):04X}"}
    if broken := _MOJIBAKE.search(words):
        yield "broken", {"found": broken[0]}
    if markup := _MARKUP.search(words):
        yield "markup", {"found": markup[0]}


def _braces(piece: Piece, words: str) -> Found:
    allowed = piece.placeholders()
    known = ", ".join(f"{{{name}}}" for name in sorted(allowed))
    odd = [*odd_braces(words), *(f"{{{name}}}" for name in sorted(placeholders(words) - allowed))]
    for found in odd:
        yield ("braces", {"found": found, "known": known}) if known else ("no_braces", {"found": found})
    for name in sorted(placeholders(words) & ALWAYS_FILLED):
        if (count := words.count(f"{{{name}}}")) > 1:
            yield "twice", {"found": f"{{{name}}}", "count": count}


def _said(piece: Piece, words: str, force_names: Sequence[str]) -> Found:
    for found in forbidden.links(words):
        yield "link", {"found": found}
    for found in forbidden.telling(words, piece):
        yield "telling", {"found": found}
    for found in forbidden.titled(words):
        yield "name", {"found": found}
    if piece.disguised:
        for found in forbidden.showing_who(words, force_names):
            yield "disguise", {"found": found}


def _reading(language: Language, words: str) -> Found:
    prose = re.sub(r"\{[a-z_]+\}", "", words)
    other = seems_to_be(prose)
    if other and other != language:
        yield f"not_{language}", {}
    elif language == "en":
        count = len(prose.split())
        most = GRADE if count >= 9 else GRADE_OF_A_LINE
        if count >= 4 and (found := grade(prose)) > most:
            yield "hard", {"count": f"{found:.1f}", "most": f"{most:g}"}
    elif (longest := longest_sentence(prose)) > SENTENCE:
        yield "sentence", {"count": longest, "most": SENTENCE}


def _parts(words: str) -> Found:
    size = sms_segments(sample(words))
    if size.segments <= MOST_PARTS:
        return
    odd = "".join(dict.fromkeys(char for char in words if char not in GSM7_BASIC | GSM7_EXTENSION))
    values: dict[str, object] = {"count": size.segments, "most": MOST_PARTS}
    yield ("parts_of_letters", values | {"found": odd}) if odd else ("parts", values)


def sample(words: str) -> str:
    """A text message with what is filled in as long as it can be."""
    return fill(words, "sample", "en", dict.fromkeys(placeholders(words), SAMPLE_CODE))


def _twice_the_same(
    piece: Piece, wanted: Iterable[Language], all_: Mapping[Language, Template]
) -> list[Problem]:
    alike = [
        name
        for name, welsh, english, *own in zip(
            Template._fields, all_["cy"], all_["en"], piece.built_in("cy"), piece.built_in("en"), strict=True
        )
        if welsh and english and welsh.casefold() == english.casefold() and own[0] != own[1]
    ]
    return [Problem(_shown(wanted), name, "same", {}) for name in alike]


def _parts_together(wanted: Iterable[Language], all_: Mapping[Language, Template]) -> list[Problem]:
    count = sms_segments(sample(together(all_["cy"], all_["en"]).body)).segments
    if count <= 2 * MOST_PARTS:
        return []
    return [Problem(_shown(wanted), "body", "together", {"count": count, "most": 2 * MOST_PARTS})]


def _shown(wanted: Iterable[Language]) -> Language:
    """Where a problem of both languages is shown: at the Welsh, if that is being changed."""
    return "cy" if "cy" in wanted else "en"


def _has_number(words: str, number: str) -> bool:
    return bool(re.search(rf"(?<!\d){number}(?!\d)", words))
