"""What an agent says while it runs: one line to standard error for each fact. Ids and sums, never what a row holds."""

from __future__ import annotations

import sys
import threading
import traceback
from dataclasses import dataclass

from trackmycrime.feed.agent import clock

_lock = threading.Lock()


@dataclass(frozen=True)
class Log:
    """Says it for one part of the agent, «gateway» or an input's name."""

    part: str

    def info(self, text: str) -> None:
        """Something that went as it should."""
        self._say("INFO", text)

    def warning(self, text: str) -> None:
        """Something that passes by itself, or may."""
        self._say("WARNING", text)

    def error(self, text: str) -> None:
        """Something that needs a person."""
        self._say("ERROR", text)

    def _say(self, level: str, text: str) -> None:
        flat = " ".join(text.split())
        with _lock:
            print(f"{clock.moment(clock.wall())} {level} {self.part}: {flat}", file=sys.stderr, flush=True)  # noqa: T201 (standard error is the agent's log)


def kind_and_place(fault: BaseException) -> str:
    """The kind of an exception and where it arose, without its text, which may hold what a row holds."""
    frames = traceback.extract_tb(fault.__traceback__)
    ours = [frame for frame in frames if "trackmycrime" in frame.filename] or list(frames)
    where = f" at {ours[-1].filename.rpartition('src/')[2]}:{ours[-1].lineno}" if ours else ""
    return f"{type(fault).__name__}{where}"
