"""When a return is posted again, and when it is given up. Pure: no Django, no clock, no chance (it is given)."""

from datetime import datetime, timedelta

DELAYS = tuple(timedelta(seconds=s) for s in (5, 30, 120, 600, 1800, 3600, 7200, 14400, 28800))
"""After the first, second … try; the last one holds from then on."""
SPREAD = 0.25
"""Tries are spread by up to this part of the delay, so that what failed together does not come back together."""
GIVE_UP_AFTER = timedelta(days=3)
LONGEST_WISH = timedelta(hours=8)
"""The longest Retry-After that is heeded"""


def after(
    tries: int, *, first: datetime, now: datetime, chance: float, wished: timedelta | None = None
) -> datetime | None:
    """When to try again after the try number `tries` failed; None: never, three days from the first are over.

    `chance` is in [0, 1); `wished` is what the receiver asks for by Retry-After.
    """
    delay = DELAYS[min(max(tries, 1), len(DELAYS)) - 1] * (1 + SPREAD * chance)
    at = now + max(delay, min(wished or timedelta(0), LONGEST_WISH))
    return at if at <= first + GIVE_UP_AFTER else None
