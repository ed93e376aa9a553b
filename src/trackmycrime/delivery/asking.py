"""Asks a provider what became of letters that it accepted, where its receipts cannot reach us.

For GOV.UK Notify without callbacks: an installation that nobody can reach from outside. A letter without a receipt is
asked for a quarter of an hour after it was accepted, then after an hour, six hours, a day, and when Notify has given up
itself; what people have texted back is asked for as well. How far each of these has come is a row (`models.Asking`), so
nothing is passed over by a restart or an outage, and one worker at a time goes on with it. Nobody is asked inside a
transaction.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from django.db import connection, transaction

from trackmycrime.kernel import setwise
from trackmycrime.kernel.clock import utc_now

from . import receipts, stops
from .channels.notify.receipts import from_asking
from .hearing import Told
from .letters import Outcome, Receipt, Upstairs

log = logging.getLogger(__name__)

PRINTED = timedelta(days=8)
AFTER = (*(timedelta(minutes=minutes) for minutes in (15, 60, 6 * 60, 24 * 60, 73 * 60)), PRINTED)
"""So long after it was accepted a letter is asked for; Notify itself gives up after 72 hours. The last is for printed
ones, which may lie over a holiday before they go into the post."""
BATCH = 50
_HELD = timedelta(minutes=5)
"""Longer than a batch takes"""
_FIRST = UUID(int=0)
_TEXTS = timedelta(0)
"""The place of what people have texted back"""


class Askable(Protocol):
    """A sender whose provider can be asked; see `channels.notify`."""

    def ask_for(self, reference: UUID, channel: str, *, disguised: bool = False) -> Outcome | None:
        """What the provider knows of the letter with our id."""

    def texts_since(self, moment: datetime) -> tuple[Told, datetime] | None:
        """What people have texted back after that moment, and when the newest of it came; None when it cannot say."""

    def close(self) -> None:
        """Let the connection go."""


@dataclass(frozen=True)
class _Place:
    """How far one of `AFTER` has come."""

    upto: datetime
    upto_id: UUID


def go_on(
    after: timedelta,
    provider: Askable,
    channels: Sequence[str],
    *,
    now: datetime,
    upstairs: Upstairs,
    most: int = BATCH,
) -> int:
    """Ask for the next letters that were accepted so long ago and have no receipt; says how many were asked for.

    What the provider cannot say ends the batch; another time it goes on from there. A worker that is killed in between
    leaves its place to others after five minutes, and what it had asked for is asked for again.
    """
    place = _take(after, now)
    if place is None:
        return 0
    found: list[Receipt] = []
    asked = 0
    for row in _next(place, channels, after, now, most):
        known = provider.ask_for(row["id"], row["channel"], disguised=row["disguised"])
        if known is not None and known.result == "unclear":
            log.warning("asking for receipts: the provider cannot say (%s)", known.answer)
            break
        if receipt := from_asking(row["channel"], row["id"], known, now):
            found.append(receipt)
        asked, place = asked + 1, _Place(row["finished_at"], row["id"])
    _give_back(after, place, found, now, upstairs)
    return asked


def listen(provider: Askable, *, now: datetime, upstairs: Upstairs) -> int:
    """Ask for what people have texted back since the last time: it is counted, and «stop» heeded. Says how many.

    Only of the last days: whoever wrote «stop» before this was set up has been asked otherwise.
    """
    place = _take(_TEXTS, now)
    if place is None:
        return 0
    heard = provider.texts_since(place.upto)
    told, newest = heard or (Told(), place.upto)
    _give_back(_TEXTS, _Place(newest, place.upto_id), stops.receipts(told, now), now, upstairs)
    return len(told.stops) + len(told.replies)


def _take(after: timedelta, now: datetime) -> _Place | None:
    """This place, held; None where another worker has it."""
    with transaction.atomic():
        setwise.fetch(
            "insert into delivery_asking (after, upto, upto_id, held_until) values (%s, %s, %s, %s)"
            " on conflict do nothing returning after",
            [after, now - after - AFTER[-1], _FIRST, now],
        )
        rows = setwise.fetch(
            "update delivery_asking set held_until = %s where after = %s and held_until <= %s"
            " returning upto, upto_id",
            [now + _HELD, after, now],
        )
    return _Place(**rows[0]) if rows else None


def _next(
    place: _Place, channels: Sequence[str], after: timedelta, now: datetime, most: int
) -> list[dict[str, Any]]:
    return setwise.fetch(
        "select id, channel, disguised, finished_at from delivery_dispatch"
        " where finished_at >= %s and finished_at <= %s and (finished_at, id) > (%s, %s)"
        " and state = 'accepted' and channel = any(%s) order by finished_at, id limit %s",
        [place.upto, now - after, place.upto, place.upto_id, list(channels), most],
    )


def _give_back(
    after: timedelta, reached: _Place, found: Sequence[Receipt], now: datetime, upstairs: Upstairs
) -> None:
    with transaction.atomic():
        if found:
            receipts.take(found, now=now, upstairs=upstairs)
        setwise.fetch(
            "update delivery_asking set upto = %s, upto_id = %s, held_until = %s where after = %s returning after",
            [reached.upto, reached.upto_id, now, after],
        )


class Asker(threading.Thread):
    """Goes round all of `AFTER`, again and again, on a thread and a connection of its own."""

    def __init__(
        self,
        open_provider: Callable[[], Askable],
        channels: Sequence[str],
        upstairs: Upstairs,
        *,
        every: float = 60.0,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """`every` is how many seconds it rests when nothing is left to ask for."""
        super().__init__(name="asker", daemon=True)
        self._open_provider, self._channels, self._upstairs = open_provider, channels, upstairs
        self._listens = (_TEXTS,) if "text" in channels else ()
        self._every, self._clock = every, clock
        self._ending = threading.Event()

    def stop(self) -> None:
        """Ends after the batch that it is at."""
        self._ending.set()

    def run(self) -> None:
        provider = self._open_provider()
        while not self._ending.is_set():
            if not sum(self._go(after, provider) for after in (*self._listens, *AFTER)):
                self._ending.wait(self._every)
        provider.close()
        connection.close()

    def _go(self, after: timedelta, provider: Askable) -> bool:
        """One batch; says whether there may be more."""
        if self._ending.is_set():
            return False
        try:
            channels = [name for name in self._channels if after < PRINTED or name == "letter"]
            return go_on(after, provider, channels, now=self._clock(), upstairs=self._upstairs) == BATCH
        except Exception as fault:
            log.error("asking for receipts failed: %s", type(fault).__name__)
            connection.close()
            return False
