"""The hours in which a person may be reached, on a clock in Great Britain. Pure: no Django, no clock of its own."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from trackmycrime.kernel.clock import LONDON, london

CHANGE = time(1)
"""British clocks go forward and back at 01:00 UTC (the Summer Time Act 1972 as amended, since 1996)."""


@dataclass(frozen=True)
class SafeHours:
    """From `start` up to, not including, `end`; over midnight where `end` is the earlier."""

    start: time
    end: time

    def covers(self, moment: datetime) -> bool:
        """Whether the clock on the wall shows a safe time at that moment."""
        wall = london(moment).time()
        if self.start <= self.end:
            return self.start <= wall < self.end
        return wall >= self.start or wall < self.end

    def closes(self, moment: datetime) -> datetime:
        """The first moment after this safe one that is not safe any more, in UTC."""
        day = london(moment).date()
        endings = [datetime.combine(day + timedelta(days=n), CHANGE, UTC) for n in range(4)]
        for n in range(4):
            ends = datetime.combine(day + timedelta(days=n), self.end, LONDON)
            endings += [ends.replace(fold=fold).astimezone(UTC) for fold in (0, 1)]
        return min(at for at in endings if at > moment and not self.covers(at))

    def next(self, moment: datetime) -> datetime:
        """That moment if it is safe, else the first safe one after it, in UTC.

        A night in which the clock skips the whole of the hours has none of them: then it is a day later. A clock that
        goes back may open them a second time.
        """
        if self.covers(moment):
            return moment
        day = london(moment).date()
        openings = []
        for n in range(4):
            date = day + timedelta(days=n)
            openings += [
                datetime.combine(date, self.start, LONDON).replace(fold=fold).astimezone(UTC)
                for fold in (0, 1)
            ]
            openings.append(datetime.combine(date, CHANGE, UTC))
        return min(at for at in openings if at >= moment and self.covers(at))
