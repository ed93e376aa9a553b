"""A crew sends by one channel: several senders with a kept connection each, and a clerk who alone has the database.

The clerk completes what came back, claims as many letters as there are idle senders, hands them out, and waits for
the next answer, ring or sweep. Senders hold no database connection. A sender gets its next letter only when the last
one is written down, so a killed worker repeats at most what was in flight on each connection, and nothing else.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection

from trackmycrime.kernel.clock import utc_now

from . import work
from .channels import Channel
from .letters import Letter, Outcome, Upstairs
from .work import Tried

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
"""Seconds after which a clerk looks although nothing rang: for what is due by the clock, and for a lost ring."""
GATHER = 0.04
"""Seconds for which a clerk waits at most until half of its senders are idle, when more than that are at work: many
letters are written down and claimed with the statements of one."""
_PATIENCE = (0.1, 0.3, 1.0, 2.0, 5.0)
"""Seconds between attempts to reach the database again."""


def _no_pause(point: str) -> None:
    """Where a test may hold a worker; see `ops.worker`."""


_NOBODY = Upstairs(lambda letters, now: {}, lambda finished, now: None)


class Crew:
    """Everything that sends by one channel in one worker."""

    def __init__(
        self,
        channel: str,
        open_channel: Callable[[], Channel],
        worker: UUID,
        upstairs: Upstairs,
        *,
        senders: int,
        clock: Callable[[], datetime] = utc_now,
        at: Callable[[str], None] = _no_pause,
    ) -> None:
        self.channel = channel
        self.sent = 0
        self._open_channel = open_channel
        self._worker = worker
        self._upstairs = upstairs
        self._clock = clock
        self._at = at
        self._size = senders
        self._out = 0  # letters handed out and not written down yet; the clerk's alone
        self._to_send: queue.SimpleQueue[Letter | None] = queue.SimpleQueue()
        self._tried: queue.SimpleQueue[Tried] = queue.SimpleQueue()
        self._look = threading.Event()
        self._ending = threading.Event()
        self._threads = [
            threading.Thread(target=self._run_clerk, name=f"{channel}-clerk", daemon=True),
            *(
                threading.Thread(target=self._run_sender, name=f"{channel}-sender-{n}", daemon=True)
                for n in range(senders)
            ),
        ]

    def start(self) -> None:
        """Begin to send."""
        for thread in self._threads:
            thread.start()

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
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    # the clerk

    def _run_clerk(self) -> None:
        done: list[Tried] = []
        failures = 0
        while True:
            try:
                done += self._answers()
                self._complete(done)
                done = []
                if not self._ending.is_set():
                    while self._claim():
                        pass
                elif self._out == 0:
                    break
                failures = 0
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
            self._look.wait(LOOK_EVERY)
            self._look.clear()
            self._gather()
        for _ in range(self._size):
            self._to_send.put(None)
        connection.close()

    def _gather(self) -> None:
        until = time.monotonic() + GATHER
        while self._out - self._tried.qsize() > self._size // 2 and time.monotonic() < until:
            time.sleep(GATHER / 10)

    def _answers(self) -> list[Tried]:
        found: list[Tried] = []
        while True:
            try:
                found.append(self._tried.get_nowait())
            except queue.Empty:
                return found

    def _complete(self, done: list[Tried]) -> None:
        if not done:
            return
        self._at("completing")
        try:
            work.complete(done, now=self._clock(), upstairs=self._upstairs)
        except (OperationalError, InterfaceError):
            raise
        except Exception as fault:
            log.error("%s: writing down several at once failed (%s)", self.channel, type(fault).__name__)
            self._complete_apart(done)
        self._out -= len(done)
        self._at("completed")
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

    def _complete_apart(self, done: list[Tried]) -> None:
        """Each by itself; one that the rooms above fail to hear of is written down, and a sweep tells them."""
        for tried in done:
            try:
                work.complete([tried], now=self._clock(), upstairs=self._upstairs)
            except (OperationalError, InterfaceError):
                raise
            except Exception as fault:
                log.error("dispatch %s: its end was not heard (%s)", tried.letter.id, type(fault).__name__)
                work.complete([tried], now=self._clock(), upstairs=_NOBODY)

    def _claim(self) -> bool:
        """Hand out what idle senders can take; says whether to look again at once."""
        idle = self._size - self._out
        if idle <= 0:
            return False
        now = self._clock()
        try:
            letters, more = work.claim(
                self.channel, self._worker, most=idle, now=now, upstairs=self._upstairs
            )
        except (OperationalError, InterfaceError):
            raise
        except Exception as fault:
            log.error("%s: claiming several at once failed (%s)", self.channel, type(fault).__name__)
            letters = work.claim_apart(
                self.channel, self._worker, most=idle, now=now, upstairs=self._upstairs
            )
            more = False
        if letters:
            self._at("claimed")
        self._out += len(letters)
        for letter in letters:
            self._to_send.put(letter)
        return more and self._out < self._size

    # the senders

    def _run_sender(self) -> None:
        channel = self._open_channel()
        while (letter := self._to_send.get()) is not None:
            at, began = self._clock(), time.monotonic()
            try:
                outcome = channel.send(letter)
            except Exception as fault:
                # a fault of ours: the text may be out, and the letter must not be lost
                log.error("dispatch %s: %s while sending", letter.id, type(fault).__name__)
                outcome = Outcome("unclear", "fault")
            self._at("sent")
            self._tried.put(Tried(letter, outcome, at, int((time.monotonic() - began) * 1000)))
            self._look.set()
        channel.close()
