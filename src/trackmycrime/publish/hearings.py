"""Court hearings as victims read of them: the words of their entries and the lines under «Court dates». Pure."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from trackmycrime.kernel.clock import london_date

from . import dates
from .prose import UNIT, paragraphs
from .shapes import HearingLine
from .wording import LANGUAGES, Language, text

LISTED, RESULT = "hearing_listed", "hearing_result"
SHOWN = ("listed", "adjourned", "cancelled")
"""What stands under «Court dates» until its day has passed: whoever meant to go must see that it was put off."""


class Hearing(NamedTuple):
    """One hearing in its newest state. `said_at` is when the records system first said what matters of it."""

    id: str
    sequence: int
    type: str
    court: str
    address: str
    starts_at: datetime | None
    week: date | None
    weeks: int
    attendance: str
    status: str
    result: tuple[tuple[str, str], ...]
    """(language, words) pairs; empty: none is known"""
    said_at: datetime
    changed: bool
    """Something else was said of it too"""
    live: bool

    def covered_by(self, written_of: datetime) -> bool:
        """Whether what an officer wrote of the same step, as of then, can stand for it.

        Never for a hearing that was put off or cancelled, or of which no result is known; and what was written before
        the date changed is about another date.
        """
        if self.milestone == LISTED and self.status != "listed":
            return False
        return not self.changed or written_of >= self.said_at

    @property
    def milestone(self) -> str:
        """The step that its entry is: a result once it was held and has one. A result before that is not shown."""
        return RESULT if self.status == "held" and self.result else LISTED

    def words(self) -> dict[str, Any]:
        """What is kept of its entry, in the form of `words.frozen`.

        Dates have their year and the team's name stays open. A result in one language only is in that language in
        both versions, which the page then says.
        """
        result = dict(self.result) if self.milestone == RESULT else {}
        state = "result" if result else self.status
        kept: dict[str, Any] = {"written": sorted(result)}
        for language in LANGUAGES:
            # the entry's text is all in one language: that of the result, where it has one
            own = language if not result or language in result else next(iter(result))
            body: Language = "cy" if own == "cy" else "en"
            first = text(f"hearing.{state}.happened", body)
            if state == "listed":
                # whether to go stands where an entry that is folded still shows it
                first += " " + text(f"hearing.attendance.{self.attendance or 'unknown'}", body, unit=UNIT)
            told = [first, self._facts(body), *paragraphs(result.get(body, ""))]
            told += [text(f"hearing.{state}.next", body), text(f"hearing.{state}.ask", body, unit=UNIT)]
            kept[language] = {"title": text(f"hearing.{state}.title", language), "paragraphs": told}
        return kept

    def _facts(self, language: Language) -> str:
        court = f"{self.court}, {self.address}" if self.address else self.court
        lines = [
            text("hearing.where", language, court=court),
            text("hearing.when", language, when=_when(self.starts_at, self.week, self.weeks, language)),
        ]
        if self.type:
            lines.append(text("hearing.kind", language, type=self.type))
        return "\n".join(lines)

    def line(self) -> dict[str, Any]:
        """What the published case keeps of it, for `coming`."""
        return {
            "court": self.court,
            "address": self.address,
            "type": self.type,
            "starts_at": self.starts_at.isoformat() if self.starts_at else "",
            "week": self.week.isoformat() if self.week else "",
            "weeks": self.weeks,
            "attendance": self.attendance,
            "status": self.status,
        }


def _when(
    starts_at: datetime | None, week: date | None, weeks: int, language: Language, today: date | None = None
) -> str:
    if starts_at is not None:
        return dates.moment(starts_at, language, today=today)
    assert week is not None
    day = dates.day(week, language, today=today)
    if weeks > 1:
        return text("hearing.weeks", language, weeks=weeks, day=day)
    return text("hearing.week", language, day=day)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def coming(kept: Iterable[Mapping[str, Any]], language: Language, today: date) -> list[HearingLine]:
    """The hearings of a published case that have not been yet, the next one first."""
    found = []
    for one in kept:
        starts_at = datetime.fromisoformat(one["starts_at"]) if one["starts_at"] else None
        week = date.fromisoformat(one["week"]) if one["week"] else None
        first = london_date(starts_at) if starts_at else week
        assert first is not None
        last = first if starts_at else first + timedelta(weeks=one["weeks"], days=-1)
        if last < today or one["status"] not in SHOWN:
            continue
        stands = one["status"] == "listed"
        found.append(
            HearingLine(
                day=first if starts_at else None,
                first=first,
                when=_capital(_when(starts_at, week, one["weeks"], language, today)),
                court=one["court"],
                address=one["address"],
                type=one["type"],
                off="" if stands else text(f"hearing.off.{one['status']}", language),
                attendance=text(f"hearing.going.{one['attendance'] or 'unknown'}", language)
                if stands
                else "",
            )
        )
    return sorted(found, key=lambda line: (line.first, line.when))
