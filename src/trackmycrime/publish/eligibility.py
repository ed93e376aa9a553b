"""Whether victims may track a crime at all. Pure. Missing data closes."""

from typing import NamedTuple

from trackmycrime.cases.offences import implied_flags
from trackmycrime.cases.vocabulary import PROTECTED_FLAGS
from trackmycrime.forces.policy import Policy


class Facts(NamedTuple):
    """What the decision needs to know of a crime."""

    category: str
    code: str
    flags: tuple[str, ...]
    withheld: bool
    switched_on: bool | None
    child_victim: bool
    shadow: bool = False


def protected(facts: Facts) -> frozenset[str]:
    """The protected kinds that this crime is of: its flags, what its offence code implies, and a victim under 18."""
    flags = set(facts.flags) | implied_flags(facts.code)
    if facts.child_victim:
        flags.add("child_victim")
    return frozenset(flags) & PROTECTED_FLAGS


def why_closed(facts: Facts, policy: Policy) -> str:
    """Why no page of this crime opens, as a word; empty when its victims may track it.

    ``shadow`` (its source is tried out unseen); ``withheld``; ``do_not_publish``; ``offence`` (the force has not
    mapped it, or has said no); ``protected`` (off until an officer switches it on); ``switched_off`` (an officer said
    no).
    """
    if facts.shadow:
        return "shadow"
    if facts.withheld:
        return "withheld"
    if "do_not_publish" in facts.flags:
        return "do_not_publish"
    if facts.switched_on is False:
        return "switched_off"
    mapped = policy.offence_codes.get(facts.code) if facts.code else None
    # this category says too little by itself: only a code that the force has mapped opens it
    by_category = facts.category in policy.categories and facts.category != "violence-and-sexual-offences"
    if mapped is False or (mapped is None and not by_category):
        return "offence"
    if protected(facts) and not facts.switched_on:
        return "protected"
    return ""
