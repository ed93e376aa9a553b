"""The threads of a door: who signs in waits behind others who sign in, and never takes a thread from who reads a page.

A door's server is gunicorn's with threads; which of them takes a request is decided here, by its first line, before
anything of it is read. A request whose first line has not come yet takes a page's thread, where `people.turns` turns
away what is one too many.
"""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

SIGNING_IN = tuple(
    f"POST /{path}".encode()
    for path in (
        "sign-in/",
        "confirm/",
        "account/password/",
        "account/email/",
        "start/account/",
        "start/again/",
        "start/sign-in/",
        "helping/account/",
        "set-up/",
    )
)
"""What may hash a password."""
THREADS = 2
"""For them: while one hashes, the other reads and answers. Fewer than `people.turns` has places."""
WAITING = 256
"""As many wait for these threads; who comes then is turned away at once, from a page's thread."""
_ENOUGH = max(map(len, SIGNING_IN))
STEP_BACK, FEW = 0.005, 8
"""Seconds for each connection that a process of the door has; from so many connections on chance shares them out."""


class Lanes(Executor):
    """Two pools of threads in the place of one."""

    def __init__(self, threads: int) -> None:
        self._pages = ThreadPoolExecutor(threads, "pages")
        self._signing_in = ThreadPoolExecutor(THREADS, "signing-in")
        self._waiting, self._lock = 0, threading.Lock()

    def submit(self, work: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have a connection's next request answered. Called by the server's one thread that accepts."""
        if self._waiting >= WAITING or not _signs_in(args[0].sock):
            return self._pages.submit(work, *args, **kwargs)
        self._count(1)
        answered = self._signing_in.submit(work, *args, **kwargs)
        answered.add_done_callback(lambda _: self._count(-1))
        return answered

    def _count(self, more: int) -> None:
        with self._lock:
            self._waiting += more

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End both."""
        for pool in (self._pages, self._signing_in):
            pool.shutdown(wait, cancel_futures=cancel_futures)


def _signs_in(connection: socket.socket) -> bool:
    try:
        return connection.recv(_ENOUGH, socket.MSG_PEEK | socket.MSG_DONTWAIT).startswith(SIGNING_IN)
    except OSError:  # nothing has come yet, or it is gone
        return False


class Worker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's worker with threads, in two lanes; of several processes of a door the one with the fewest connections
    takes the next."""

    def get_thread_pool(self) -> Lanes:
        """The hook that gunicorn has for this."""
        return Lanes(self.cfg.threads)

    def accept(self, listener: socket.socket) -> None:
        """Take a connection, unless another process of this door has done so while we stepped back.

        A source keeps its connection for hours. Where two sources had met in one process, the other one stood idle
        beside them, and they shared one processor.
        """
        if self.cfg.workers > 1 and self.nr_conns < FEW:
            time.sleep(STEP_BACK * self.nr_conns)
        super().accept(listener)
