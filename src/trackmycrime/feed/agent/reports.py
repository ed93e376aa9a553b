"""What was refused or waits in quarantine, one JSON object a line: which, where and why, and no value of it.

A line is on the disk before what it is about is let go, so after a kill one may stand there twice.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from trackmycrime.feed.agent import clock
from trackmycrime.feed.agent.store import Stuck

_MOST_BYTES = 10 * 1024**2
_KEPT = 5


class Report:
    """A file that grows to a size and is then put aside, a few of them. Used by several threads."""

    def __init__(self, folder: Path, name: str = "report.ndjson", most_bytes: int = _MOST_BYTES) -> None:
        self.file = folder / name
        self._most_bytes = most_bytes
        self._lock = threading.Lock()

    def write(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Add the lines; on the disk when this returns. Raises Stuck, and then none of them is there."""
        at = clock.moment(clock.wall())
        text = b"".join(json.dumps({"at": at, **line}, ensure_ascii=True).encode() + b"\n" for line in lines)
        if not text:
            return
        with self._lock:
            try:
                self._rotate(len(text))
                self._append(text)
            except OSError as why:
                raise Stuck(f"the report {self.file} cannot be written: {why.strerror}") from None

    def _append(self, text: bytes) -> None:
        descriptor = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            before = os.fstat(descriptor).st_size
            if before and os.pread(descriptor, 1, before - 1) != b"\n":
                text = b"\n" + text  # a kill cut the last line off
            try:
                view = memoryview(text)
                while view:
                    view = view[os.write(descriptor, view) :]
                os.fsync(descriptor)
            except OSError:
                os.ftruncate(descriptor, before)
                raise
        finally:
            os.close(descriptor)

    def _rotate(self, more: int) -> None:
        if not self.file.exists() or self.file.stat().st_size + more <= self._most_bytes:
            return
        for number in range(_KEPT - 1, 0, -1):
            older = self._aside(number)
            if older.exists():
                older.replace(self._aside(number + 1))
        self.file.replace(self._aside(1))

    def _aside(self, number: int) -> Path:
        return self.file.with_name(f"{self.file.name}.{number}")
