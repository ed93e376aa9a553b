"""A folder into which files are dropped: which of them are complete, claimed by a rename, put away with a report.

    FOLDER/          where files arrive
    FOLDER/work/     those that were claimed; one process works on them at a time
    FOLDER/done/     read to the end, with NAME.report.json beside each
    FOLDER/failed/   broken, or nothing in it was right; its report says why

Every step is one rename on one file system: a process that is killed between two of them leaves a file in exactly
one place, and the next one goes on from there.
"""

from __future__ import annotations

import fcntl
import fnmatch
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trackmycrime.feed.connectors.protocol import Away

REPORT = ".report.json"
_UNFINISHED = (".part", ".tmp", ".partial", ".crdownload", ".filepart", "~")
_LONGEST_NAME = 255


@dataclass(frozen=True)
class Clock:
    """The machine's clocks: seconds since 1970, and seconds that never go back."""

    now: Callable[[], float] = time.time
    steady: Callable[[], float] = time.monotonic


def printable(name: str) -> str:
    """A file's name for people and reports, whatever bytes it is made of."""
    text = name.encode("utf-8", "backslashreplace").decode()
    return "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in text)


class Claims:
    """One folder. `settle` is for how many seconds a file must have stayed as it is to count as complete."""

    def __init__(
        self,
        folder: Path,
        patterns: Sequence[str],
        settle: float,
        tell: Callable[[str], None],
        clock: Clock | None = None,
    ) -> None:
        self.folder, self._patterns, self._settle = folder, patterns, settle
        self._tell, self._clock = tell, clock or Clock()
        self._seen: dict[str, tuple[tuple[int, int, int], float]] = {}
        self._strangers: set[str] = set()
        self._lock: int | None = None

    @property
    def work(self) -> Path:
        return self.folder / "work"

    def open(self) -> None:
        """Make the folders, and keep other processes from working on them. Raises Away."""
        try:
            if not self.folder.is_dir():
                raise Away(f"the folder {self.folder} is not there")
            for name in ("work", "done", "failed"):
                (self.folder / name).mkdir(exist_ok=True)
            if self._lock is None:
                self._lock = self._locked()
        except OSError as error:
            raise _away(self.folder, error) from None

    def _locked(self) -> int:
        handle = os.open(self.folder / "work" / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise Away(f"another process works on the folder {self.folder}") from None
        return handle

    def close(self) -> None:
        """Let others work on the folder."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def claimed(self) -> list[Path]:
        """Files that were claimed before and not put away, oldest first. Raises Away."""
        found = [(entry.stat().st_mtime_ns, entry.name) for entry in self._files(self.work)]
        return [self.work / name for _, name in sorted(found)]

    def claims(self) -> Iterator[Path]:
        """Claims the complete files that are there now, oldest first, each when it is asked for. Raises Away."""
        ready = []
        here = set()
        for entry in self._files(self.folder):
            here.add(entry.name)
            if not self._wanted(entry.name):
                continue
            try:
                state = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            if self._complete(entry.name, state):
                ready.append((state.st_mtime_ns, entry.name))
        self._seen = {name: seen for name, seen in self._seen.items() if name in here}
        for _, name in sorted(ready):
            try:
                claimed = free(self.work, name)
                (self.folder / name).rename(claimed)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise _away(self.folder, error) from None
            yield claimed

    def put_away(self, path: Path, failed: bool, report: dict[str, Any]) -> None:
        """Write the report, then move the file beside it. A file that is not there any more was put away before.

        Raises OSError; nothing is lost then, and it can be asked for again.
        """
        if not path.exists():
            return
        target = free(self.folder / ("failed" if failed else "done"), path.name)
        beside = target.with_name(_report_name(target.name))
        draft = beside.with_name(f".{hashlib.sha256(os.fsencode(beside.name)).hexdigest()[:16]}.tmp")
        with draft.open("w", encoding="ascii") as file:
            json.dump(report | {"file": printable(target.name)}, file, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        draft.rename(beside)
        path.rename(target)

    def _files(self, folder: Path) -> list[os.DirEntry[str]]:
        try:
            with os.scandir(folder) as entries:
                return [
                    entry
                    for entry in entries
                    if not entry.name.startswith(".") and entry.is_file(follow_symlinks=False)
                ]
        except OSError as error:
            raise _away(folder, error) from None

    def _wanted(self, name: str) -> bool:
        if name.casefold().endswith(_UNFINISHED):
            return False
        if any(fnmatch.fnmatchcase(name.casefold(), pattern.casefold()) for pattern in self._patterns):
            return True
        if name not in self._strangers:
            self._strangers.add(name)
            self._tell(
                f"{printable(name)} is left where it is: it does not match {' or '.join(self._patterns)}"
            )
        return False

    def _complete(self, name: str, state: os.stat_result) -> bool:
        """Whether it has stayed as it is for long enough, by the file system's clock or by ours.

        The time of the last change of the inode counts too: copying can set the time of the content back.
        """
        now = self._clock.steady()
        as_it_is = (state.st_size, state.st_mtime_ns, state.st_ctime_ns)
        before, since = self._seen.get(name, (None, now))
        if before != as_it_is:
            self._seen[name], since = (as_it_is, now), now
        age = self._clock.now() - max(state.st_mtime, state.st_ctime)
        return age >= self._settle or now - since >= self._settle


def free(folder: Path, name: str) -> Path:
    """A path in the folder that nothing has yet: the name, or the name with a number."""
    stem, dot, rest = name.partition(".")
    number = 1
    path = folder / name
    while os.path.lexists(path):
        number += 1
        mark = f"-{number}"
        room = _LONGEST_NAME - len(os.fsencode(dot + rest + mark))
        if room < 1:  # nothing but the end of the name would be left
            stem, dot, rest = name[: len(name) // 8], ".", rest.rpartition(".")[2][:16]
            room = _LONGEST_NAME // 2
        path = folder / f"{_cut(stem, room)}{mark}{dot}{rest}"
    return path


def _report_name(name: str) -> str:
    """The report's name; where the file's is too long for that, its beginning and what tells it from others."""
    if len(os.fsencode(name + REPORT)) <= _LONGEST_NAME:
        return name + REPORT
    own = "-" + hashlib.sha256(os.fsencode(name)).hexdigest()[:12]
    return _cut(name, _LONGEST_NAME - len(own + REPORT)) + own + REPORT


def _cut(name: str, room: int) -> str:
    return os.fsdecode(os.fsencode(name)[: max(room, 1)])


def _away(folder: Path, error: OSError) -> Away:
    return Away(f"the folder {folder} cannot be used: {error.strerror or 'input error'}")
