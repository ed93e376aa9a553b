"""The service's own words, in English and Welsh: what it says when no officer wrote anything.

Pure: no Django, no clock, no database. The texts are in `en/` and `cy/`; README.md has the rules.
"""

from trackmycrime.kernel.sms import SmsSize, sms_segments

from .catalogue import LANGUAGES, Language, WordingError, both, fill, text
from .entries import (
    Notice,
    Stage,
    Words,
    entry_words,
    names_review,
    offence,
    review_reason,
    stage,
    withdrawn_case,
)
from .pieces import BUILT_IN, Own, Piece, Template, piece, pieces, together

__all__ = [
    "BUILT_IN",
    "LANGUAGES",
    "Language",
    "Notice",
    "Own",
    "Piece",
    "SmsSize",
    "Stage",
    "Template",
    "WordingError",
    "Words",
    "both",
    "entry_words",
    "fill",
    "names_review",
    "offence",
    "piece",
    "pieces",
    "review_reason",
    "sms_segments",
    "stage",
    "text",
    "together",
    "withdrawn_case",
]
