"""A crew sends by one channel: senders with a kept connection each, and a clerk who alone has the database.

The clerk completes what came back and claims as many letters as there are idle senders, in one transaction, hands them
out, and waits for the next answer, ring or sweep. Senders hold no database connection. A sender gets its next letter
only when the last one is written down, so a killed worker repeats at most what was in flight on each connection, and
nothing else. With a backlog there are more senders, so turns are fuller and what each costs is shared by more letters.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import InterfaceError, OperationalError, connection

from trackmycrime.kernel.clock import utc_now

from . import work
from .channels import Channel
from .letters import Letter, Upstairs
from .sending import Senders
from .settling import Tried
from .work import Holder

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds after which a clerk looks although nothing rang: for what is due by the clock, and for a lost ring."""
GATHER = 0.04
"""Seconds for which a clerk waits at most until all of its senders are idle: many letters are written down and claimed
with the statements of one."""
GATHER_BUSY, GATHER_LONGEST = 2.0, 0.5
"""Where the machine is busy, it waits for this many times as long as its last turn took (seconds at the longest): turns
are fewer and fuller when each of them keeps others from their work."""
REST_LONGEST = 1.0
"""Seconds that a crew that lets others go first rests after a turn at most"""
FEWEST = 16
"""Letters that a crew has out at once where no more wait; with a backlog twice as many after each full turn, up to its
senders. A provider that takes its time, and a database that is far away, ask for many; a quiet hour for few."""
TOO_MANY = frozenset({"connect-421", "hello-421"})
"""Answers of a mail server that takes no more connections from us: then there are so many fewer, and one more again
after each turn without them"""
_PATIENCE = (0.1, 0.3, 1.0, 2.0, 5.0)
"""Seconds between attempts to reach the database again."""


def _no_pause(point: str) -> None:
    """Where a test may hold a worker; see `ops.worker`."""


_NOBODY = Upstairs(lambda letters, now: {}, lambda finished, now: None)


class Crew:
    """Everything that sends by one channel in one worker."""

    def __init__(
        self,
        by: Holder,
        open_channel: Callable[[], Channel],
        upstairs: Upstairs,
        *,
        senders: int,
        rests: float = 0.0,
        clock: Callable[[], datetime] = utc_now,
        at: Callable[[str], None] = _no_pause,
    ) -> None:
        """`rests`: so many times as long as a turn took it rests after it. The database's part of a turn cannot be made
        to give way as the worker's own can, so a worker that should let others go first asks it less often."""
        self.channel = channel = by.channel
        self.sent = 0
        self._by = by
        self._upstairs = upstairs
        self._clock = clock
        self._at = at
        self._most = self._bound = senders
        self._size = min(FEWEST, senders)  # letters that are out at once; grows with what waits
        self._out = 0  # letters handed out and not written down yet; the clerk's alone
        self._took = 0.0  # seconds of the last turn
        self._rested = 0.0  # when the clerk has rested from it, by the monotonic clock
        self._rests = rests
        self._tried: queue.SimpleQueue[Tried] = queue.SimpleQueue()
        self._look = threading.Event()
        self._ending = threading.Event()
        self._senders = Senders(channel, open_channel, clock, self._came_back)
        self._clerk = threading.Thread(target=self._run_clerk, name=f"{channel}-clerk", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._senders.start()
        self._clerk.start()

    def ring(self) -> None:
        """There may be something to send."""
        self._look.set()

    def stop(self) -> None:
        """Claim nothing more; what is in flight is finished and written down."""
        self._ending.set()
        self._look.set()

    def join(self, timeout: float) -> bool:
        """Wait until all have ended; says whether they have."""
        until = time.monotonic() + timeout
        self._clerk.join(max(0.0, timeout))
        return self._senders.join(max(0.0, until - time.monotonic())) and not self._clerk.is_alive()

    # the clerk

    def _run_clerk(self) -> None:
        done: list[Tried] = []
        failures = 0
        while True:
            try:
                done += self._answers()
                began = time.monotonic()
                again = self._turn(done)
                self._has_taken(time.monotonic() - began)
                done = []
                while again:
                    again = self._turn(())
                failures = 0
                if self._ending.is_set() and self._out == 0:
                    break
            except (OperationalError, InterfaceError) as lost:
                # what came back is kept in `done` until it is written down; nothing new goes out before that
                log.warning("%s: the database is away (%s)", self.channel, type(lost).__name__)
                connection.close()
                time.sleep(_PATIENCE[min(failures, len(_PATIENCE) - 1)])
                failures += 1
                continue
            except Exception as fault:
                log.error("%s: %s while writing down or claiming", self.channel, type(fault).__name__)
                connection.close()
                time.sleep(1.0)
                continue
            self._pause()
        self._senders.end()
        connection.close()

    def _has_taken(self, seconds: float) -> None:
        """A turn that took so long has ended now."""
        self._took = seconds
        self._rested = time.monotonic() + min(seconds * self._rests, REST_LONGEST)

    def _pause(self) -> None:
        """Until there is something to do, and until as much of it has gathered as should be done in one turn."""
        self._look.wait(LOOK_EVERY)
        # counted from the turn's end, so that a letter which comes when the clerk has rested goes at once
        time.sleep(max(0.0, self._rested - time.monotonic()))
        self._gather()
        self._look.clear()  # last: the turn that follows sees to all that has rung until now

    def _gather(self) -> None:
        until = time.monotonic() + max(GATHER, min(self._took * GATHER_BUSY, GATHER_LONGEST))
        while self._out > self._tried.qsize() and time.monotonic() < until:
            time.sleep(GATHER / 10)

    def _answers(self) -> list[Tried]:
        found: list[Tried] = []
        while True:
            try:
                found.append(self._tried.get_nowait())
            except queue.Empty:
                return found

    def _turn(self, done: Sequence[Tried]) -> bool:
        """Write down what came back, and hand out what idle senders can take; says whether to look again at once."""
        idle = 0 if self._ending.is_set() else self._size - self._out + len(done)
        if not done and not idle:
            return False
        if done:
            self._at("completing")
        now = self._clock()
        try:
            letters, more = work.turn(done, self._by, most=idle, now=now, upstairs=self._upstairs)
        except (OperationalError, InterfaceError):
            raise
        except Exception as fault:
            log.error(
                "%s: writing down and claiming several at once failed (%s)",
                self.channel,
                type(fault).__name__,
            )
            letters, more = self._turn_apart(done, idle, now), False
        self._note(done)
        if letters:
            self._at("claimed")
        self._out += len(letters)
        if letters:
            self._senders.hand(letters)
        self._fit(more)
        return more and self._out < self._size

    def _fit(self, more: bool) -> None:
        """As many letters at once as the backlog asks for, up to the most; few when there are few."""
        if more:
            self._size = min(self._size * 2, self._bound)
        elif self._out * 4 < self._size:
            self._size = min(max(self._size // 2, FEWEST), self._bound)

    def _note(self, done: Sequence[Tried]) -> None:
        self._out -= len(done)
        if done:
            self._at("completed")
            turned_away = sum(tried.outcome.answer in TOO_MANY for tried in done)
            self._bound = (
                max(1, self._bound - turned_away) if turned_away else min(self._bound + 1, self._most)
            )
            self._size = min(self._size, self._bound)
        for tried in done:
            if tried.outcome.result == "accepted":
                self.sent += 1
            else:
                log.info(
                    "dispatch %s by %s: %s %s",
                    tried.letter.id,
                    self.channel,
                    tried.outcome.result,
                    tried.outcome.answer,
                )

    def _turn_apart(self, done: Sequence[Tried], idle: int, now: datetime) -> list[Letter]:
        """Each by itself; one that the rooms above fail to hear of is written down, and a sweep tells them."""
        for tried in done:
            try:
                work.complete([tried], now=now, upstairs=self._upstairs)
            except (OperationalError, InterfaceError):
                raise
            except Exception as fault:
                log.error("dispatch %s: its end was not heard (%s)", tried.letter.id, type(fault).__name__)
                work.complete([tried], now=now, upstairs=_NOBODY)
        if not idle:
            return []
        return work.claim_apart(self._by, most=idle, now=now, upstairs=self._upstairs)

    # the senders' thread

    def _came_back(self, tried: Tried) -> None:
        self._at("sent")
        self._tried.put(tried)
        self._look.set()
