"""How easy words are to read. Pure.

`textstat` holds a dictionary of syllables, read when it is first asked (a second or two, some 60 MiB): only where words
are checked, never where they are sent.
"""

import re
from typing import Literal

_ENGLISH = re.compile(r"\b(?:the|your|you|and|is|are|we|not|this|it|for|have|with|of|can|do|there)\b", re.I)
_WELSH = re.compile(
    r"\b(?:yn|mae|eich|chi|nid|oes|ydych|gennych|gallwch|ar|yw|neu|wedi|hwn|peidiwch|nad|drwy|hyn|i'w|gan)\b",
    re.I,
)
_SENTENCES = re.compile(r"(?<=[.?!:])\s+|\n+")


def grade(words: str) -> float:
    """The years of school that an English text asks for (Flesch-Kincaid). It measures length, not warmth."""
    import textstat

    # one name, which nobody reads as one long word
    return float(textstat.flesch_kincaid_grade(words.replace("TrackMyCrime", "Track My Crime")))


def longest_sentence(words: str) -> int:
    """How many words the longest sentence has."""
    return max((len(sentence.split()) for sentence in _SENTENCES.split(words)), default=0)


def seems_to_be(words: str) -> Literal["en", "cy", ""]:
    """The language that the small words in it are of; empty where they do not say."""
    english, welsh = len(_ENGLISH.findall(words)), len(_WELSH.findall(words))
    if english >= 3 and english > 2 * welsh:
        return "en"
    if welsh >= 3 and welsh > 2 * english:
        return "cy"
    return ""
