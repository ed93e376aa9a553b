"""One agent for each spool: a lock that the kernel drops with the process, also after kill -9."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path


class InUse(Exception):
    """Another agent has this spool."""


class Lock:
    """The lock of a spool's folder, held until `release` or the end of the process."""

    def __init__(self, folder: Path) -> None:
        """Take it. Raises InUse, which names the process that has it, and OSError."""
        self._descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _named(self._descriptor)
            os.close(self._descriptor)
            raise InUse(
                f"another agent, process {holder}, runs on {folder}; one spool has one agent"
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)

    def release(self) -> None:
        """Give it back; the file stays, because removing it would race with the next who opens it."""
        os.close(self._descriptor)


def holder(folder: Path) -> str | None:
    """The process that has the spool, None when nobody has. Raises OSError where it cannot be told."""
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


def _named(descriptor: int) -> str:
    return os.pread(descriptor, 20, 0).decode("ascii", "replace") or "unknown"
