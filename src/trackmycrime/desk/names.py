"""Words in an officer's text that look like a person's name: a suspect must not be named. Pure.

A warning, never a refusal: it cannot know names, only their shape. What the case itself names (the victim, the
officer, the team, the place) is not warned about.
"""

import re
from collections.abc import Iterable

# «Mr Jones», «Ms O’Neill-Price»: a title and what follows it
_TITLED = re.compile(r"\b(?:Mr|Mrs|Ms|Miss|Mx|Dr|Master|Mister)\.?\s+[A-ZÀ-ŶŴ][\w’'-]+")
# two or more words with a capital in a row: «John Smith»
_PAIR = re.compile(r"\b[A-ZÀ-Ŷ][\w’'-]*[a-zà-ŷ](?:\s+[A-ZÀ-Ŷ][\w’'-]*[a-zà-ŷ])+")
_START = re.compile(r"(?:^|[.!?:]\s+|\n\s*)$")

# Capitals that belong to the work and not to a person.
KNOWN = frozenset(
    """
    Crown Prosecution Service Magistrates’ Magistrates' Magistrates Court Victim Victims Victims’ Victims' Personal
    Statement Right Review Support Citizens Advice Witness Care Unit Contact Scheme Police Code England Wales English
    Welsh Monday Tuesday Wednesday Thursday Friday Saturday Sunday January February March April May June July August
    September October November December Street Road Lane Avenue Close Drive Way Square Park Station DC DS DI PC PS Sgt
    Inspector Constable Detective Sergeant The We You Your Our It If This They I On In At A An And To For Of By From
    With When Dydd Llun Mawrth Mercher Iau Gwener Sadwrn Sul Ionawr Chwefror Ebrill Mai Mehefin Gorffennaf Awst Medi
    Hydref Tachwedd Rhagfyr Llys Ynadon Heddlu Gwasanaeth Erlyn Goron Datganiad Personol Dioddefwr Uned Gofal Tystion
    Cod Dioddefwyr Hawl Adolygu Y Yr Mae Rydym
    """.casefold().split()
)


def look_like_names(text: str, known: Iterable[str] = ()) -> list[str]:
    """The parts of the text that look like names of persons, in order, each once.

    `known`: texts of the case whose words are expected (the victim's name, the officer, the team, the place).
    """
    expected = KNOWN | {word.casefold() for part in known for word in re.findall(r"[\w’'-]+", part)}
    found: list[str] = []
    for match in sorted(
        [*_TITLED.finditer(text), *_PAIR.finditer(text)], key=lambda m: (m.start(), -m.end())
    ):
        words = match.group().split()
        if _START.search(text[: match.start()]) and len(words) > 1 and words[0].casefold() in KNOWN:
            words = words[1:]  # the first word of a sentence has its capital anyway
        unknown = [word for word in words if word.casefold().rstrip("’s'").rstrip("'") not in expected]
        unknown = [word for word in unknown if word.casefold() not in expected]
        if len(unknown) >= (1 if _TITLED.fullmatch(match.group()) else 2):
            part = " ".join(words)
            if not any(part in earlier for earlier in found):
                found.append(part)
    return found
