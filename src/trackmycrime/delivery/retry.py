"""When to try again, and when to stop. Pure: no Django, no clock, no chance (it is given)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from .letters import Result

DELAYS = tuple(timedelta(seconds=s) for s in (5, 15, 60, 180, 600, 1800))
"""After the first, second … try; the last one holds from then on. Half an hour outlives a greylist and a reboot."""
SPREAD = 0.25
"""Tries are spread by up to this part of the delay, so that what failed together does not come back together."""


@dataclass(frozen=True)
class Next:
    """The state a letter goes to; `at` for one that is tried again."""

    state: str
    reason: str = ""
    at: datetime | None = None


def after(
    result: Result,
    *,
    tries: int,
    unclear_before: bool,
    now: datetime,
    give_up_at: datetime,
    chance: float,
    answer: str = "",
) -> Next:
    """What becomes of a letter after its try number `tries` ended with `result`. `chance` is in [0, 1).

    An unclear one is tried once more and not oftener: it may have arrived, and nobody should get it three times.
    """
    if result == "accepted":
        return Next("accepted")
    if result == "never":
        return Next("failed", f"refused {answer}".strip())
    if result == "unclear" and unclear_before:
        return Next("failed", "unclear twice")
    delay = DELAYS[min(max(tries, 1), len(DELAYS)) - 1]
    at = now + delay * (1 + SPREAD * chance)
    if at > give_up_at:
        return Next("failed", f"given up {answer}".strip())
    return Next("prepared", f"{result} {answer}".strip(), at)
