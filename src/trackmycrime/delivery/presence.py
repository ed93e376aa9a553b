"""Which workers live: a row for each, touched every few seconds. What an unseen worker holds is anybody's.

All by the database's clock, so that machines whose clocks differ agree.
"""

from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from django.db import connection

BEAT = timedelta(seconds=5)
UNSEEN = timedelta(seconds=20)
"""After this long without a sign, a worker counts as gone (`work.sweep`)."""


class _Cursor(Protocol):
    def execute(self, query: Any, params: Any = ..., /) -> Any: ...


def here(cursor: _Cursor, worker: UUID, channels: frozenset[str]) -> None:
    """Say that this worker lives and what it can send by; on the worker's own connection, outside of Django's."""
    cursor.execute(
        "insert into delivery_worker as w (id, started_at, seen_at, channels)"
        " values (%s, clock_timestamp(), clock_timestamp(), %s)"
        " on conflict (id) do update set seen_at = excluded.seen_at, channels = excluded.channels",
        [worker, ",".join(sorted(channels))],
    )


def gone(cursor: _Cursor, worker: UUID) -> None:
    """Say that this worker has ended in order; forget those that ended otherwise, a day later."""
    cursor.execute(
        "delete from delivery_worker where id = %s or seen_at < clock_timestamp() - interval '1 day'",
        [worker],
    )


def living(unseen: timedelta = UNSEEN) -> dict[UUID, frozenset[str]]:
    """The workers that live, each with the channels that it can send by."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select id, channels from delivery_worker where seen_at >= clock_timestamp() - make_interval(secs => %s)",
            [unseen.total_seconds()],
        )
        return {id_: frozenset(filter(None, channels.split(","))) for id_, channels in cursor.fetchall()}
