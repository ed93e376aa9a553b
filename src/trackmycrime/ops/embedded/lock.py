"""Who may touch a data folder: one process at a time, told by locks that the kernel drops with the process.

Two locks, because two things can hold the data: ``DIR/lock`` is held by the process in charge (``serve``, or a
command for its duration) and ``DIR/postgres.lock`` by the running server, which inherits it. After kill -9 of
the process in charge the first is free at once and the second when the last server process has ended. No guessing
from process ids, which are reused, and which a zombie keeps.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from trackmycrime.ops.exits import Unreachable

SERVER, COMMAND = "server", "command"


class InUse(Unreachable):
    """Another process is in charge of the data folder. ``purpose`` is ``server`` or ``command``."""

    def __init__(self, data: Path, pid: int, purpose: str) -> None:
        super().__init__(f"{data} is in use by process {pid}")
        self.pid = pid
        self.purpose = purpose


@dataclass
class Held:
    """A lock that is held until ``release`` or the end of the process."""

    descriptor: int

    def release(self) -> None:
        """Give it back; the file stays, because removing a lock file races with the next who opens it."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def take(data: Path, purpose: str) -> Held:
    """Take charge of ``data``. Raises InUse that names the process which has it.

    A server waits a second first: who was just killed may not be quite gone.
    """
    descriptor = _open(data / "lock")
    until = time.monotonic() + (1.0 if purpose == SERVER else 0.0)
    while not _try(descriptor):
        holder = _holder(descriptor)
        if time.monotonic() >= until:
            os.close(descriptor)
            raise InUse(data, *holder)
        time.sleep(0.02)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "purpose": purpose}).encode(), 0)
    return Held(descriptor)


def _holder(descriptor: int) -> tuple[int, str]:
    """Who holds the lock, and for what; 0 in the moment before it has written its name."""
    with contextlib.suppress(ValueError, KeyError):
        holder = json.loads(os.pread(descriptor, 200, 0))
        return int(holder["pid"]), str(holder["purpose"])
    return 0, COMMAND


def wait_for_server(data: Path, seconds: float) -> Held:
    """Take the server's lock, waiting for a server that is still ending. Raises Unreachable in the end."""
    descriptor = _open(data / "postgres.lock")
    until = time.monotonic() + seconds
    while not _try(descriptor):
        if time.monotonic() > until:
            os.close(descriptor)
            raise Unreachable(f"the PostgreSQL server on {data} has not ended after {seconds:.0f} seconds")
        time.sleep(0.02)
    return Held(descriptor)
