"""How big a run is."""

from __future__ import annotations

from dataclasses import dataclass

BATCH = 500
"""Events in a delivery of the feed."""
ENTRIES = 15
"""Entries that the measured page's timeline has at least."""


@dataclass(frozen=True)
class Size:
    """How much is loaded, and how long each thing is measured."""

    crimes: int
    """Half of them in each of two forces"""
    few: int
    """Crimes in the small database that the pages are compared with."""
    feed_seconds: float
    """For each number of connections."""
    stored: int
    """Crimes, with five events each, that are there before a backlog is replayed."""
    backlog: int
    """Events of the backlog: full is a day of England and Wales."""
    letters: int
    """Alerts that wait when two workers begin to send; half as many for a slow relay, a twentieth as texts."""
    pile: int
    """Letters in the table beside those that are claimed."""
    alerts: int
    alerts_per_second: int
    page_seconds: float
    """For each kind of request in each round."""
    rounds: int
    signin_seconds: float
    """For each kind of sign-in, and for each reading of the case with and without a flood."""


SIZES = {
    "tiny": Size(400, 100, 1, 400, 2_000, 60, 2_000, 60, 20, 0.3, 1, 1),  # only to see that it runs
    "small": Size(2_000, 200, 3, 4_000, 8_000, 2_000, 20_000, 60, 20, 1, 2, 4),
    "full": Size(100_000, 1_000, 15, 200_000, 116_000, 20_000, 1_000_000, 1_200, 20, 4, 5, 10),
}
