"""Room on the disk that is kept for letting go: deleting what was sent needs room first, and a full disk has none.

A file of some megabytes is given up when the disk is full, and made again before anything more is read.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

MOST = 4 * 1024**2


class Reserve:
    """The reserve in a folder."""

    def __init__(self, folder: Path, size: int) -> None:
        self._file = folder / "reserve"
        self._size = size

    def held(self) -> bool:
        """Whether it is there, made now if there is room for it and something more."""
        if self._file.exists():
            return True
        if shutil.disk_usage(self._file.parent).free < self._size * 3 // 2:
            return False
        try:
            descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, self._size)
            finally:
                os.close(descriptor)
        except OSError:
            self.give_up()
            return False
        return True

    def give_up(self) -> bool:
        """Make room; whether there was a reserve."""
        with suppress(OSError):
            self._file.unlink()
            return True
        return False
