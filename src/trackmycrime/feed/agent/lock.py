"""One agent for each spool: a lock that the kernel drops with the process, also after kill -9.

The lock's file says who holds it, and what it waits for. Its bytes are there from the beginning, so this can be said
also where the disk is full and the spool cannot be written.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from dataclasses import dataclass
from pathlib import Path

from trackmycrime.feed.agent import clock

_BYTES = 1024
_PATIENCE = 1.0
"""Seconds: who asks whether somebody has the lock has it for a moment, and who was just killed may not be quite gone"""


class InUse(Exception):
    """Another agent has this spool."""


class Lock:
    """The lock of a spool's folder, held until `release` or the end of the process."""

    def __init__(self, folder: Path) -> None:
        """Take it. Raises InUse, which names the process that has it, and OSError."""
        self._descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        until = clock.steady() + _PATIENCE
        while not self._taken():
            if clock.steady() < until:
                time.sleep(0.05)
                continue
            holder = _named(self._descriptor)
            os.close(self._descriptor)
            raise InUse(
                f"another agent, process {holder.process}, runs on {folder}; one spool has one agent"
            ) from None
        self._said = "nothing"
        self.say("")

    def _taken(self) -> bool:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def say(self, waits_for: str) -> None:
        """Write down what the agent waits for; "" for nothing. Raises OSError."""
        if waits_for != self._said:
            text = json.dumps({"process": os.getpid(), "waits_for": waits_for[:400]})
            os.pwrite(self._descriptor, text.encode().ljust(_BYTES), 0)
            self._said = waits_for

    def release(self) -> None:
        """Give it back; the file stays, because removing it would race with the next who opens it."""
        os.close(self._descriptor)


@dataclass(frozen=True)
class Holder:
    """The agent that has a spool: its process, and what it waits for."""

    process: str
    waits_for: str


def holder(folder: Path) -> Holder | None:
    """Who has the spool, None when nobody has. Raises OSError where it cannot be told."""
    try:
        descriptor = os.open(folder / "lock", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _named(descriptor)
    finally:
        os.close(descriptor)
    return None


def _named(descriptor: int) -> Holder:
    try:
        said = json.loads(os.pread(descriptor, _BYTES, 0))
        return Holder(str(said["process"]), str(said["waits_for"]))
    except (ValueError, KeyError, TypeError):
        return Holder("unknown", "")  # in the moment before it has written its name
