"""How passwords are hashed: the heaviest thing that a door does, so it is bounded.

A process hashes one password at a time, in a thread that everything else in the process goes before: a flood of tries
to sign in leaves the processor to those who read their case. (`turns` leaves them threads.)
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cache
from typing import TypeVar

from django.contrib.auth.hashers import Argon2PasswordHasher

NICE = 10
"""A tenth of what a page gets of a processor that both want."""

COST = {"time_cost": 2, "memory_cost": 19 * 1024, "parallelism": 1}
"""Two passes over 19 MiB, one after the other: what OWASP asks of Argon2id at least (Password Storage, 2025)."""

Answer = TypeVar("Answer")


class Argon2(Argon2PasswordHasher):
    """Argon2id at `COST`, one at a time."""

    time_cost, memory_cost, parallelism = COST["time_cost"], COST["memory_cost"], COST["parallelism"]

    def encode(self, password: str, salt: str) -> str:
        """The hash of a password, when its turn has come."""
        return _alone(lambda: super(Argon2, self).encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        """Whether it is that password, when its turn has come."""
        return _alone(lambda: super(Argon2, self).verify(password, encoded))


def _alone(work: Callable[[], Answer]) -> Answer:
    return _thread(os.getpid()).submit(work).result()


@cache
def _thread(process: int) -> ThreadPoolExecutor:
    """The one thread, made in the process that uses it: a thread does not come along through a fork."""
    return ThreadPoolExecutor(1, "passwords", initializer=_step_back)


def _step_back() -> None:
    """Let this thread go behind the others. Linux counts a thread's own priority."""
    with suppress(OSError):  # elsewhere it stays where it is
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
