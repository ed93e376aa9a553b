"""The words of a case: what a step, an outcome, a stage and a kind of crime are called, and what they mean.

Which words exist is what the feed can say (milestones, outcome types 1 to 22, stages and categories of the
contract): a test holds the two together.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from .catalogue import FOLDER, WordingError, fill, load, text

FIELDS = ("title", "happened", "means", "next", "could_change", "ask")
TOLD_BY_OUTCOME = frozenset({"no_further_action", "closed"})
"""Milestones that say little by themselves: with a known outcome type, its words stand there instead."""


@dataclass(frozen=True, slots=True)
class Words:
    """One entry of a timeline: a heading, then what happened, what it means, what comes next, what could
    change it, and what the reader can do or ask."""

    title: str
    happened: str
    means: str
    next: str
    could_change: str
    ask: str

    def paragraphs(self) -> tuple[str, ...]:
        """Everything below the title, in reading order."""
        return (self.happened, self.means, self.next, self.could_change, self.ask)


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a case is on its way, as a label and as a sentence."""

    label: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Notice:
    """What stands in place of a case that the records system took away."""

    title: str
    paragraphs: tuple[str, ...]


def entry_words(
    milestone: str, outcome: str | None, language: str, *, unit: str | None, officer: str | None = None
) -> Words:
    """The force's own words for `milestone`, in `language`.

    `outcome` is the Home Office outcome type where one is known (`1` to `22`; `1A`, `2A`, `3A` read as
    their parents); it decides the words of `no_further_action` and `closed`, and of nothing else. `unit`
    is the team's name as it reads after «ask»; None gives «the police team». `officer` None gives the unit.
    Empty strings count as None.

    Raises WordingError for a milestone, outcome or language that has no words.
    """
    stem = _stem(milestone, outcome, language)
    texts, values = load(language), {"unit": unit, "officer": officer}
    return Words(*(fill(str(texts[f"{stem}.{field}"]), stem, language, values) for field in FIELDS))


def names_review(outcome: str | None, milestone: str) -> bool:
    """Whether the words of this entry name the Victims' Right to Review; `review.toml` has each reason."""
    kind, _, code = _stem(milestone, outcome, "en").partition(".")
    return code in _review_reasons()[kind]["may_review"]


def review_reason(outcome: str | None, milestone: str) -> str:
    """Why the Right to Review is named in the words of this entry, or why not; for officers."""
    kind, _, code = _stem(milestone, outcome, "en").partition(".")
    tables = _review_reasons()[kind]
    return tables["may_review"].get(code) or tables["no_review"][code]


def stage(stage: str, language: str) -> Stage:
    """What the `stage` of a case is called and what it means."""
    return Stage(text(f"stage.{stage}.label", language), text(f"stage.{stage}.sentence", language))


def offence(category: str, language: str) -> str:
    """The public category of a crime as its victim reads it. Never for an alert."""
    return text(f"offence.{category}", language)


def withdrawn_case(reason: str, language: str, *, unit: str | None) -> Notice:
    """What stands in place of a case withdrawn for `reason`: `no_crime`, `merged`, `duplicate` or `disposed`.

    A withheld case says nothing, so `withheld` raises WordingError as any unknown reason does.
    """
    paragraphs = load(language).get(f"withdrawn.{reason}.paragraphs", ())
    title = text(f"withdrawn.{reason}.title", language)
    return Notice(title, tuple(fill(part, reason, language, {"unit": unit}) for part in paragraphs))


def _stem(milestone: str, outcome: str | None, language: str) -> str:
    stem = f"milestone.{milestone}"
    if f"{stem}.title" not in load(language):
        raise WordingError(f"no words for milestone {milestone!r}")
    if outcome and milestone in TOLD_BY_OUTCOME:
        stem = f"outcome.{outcome.removesuffix('A') if outcome in {'1A', '2A', '3A'} else outcome}"
        if f"{stem}.title" not in load(language):
            raise WordingError(f"no words for outcome type {outcome!r}")
    return stem


@cache
def _review_reasons() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    with (FOLDER / "review.toml").open("rb") as file:
        return tomllib.load(file)
