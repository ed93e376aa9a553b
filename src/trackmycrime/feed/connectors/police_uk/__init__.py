"""data.police.uk: street and outcomes extracts turned into events of the feed's contract.

The face of the connector: `find` the extracts, `read` those of one force, ask the Reading for its events.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from trackmycrime.feed.connectors.events import Made, event
from trackmycrime.feed.connectors.police_uk.facts import Facts
from trackmycrime.feed.connectors.police_uk.files import NAMES, ExtractFile, extract_at, files_below
from trackmycrime.feed.connectors.police_uk.made_up import Staff, staff_of
from trackmycrime.feed.connectors.police_uk.rows import Counts, rows_of
from trackmycrime.feed.connectors.police_uk.story import Teller, reference_of, story
from trackmycrime.feed.connectors.refusals import Refuse

__all__ = ["NAMES", "Counts", "ExtractFile", "Reading", "extract_at", "files_below", "find", "reference_of"]

_STAFF_MONTH = 0
"""Made-up staff is older than every crime, and the same whatever extracts it comes with."""


def find(paths: Iterable[Path], release: int | None = None) -> list[ExtractFile]:
    """The extracts at and below the paths, by force, release, month and kind. `release` overrides folders.

    Raises FileNotFoundError for a path that does not exist.
    """
    found = [extract for path, given in files_below(paths) if (extract := extract_at(path, given))]
    if release is not None:
        found = [replace(extract, release=release) for extract in found]
    return sorted(found, key=lambda f: (f.force, f.release or 0, f.month, f.kind, str(f.path)))


@dataclass
class Reading:
    """The extracts of one force, read. Use as a context manager: it holds a temporary database."""

    force: str
    made_up_victims: bool = False
    counts: Counts = field(default_factory=Counts)
    facts: Facts = field(default_factory=Facts)

    def __enter__(self) -> Reading:
        return self

    def __exit__(self, *_: object) -> None:
        self.facts.close()

    def add(self, file: ExtractFile, refuse: Refuse) -> None:
        """Read one extract; what cannot be taken goes to `refuse` with line, column and reason."""
        if file.force != self.force:
            raise ValueError("an extract of another force")
        self.facts.add(file, rows_of(file, self.counts, refuse))

    def events(self) -> Iterator[Made]:
        """All events, the same on every run: staff first, then each crime's whole life after the other."""
        staff = staff_of(self.force) if self.made_up_victims else None
        if staff is not None:
            yield from _introduced(staff)
        teller = Teller(self.force, staff)
        for crime in self.facts.crimes():
            yield from story(crime, teller)


def _introduced(staff: Staff) -> Iterator[Made]:
    """Units before the officers in them."""
    for type_, people in (("unit.changed", staff.units), ("officer.changed", staff.officers)):
        for subject, data in people.items():
            made = event(
                type=type_,
                subject=subject,
                source=f"urn:trackmycrime:made-up:{staff.force}",
                time="2000-01-01T00:00:00Z",
                month=_STAFF_MONTH,
                place=0,
                data=data,
            )
            yield Made("staff", _STAFF_MONTH, made)
