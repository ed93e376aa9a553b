"""What time it is. Moments for people come from `wall`, which may jump; whatever waits goes by `steady`."""

from __future__ import annotations

import time
from datetime import UTC, datetime


def wall() -> float:
    """Seconds since 1970 by the machine's clock, for showing only."""
    return time.time()


def steady() -> float:
    """Seconds that only ever go on, from no known beginning."""
    return time.monotonic()


def moment(seconds: float | None) -> str | None:
    """A moment of `wall` in RFC 3339."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
