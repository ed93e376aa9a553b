"""The worker: what leaves the machine, and what waits for its hour. Any number of them, on any number of machines.

Threads: a listener (its own connection: hears the bell, shows that this worker lives), a crew for each channel that is
set up (`delivery.crew`), one for webhooks (`returns.crew`), one that asks for receipts that cannot reach us
(`delivery.asking`), one for what comes back by mail where that is set up (`ops.mailroom`), and one for the rounds: what
`rounds` gives a worker to do, when something rang and every few seconds. Rows are the truth, so a lost ring costs a
second and a lost worker what it had in flight.

``TMC_TEST_PAUSE_AT`` is for tests only: the worker stands still at that point, after saying so on standard error, until
it is killed. Points: ``claimed`` (held, not sent), ``sent`` (a provider has it, nothing written down), ``completing``
(the same, just before it is written down), ``completed``. ``NAME:3`` stands still at the third time.
"""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
from django.conf import settings
from django.db import connection, transaction

from trackmycrime import mending, rounds
from trackmycrime.delivery import api as delivery
from trackmycrime.delivery import presence, providers, work
from trackmycrime.delivery.asking import Asker
from trackmycrime.delivery.crew import Crew
from trackmycrime.kernel import bell
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.ids import new_id
from trackmycrime.ops.mailroom import Mailroom
from trackmycrime.returns import address
from trackmycrime.returns import api as returns
from trackmycrime.returns import crew as webhooks
from trackmycrime.returns.posting import Poster

log = logging.getLogger(__name__)

ROUND_EVERY = 5.0
SELDOM_EVERY = 600.0
"""For the passes of `rounds.SELDOM`, unless they are rung for"""
AGAIN_AFTER = 0.1
RESTS = 5
"""Nice by so much, a crew rests as long as its last turn took (`Crew`)."""
PART_OF_THE_DAY = 20.0
"""A pass that took a second rests for this many seconds."""
_RECONNECT = (0.1, 0.5, 1.0, 2.0, 5.0)
_ENDING_SECONDS = 60.0

Pass = tuple[str, Callable[[datetime], int]]


def pause_points() -> Callable[[str], None]:
    """What is called at each named point; it does nothing but in a test that asks for it (see the module)."""
    wanted, _, nth = os.environ.get("TMC_TEST_PAUSE_AT", "").partition(":")
    left = threading.Semaphore(int(nth or 1) - 1)

    def at(point: str) -> None:
        if wanted and point == wanted and not left.acquire(blocking=False):
            sys.stderr.write(f"paused at {point}\n")
            sys.stderr.flush()
            time.sleep(3600)

    return at


class Listener(threading.Thread):
    """Hears the bell on a connection of its own, and shows that this worker lives."""

    def __init__(
        self, worker: UUID, channels: frozenset[str], heard: Callable[[str | None], None], beat: float
    ) -> None:
        super().__init__(name="listener", daemon=True)
        self._worker, self._channels, self._heard, self._beat = worker, channels, heard, beat
        self._ending = threading.Event()
        self._since: float | None = None

    def steady(self, span: timedelta) -> bool:
        """Whether it has been connected for that long, without a break: only then other workers' silence means
        something, because what cut this one off has cut off the others too."""
        since = self._since
        return since is not None and time.monotonic() - since >= span.total_seconds()

    def stop(self) -> None:
        self._ending.set()

    def run(self) -> None:
        failures = 0
        while not self._ending.is_set():
            try:
                with self._connected() as own:
                    self._since = time.monotonic()
                    self._heard(None)  # what rang while nobody listened is not known
                    failures = 0
                    self._listen(own)
            except psycopg.Error as lost:
                log.warning("the listener lost the database (%s)", type(lost).__name__)
            finally:
                self._since = None
            self._ending.wait(_RECONNECT[min(failures, len(_RECONNECT) - 1)])
            failures += 1

    def _connected(self) -> psycopg.Connection[Any]:
        settings = {
            name: value
            for name, value in connection.get_connection_params().items()
            if name not in ("cursor_factory", "context")
        }
        # a cut network is noticed within seconds, not within the system's two hours
        settings |= {
            "connect_timeout": 10,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
        }
        own = psycopg.connect(**settings, autocommit=True)
        own.execute(f"listen {bell.CHANNEL}")
        presence.here(own, self._worker, self._channels)
        return own

    def _listen(self, own: psycopg.Connection[Any]) -> None:
        seen = time.monotonic()
        while not self._ending.is_set():
            for rung in own.notifies(timeout=min(0.5, self._beat), stop_after=1):
                self._heard(rung.payload)
            if time.monotonic() - seen >= self._beat:
                presence.here(own, self._worker, self._channels)
                seen = time.monotonic()
        presence.gone(own, self._worker)


class Rounds(threading.Thread):
    """Goes round the passes: those that a ring names at once, each of them every few seconds, and soon again while it
    finds something to do. A pass that takes long comes round less often, so that passes never fill the day; one of
    `rounds.SELDOM`, which has days to do what it does, every ten minutes."""

    def __init__(self, passes: Sequence[Pass]) -> None:
        super().__init__(name="rounds", daemon=True)
        self._passes = passes
        self._due = dict.fromkeys((name for name, _ in passes), 0.0)
        self._rung: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def ring(self, what: str) -> None:
        """There may be something to do for the pass of that name; for all of them where none has it."""
        self._rung.put(what)

    def stop(self) -> None:
        self._rung.put(None)

    def run(self) -> None:
        while True:
            wait = max(0.0, min(self._due.values()) - time.monotonic())
            try:
                if (what := self._rung.get(timeout=wait)) is None:
                    break
                # the singular is as good: «message» rings for «messages»
                named = [name for name in self._due if name in (what, f"{what}s")]
                self._due |= dict.fromkeys(named or self._due, 0.0)
            except queue.Empty:
                self._go_round()
        connection.close()

    def _go_round(self) -> None:
        for name, do in self._passes:
            began = time.monotonic()
            if self._due[name] > began:
                continue
            did = self._go(name, do)
            took = time.monotonic() - began
            every = SELDOM_EVERY if name in rounds.SELDOM else ROUND_EVERY
            self._due[name] = began + (AGAIN_AFTER if did else max(every, took * PART_OF_THE_DAY))

    def _go(self, name: str, do: Callable[[datetime], int]) -> int:
        """One pass in its own transaction; its failure is logged by its kind, and holds up no other pass."""
        try:
            with transaction.atomic():
                return do(utc_now())
        except Exception as fault:
            log.error(
                "pass %s failed: %s %s", name, type(fault).__name__, getattr(fault.__cause__, "sqlstate", "")
            )
            connection.close()
            return 0


class Worker:
    """One worker process. `run` returns when `stop` was called and what was in flight is written down."""

    def __init__(
        self,
        *,
        senders: Mapping[str, int],
        unseen: timedelta = presence.UNSEEN,
        nice: int = 0,
        at: Callable[[str], None] | None = None,
    ) -> None:
        """`senders` says how many connections to each channel's provider; `unseen` is how long other workers may be
        silent before their letters are taken over; `nice` is how far this process lets others go first, and the more it
        does, the longer its crews rest. Raises ValueError when a channel's address cannot be read, and OSError when
        mail cannot be taken in where it should be."""
        self.id = new_id()
        self._unseen = unseen
        # unlike an Event, it may be touched by a signal handler while the same thread waits for it
        self._ending: queue.SimpleQueue[None] = queue.SimpleQueue()
        channels = delivery.set_up()
        self._crews = [
            Crew(
                work.Holder(self.id, channel, providers.askable(channel)),
                partial(providers.opened, channel),
                rounds.UPSTAIRS,
                senders=senders[channel],
                rests=nice / RESTS,
                at=at or pause_points(),
            )
            for channel in sorted(channels)
        ]
        # as for the channels: what cannot be read ends the start, not the first letter
        self._mailroom = Mailroom(settings.TMC_MAIL_LISTEN) if settings.TMC_MAIL_LISTEN else None
        self._webhooks = webhooks.Crew(
            Poster(address.networks(settings.TMC_WEBHOOK_NETWORKS)), self.id, at=at or pause_points()
        )
        asked_for = providers.asked_for()
        self._asker = Asker(providers.notify, asked_for, rounds.UPSTAIRS) if asked_for else None
        beat = min(presence.BEAT, unseen / 4).total_seconds()
        self._listener = Listener(self.id, channels, self._heard, beat)
        passes: list[Pass] = [*rounds.PASSES, *mending.PASSES]
        self._rounds = Rounds([*passes, ("sweep", self._sweep), ("expire", _expire)])

    def stop(self) -> None:
        """End in order: nothing new is claimed, what is in flight is finished. May be called from a signal handler."""
        self._ending.put(None)

    def run(self) -> bool:
        """Work until `stop`; says whether everything in flight was finished and written down."""
        threading.excepthook = self._broken
        self._listener.start()
        self._rounds.start()
        for crew in self._crews:
            crew.start()
        self._webhooks.start()
        if self._asker:
            self._asker.start()
        if self._mailroom:
            self._mailroom.start()
        self._wait_for_the_end()
        if self._mailroom:
            self._mailroom.stop()
        self._rounds.stop()
        for crew in self._crews:
            crew.stop()
        self._webhooks.stop()
        if self._asker:
            self._asker.stop()
        until = time.monotonic() + _ENDING_SECONDS
        ended = [crew.join(until - time.monotonic()) for crew in self._crews]
        self._webhooks.join(max(0.0, until - time.monotonic()))
        ended.append(not self._webhooks.is_alive())
        if self._mailroom:
            self._mailroom.join(max(1.0, until - time.monotonic()))
            ended.append(not self._mailroom.is_alive())
        self._listener.stop()
        self._listener.join(5.0)
        self._rounds.join(5.0)
        log.info("worker %s ended, %d sent", self.id, sum(crew.sent for crew in self._crews))
        return all(ended)

    def _wait_for_the_end(self) -> None:
        # again each second: a signal that came just before the wait, or to another thread, does not wake this one
        while True:
            with contextlib.suppress(queue.Empty):
                self._ending.get(timeout=1.0)
                return

    def _heard(self, rung: str | None) -> None:
        if rung is None:
            log.info(
                "worker %s listens, sends by: %s", self.id, self._by() or "nothing (no channel is set up)"
            )
        if rung in (None, delivery.BELL):
            for crew in self._crews:
                crew.ring()
        if rung in (None, returns.POSTS):
            self._webhooks.ring()
        if rung not in (delivery.BELL, returns.POSTS):
            self._rounds.ring(rung or "")

    def _by(self) -> str:
        return ", ".join(crew.channel for crew in self._crews)

    def _sweep(self, now: datetime) -> int:
        if not self._listener.steady(self._unseen):
            return 0
        posts = returns.sweep(presence.living(self._unseen), now=now)
        return posts + work.sweep(self.id, now=now, unseen=self._unseen, upstairs=rounds.UPSTAIRS)

    def _broken(self, args: threading.ExceptHookArgs) -> None:
        """A thread died of something that nobody foresaw: end, and be started again, rather than limp."""
        log.critical("thread %s died: %s", args.thread and args.thread.name, args.exc_type.__name__)
        self._ending.put(None)


def _expire(now: datetime) -> int:
    return work.expire(now=now)
