"""Who posts, in a worker: a clerk who alone has the database, and a few senders who hold no connection to it.

As `delivery.crew`, for returns: what came back is written down and what goes next is claimed in one transaction, and no
more is claimed than there are idle senders. A killed worker repeats at most what was in flight.
"""

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from uuid import UUID

from django.db import InterfaceError, OperationalError, connection

from trackmycrime.kernel.clock import utc_now

from . import work
from .posting import Post, Poster
from .work import Tried

log = logging.getLogger(__name__)

SENDERS = 8
LOOK_EVERY = 1.0
"""Seconds after which the clerk looks although nothing rang: for what is due by the clock, and for a lost ring"""
AGAIN_AFTER = 1.0
"""Seconds after which it tries to reach the database again"""


def _no_pause(point: str) -> None:
    """Where a test may hold a worker; see `ops.worker`."""


class Crew(threading.Thread):
    """Everything that is posted by one worker."""

    def __init__(
        self,
        poster: Poster,
        worker: UUID,
        *,
        senders: int = SENDERS,
        clock: Callable[[], datetime] = utc_now,
        at: Callable[[str], None] = _no_pause,
    ) -> None:
        super().__init__(name="webhooks", daemon=True)
        self.sent = 0
        self._poster, self._worker, self._size = poster, worker, senders
        self._clock, self._at = clock, at
        self._look, self._ending = threading.Event(), threading.Event()

    def ring(self) -> None:
        """There may be something to post."""
        self._look.set()

    def stop(self) -> None:
        """Claim nothing more; what is in flight is finished and written down."""
        self._ending.set()
        self._look.set()

    def run(self) -> None:
        out: set[Future[Tried]] = set()
        done: list[Tried] = []
        senders = ThreadPoolExecutor(self._size, thread_name_prefix="webhook-sender")
        while True:
            back = {future for future in out if future.done()}
            done += [future.result() for future in back]
            out -= back
            posts = self._turn(done, 0 if self._ending.is_set() else self._size - len(out))
            if posts is None:  # what came back is kept until it is written down
                time.sleep(AGAIN_AFTER)
                continue
            done = []
            for post in posts:
                sending = senders.submit(self._send, post)
                sending.add_done_callback(lambda _: self._look.set())
                out.add(sending)
            if self._ending.is_set() and not out:
                break
            self._look.wait(LOOK_EVERY)
            self._look.clear()
        senders.shutdown()
        connection.close()

    def _turn(self, done: list[Tried], idle: int) -> list[Post] | None:
        """Write down, and claim for idle senders; None when that failed."""
        if not done and not idle:
            return []
        if done:
            self._at("completing")
        try:
            posts = work.turn(done, self._worker, most=idle, now=self._clock())
        except Exception as fault:
            lost = isinstance(fault, OperationalError | InterfaceError)
            log.log(logging.WARNING if lost else logging.ERROR, "webhooks: %s", type(fault).__name__)
            connection.close()
            return None
        if done:
            self._at("completed")
        if posts:
            self._at("claimed")
        for tried in done:
            if tried.outcome.result == "accepted":
                self.sent += 1
            else:
                log.info("post %s: %s %s", tried.post.id, tried.outcome.result, tried.outcome.answer)
        return posts

    def _send(self, post: Post) -> Tried:
        outcome = self._poster.send(post, now=self._clock())
        self._at("sent")
        return Tried(post, outcome)
