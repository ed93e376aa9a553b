"""A connector that another package would bring: crimes by number, as many as a file says, in batches.

The numbers from the mark to the figure in the file `upto` are new. With `die` it lets go of what was kept, as one whose
files are moved away: what it has let go of cannot be read again.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trackmycrime.feed.connectors.protocol import Away, Batch, Settings, Unfit
from trackmycrime.feed.connectors.refusals import Refusal

SUBJECTS = 97


def event(number: int, *, prefix: str = "A", pad: int = 0) -> dict[str, Any]:
    """The event of this number: the crimes take turns, each with its stages in order."""
    subject = f"{prefix}/{number % SUBJECTS}"
    data = {
        "offence": {"name": "Burglary", "category": "burglary"},
        "reported_at": "2026-05",
        "stage": ("reported", "investigating")[number // SUBJECTS % 2],
        "place": f"Street {number}" + " " * pad,  # trimmed where it is read
        "flags": [],
    }
    return {
        "specversion": "1.0", "id": f"{prefix}{number}", "source": "urn:made", "type": "crime.changed",
        "subject": subject, "time": "2026-05-01T09:00:00Z", "sequence": str(number), "data": data,
    }  # fmt: skip


class Numbers:
    """Crimes by number; ``wrong`` names a number that is refused as a row, ``skip`` one that is skipped."""

    def __init__(self, settings: Settings) -> None:
        known = {"upto", "batch", "prefix", "pad", "wrong", "skip", "spoil", "die"}
        if unknown := set(settings.options) - known:
            raise Unfit(f"{sorted(unknown)[0]} is not known; known are: {', '.join(sorted(known))}")
        options = settings.options
        self.upto = Path(options["upto"])
        self._let_go = self.upto.with_suffix(".gone")
        self.batch = int(options.get("batch", 100))
        self.prefix, self.pad = str(options.get("prefix", "A")), int(options.get("pad", 0))
        self.wrong, self.skip = int(options.get("wrong", -1)), int(options.get("skip", -1))
        self.spoil, self.die = int(options.get("spoil", -1)), int(options.get("die", -1))

    def batches(self, mark: str) -> Iterator[Batch]:
        """From the mark to what the file says."""
        try:
            end = int(self.upto.read_text())
        except OSError:
            raise Away(f"{self.upto} is not there") from None
        first = max(int(mark or 0), self._gone())
        while first < end:
            until = min(end, first + self.batch)
            numbers = [n for n in range(first, until) if n not in (self.wrong, self.skip)]
            refused = (
                [Refusal("made", self.wrong, "n", "wrong", "right")] if first <= self.wrong < until else []
            )
            yield Batch(
                mark=str(until),
                events=[self._event(n) for n in numbers],
                refused=refused,
                read=until - first,
                turned=len(numbers),
                skipped=until - first - len(numbers) - len(refused),
            )
            first = until

    def _event(self, number: int) -> dict[str, Any]:
        made = event(number, prefix=self.prefix, pad=self.pad)
        if number == self.spoil:
            made["data"]["stage"] = "no such stage"
        return made

    def kept(self, batch: Batch) -> None:
        """Lets go of the batch; `die` is the mark at which the process is killed here."""
        if self.die >= 0:
            self._let_go.write_text(batch.mark)
            if batch.mark == str(self.die):
                os.kill(os.getpid(), signal.SIGKILL)

    def _gone(self) -> int:
        return int(self._let_go.read_text()) if self._let_go.exists() else 0

    def close(self) -> None:
        """Nothing is held."""
