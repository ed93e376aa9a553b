"""Which entries a case's timeline has: a function of what was accepted, not of the order in which it came. Pure.

CONTRACT, «Derived entries»: the records system's states make entries by themselves, and each of those gives way, one
for one, to what an officer wrote of the same step.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple
from uuid import UUID

from trackmycrime.cases.vocabulary import CLOSED, STAGE_MILESTONE, outcome_milestone

from . import belongings
from .belongings import Item
from .hearings import Hearing

NEAR = timedelta(hours=72)
VANISHES = frozenset({"wrong_case", "safety"})


class State(NamedTuple):
    """One accepted `crime.changed`, superseded or not."""

    sequence: int
    time: datetime
    stage: str
    outcome: str
    officer: str
    live: bool


Text = tuple[tuple[str, str], ...]
"""(language, words) pairs; empty: the force's own words"""


class Sealed(NamedTuple):
    """An officer's words as they are stored, not opened: most timelines can be made without reading them."""

    row: UUID
    stored: bytes


class Written(NamedTuple):
    """One update that an officer wrote, in its newest revision; `withdrawn` is the reason if it was taken back."""

    key: str
    id: str
    revision: int
    milestone: str
    happened_at: datetime
    text: Text | Sealed
    victims: frozenset[str] | None
    review: bool
    live: bool
    withdrawn: str = ""
    replaced_by: str = ""
    """The id of the update that took its place"""


class Wanted(NamedTuple):
    """One entry as it should stand. `officer` is whom a derived «officer assigned» names.

    `facts`: the hearing or item that it tells of, which has the words. `instead_of`: the key of the entry that gave
    way to it.
    """

    key: str
    revision: int
    milestone: str
    outcome: str
    happened_at: datetime
    officer: str = ""
    text: Text | Sealed = ()
    victims: frozenset[str] | None = None
    review: bool = False
    live: bool = True
    withdrawn: str = ""
    replaced_by: str = ""
    facts: Hearing | Item | None = None
    instead_of: str = ""


def derived(states: Iterable[State]) -> list[Wanted]:
    """The entries that the states, in their order, make by themselves."""
    entries: list[Wanted] = []
    stage, outcome, officer = "", "", ""
    for state in states:
        assigned = state.officer if state.officer != officer else ""
        for milestone, decided in _steps(stage, outcome, state.stage, state.outcome, bool(assigned)):
            key = f"derived:{milestone}:{state.sequence}"
            who = assigned if milestone == "officer_assigned" else ""
            entries.append(Wanted(key, state.sequence, milestone, decided, state.time, who, live=state.live))
        stage, outcome, officer = state.stage, state.outcome, state.officer
    return entries


@cache
def _steps(
    before: str, outcome_before: str, stage: str, outcome: str, assigned: bool
) -> tuple[tuple[str, str], ...]:
    """The (milestone, outcome) pairs of one state after another; `before` is empty for the first."""
    steps: list[tuple[str, str]] = []
    if not before:
        steps.append(("recorded", ""))
        before = "reported"
    if assigned:
        steps.append(("officer_assigned", ""))
    decided = outcome and outcome != outcome_before
    if stage == CLOSED and (before != CLOSED or decided):
        steps.append(("closed", outcome))
    elif before == CLOSED and stage != CLOSED:
        steps.append(("reopened", ""))
    elif decided:
        steps.append((outcome_milestone(outcome, stage), outcome))
    elif stage != before and stage in STAGE_MILESTONE:
        steps.append((STAGE_MILESTONE[stage], ""))
    return tuple(steps)


def told(hearings: Iterable[Hearing], items: Iterable[Item]) -> list[Wanted]:
    """The entries that hearings and property make by themselves: one for each, whose newest state is its words."""
    entries = [
        Wanted(
            key=f"hearing:{one.id}",
            revision=one.sequence,
            milestone=one.milestone,
            outcome="",
            happened_at=one.said_at,
            live=one.live,
            facts=one,
        )
        for one in hearings
    ]
    return entries + [
        Wanted(
            key=f"property:{item.id}",
            revision=item.sequence,
            milestone=belongings.MILESTONE,
            outcome="",
            happened_at=item.said_at,
            live=item.live,
            withdrawn="mistake" if item.mistaken else "",
            facts=item,
        )
        for item in items
        if item.told
    ]


def timeline(
    states: Sequence[State],
    written: Sequence[Written],
    hearings: Sequence[Hearing] = (),
    items: Sequence[Item] = (),
    *,
    derive: bool = True,
) -> list[Wanted]:
    """Every entry of one case. Which of them a victim may see yet is decided after this (`defaults.rule`).

    `states` are in their order, by sequence, whatever order they came in.
    An update withdrawn as `wrong_case` or `safety` leaves nothing; withdrawn otherwise it stays, marked. Hearings and
    property make their entries whatever `derive` says, and like the derived ones give way to what an officer wrote of
    the same step within 72 hours of when the records system said it, if that can be about what they say now
    (`covered_by`): a hearing put off after it was written about is told.
    """
    entries = (derived(states) if derive else []) + told(hearings, items)
    outcome = states[-1].outcome if states else ""
    given_way = _give_way(entries, written)
    kept = [entry for entry in entries if entry.key not in given_way]
    for update in written:
        if update.withdrawn in VANISHES:
            continue
        place = given_way.get(update.key)
        kept.append(
            Wanted(
                key=update.key,
                revision=update.revision,
                milestone=update.milestone,
                outcome=(place.outcome if place else outcome)
                if update.milestone in ("no_further_action", "closed")
                else "",
                happened_at=update.happened_at,
                text=update.text,
                victims=update.victims,
                review=update.review,
                live=update.live,
                withdrawn=update.withdrawn,
                replaced_by=f"update:{update.replaced_by}" if update.withdrawn == "replaced" else "",
                instead_of=place.key if place else "",
            )
        )
    return kept


def _give_way(entries: Sequence[Wanted], written: Sequence[Written]) -> dict[str, Wanted]:
    """The pairs of derived entry and update that tell of the same step, nearest first, one for one; by both keys.

    An update for some victims only takes no entry away from the others, and a withdrawn one takes none.
    """
    pairs = [
        (abs(update.happened_at - entry.happened_at), update.id, entry.revision, entry, update)
        for update in written
        if not update.withdrawn and update.victims is None
        for entry in entries
        if entry.milestone == update.milestone
        and (entry.facts is None or entry.facts.covered_by(update.happened_at))
        and abs(update.happened_at - entry.happened_at) <= NEAR
    ]
    taken: dict[str, Wanted] = {}
    for _, _, _, entry, update in sorted(pairs, key=lambda pair: pair[:3]):
        if entry.key not in taken and update.key not in taken:
            taken[entry.key] = taken[update.key] = entry
    return taken
