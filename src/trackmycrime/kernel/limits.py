"""Limits that hold across processes: counted in PostgreSQL, one row per thing counted and window of time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from . import crypto


@dataclass(frozen=True)
class Limit:
    """At most `most` times within `window`. `name` is part of the key, so limits never share a counter."""

    name: str
    most: int
    window: timedelta


def _key(limit: Limit, who: str) -> bytes:
    return crypto.blind(f"limit:{limit.name}", who)


def hit(limit: Limit, who: str, *, now: datetime, weight: int = 1) -> bool:
    """Count one try of `who` and say whether it is still within the limit; see `count`."""
    return count(limit, who, now=now, weight=weight) <= limit.most


def count(limit: Limit, who: str, *, now: datetime, weight: int = 1) -> int:
    """Count one try of `who`, and say how many there have been in this window.

    `who` may be an email address or a network address: only its keyed hash is stored. Counting waits for other
    tries of the same `who`, so that tries sent side by side are counted one by one.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "select limit_hit(%s, %s, %s, %s)",
            [_key(limit, who), now, f"{limit.window.total_seconds()} s", weight],
        )
        return int(cursor.fetchone()[0])


def first_over(tries: Sequence[tuple[Limit, str]], *, now: datetime) -> Limit | None:
    """Count one try of each in turn, and say which limit it is over; what comes after that one is not counted."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select limit_hits(%s, %s, %s, %s::int[])",
            [
                [_key(limit, who) for limit, who in tries],
                now,
                [limit.window for limit, _ in tries],
                [limit.most for limit, _ in tries],
            ],
        )
        which = int(cursor.fetchone()[0])
    return tries[which - 1][0] if which else None


def seen(limit: Limit, who: str, *, now: datetime) -> int:
    """How many there have been in this window. Counts and writes nothing."""
    with connection.cursor() as cursor:
        cursor.execute("select limit_seen(%s, %s)", [_key(limit, who), now])
        return int(cursor.fetchone()[0])


def clear(limit: Limit, who: str) -> None:
    """Forget the count, as after a success."""
    with connection.cursor() as cursor:
        cursor.execute("select limit_clear(%s)", [_key(limit, who)])


def clear_ended(now: datetime) -> int:
    """Remove the counters of windows that are over, for the worker; returns how many there were."""
    with connection.cursor() as cursor:
        cursor.execute("delete from kernel_counter where ends_at < %s", [now])
        return int(cursor.rowcount)
