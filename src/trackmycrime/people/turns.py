"""How many tries to sign in a process works on at once, so that a flood of them leaves threads to everybody else."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from trackmycrime.kernel.limits import Limit

MOST = 3
"""One password is hashed (`hashing`), the others wait. A door has eight threads."""
PAUSE = 0.02
"""Seconds that a try over a limit waits: as long as a hash takes, so that being turned away is no quicker."""

_places = threading.BoundedSemaphore(MOST)


class TooManyTries(Exception):
    """The limit is reached; `minutes` is for how long at most."""

    def __init__(self, limit: Limit) -> None:
        super().__init__(limit.name)
        self.minutes = int(limit.window.total_seconds()) // 60


class Busy(TooManyTries):
    """Too many others are signing in at this moment: nothing was counted, and it will do in a minute."""

    def __init__(self) -> None:
        super().__init__(Limit("busy", 0, timedelta(minutes=1)))


@contextmanager
def one() -> Iterator[None]:
    """One of the few places for those who want a password looked at. Raises Busy at once when all are taken."""
    if not _places.acquire(blocking=False):
        raise Busy
    try:
        yield
    finally:
        _places.release()
