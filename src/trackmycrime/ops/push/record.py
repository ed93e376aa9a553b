"""What a push leaves behind: the report of what was refused, and the state from which it goes on.

The state is written after every delivery, whole or not at all, and only after the report is on the disk.
Killed at any moment, the next run sends at most one delivery again, which the gateway knows as duplicates.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

_VERSION = 1


@dataclass
class Progress:
    """How far a push of one input to one source has come. `things` are events and refusals of the stream."""

    key: str
    things: int = 0
    report_bytes: int = 0
    unreadable: int = 0
    unreadable_rows: int = 0
    statuses: dict[str, int] = field(default_factory=dict)


def state_beside(report: Path) -> Path:
    """Where the state of a push with this report is."""
    return report.with_name(report.name + ".state")


def load(state: Path, report: Path, key: str) -> Progress:
    """The progress of an unfinished push of the same input to the same source, or a fresh one.

    Without a state that can be used, or without the report that goes with it, everything is sent; what the
    gateway has is a duplicate.
    """
    try:
        found = json.loads(state.read_bytes())
        progress = Progress(
            str(found["key"]),
            int(found["things"]),
            int(found["report_bytes"]),
            int(found["unreadable"]),
            int(found["unreadable_rows"]),
            {str(name): int(count) for name, count in found["statuses"].items()},
        )
        fits = found["version"] == _VERSION and progress.key == key and found["finished"] is False
        if fits and report.stat().st_size >= progress.report_bytes:
            return progress
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return Progress(key)
    return Progress(key)


def is_finished(state: Path, key: str) -> bool:
    """Whether a push of just this came to its end."""
    try:
        found = json.loads(state.read_bytes())
        return bool(found["key"] == key and found["finished"])
    except (OSError, ValueError, KeyError, TypeError):
        return False


def save(path: Path, progress: Progress, *, finished: bool) -> None:
    """Write the state beside itself and move it into place."""
    content = {
        "version": _VERSION,
        "key": progress.key,
        "finished": finished,
        "things": progress.things,
        "report_bytes": progress.report_bytes,
        "unreadable": progress.unreadable,
        "unreadable_rows": progress.unreadable_rows,
        "statuses": progress.statuses,
    }
    fresh = path.with_name(path.name + ".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


class Report:
    """The report file, one JSON object a line; goes on after `keep` bytes of a push that was stopped."""

    def __init__(self, path: Path, keep: int) -> None:
        self._file: BinaryIO = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        self._file.truncate(keep)
        self._file.seek(keep)

    def __enter__(self) -> Report:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, line: Mapping[str, Any]) -> None:
        """Add one line."""
        self._file.write(json.dumps(line, ensure_ascii=False, default=str).encode() + b"\n")

    def settle(self) -> int:
        """Put all lines on the disk; how many bytes there are."""
        self._file.flush()
        os.fsync(self._file.fileno())
        return self._file.tell()
