"""When to try again, and when to stop. Pure: no Django, no clock, no chance (it is given)."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from .letters import Result

DELAYS = tuple(timedelta(seconds=s) for s in (5, 15, 60, 180, 600, 1800))
"""After the first, second … try; the last one holds from then on. Half an hour outlives a greylist and a reboot."""
SPREAD = 0.25
"""Tries are spread by up to this part of the delay, so that what failed together does not come back together."""
ENOUGH = 2
"""So many tries that may have arrived are not followed by another, where the provider cannot be asked: nobody should
get it three times."""


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
    now: datetime,
    give_up_at: datetime,
    chance: float,
    answer: str = "",
    wait: timedelta | None = None,
) -> Next:
    """What becomes of a letter after its try number `tries` ended with `result`. `chance` is in [0, 1); `wait` is for
    how long the provider asks to be left alone.

    The delays grow with the number of tries of the same kind: of sending, or of asking a provider that cannot say.
    """
    if result == "accepted":
        return Next("accepted")
    if result == "never":
        return Next("failed", f"refused {answer}".strip())
    delay = DELAYS[min(max(tries, 1), len(DELAYS)) - 1]
    at = now + max(delay, wait or delay) + delay * SPREAD * chance
    if at > give_up_at:
        return Next("failed", f"given up {answer}".strip())
    return Next("prepared", f"{result} {answer}".strip(), at)
