"""What `feed push` sends: the files found, and everything in them as one stream that is the same every time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from trackmycrime.feed.connectors import ndjson, police_uk
from trackmycrime.feed.connectors.events import as_line
from trackmycrime.feed.connectors.lines import BrokenOff, lines_of
from trackmycrime.feed.connectors.refusals import Refusal


class NothingFound(Exception):
    """A path is not there, or holds nothing that can be sent; the message says which."""


@dataclass(frozen=True, slots=True)
class Item:
    """One event, ready to be sent. `rows` are the rows of input that stand or fall with it alone."""

    id: str | None
    type: str
    subject: str
    line: bytes
    file: str
    number: int
    rows: int
    steps: int


@dataclass
class Inputs:
    """The files of one push: events files, and the extracts of at most one force."""

    events: list[Path]
    extracts: list[police_uk.ExtractFile]
    made_up_victims: bool = False
    rows: police_uk.Counts = field(default_factory=police_uk.Counts)
    steps: int = 0

    @property
    def forces(self) -> list[str]:
        """The forces of the extracts."""
        return sorted({file.force for file in self.extracts})

    def fingerprint(self) -> str:
        """A digest of every file's content and of all that decides what is made of it; counts the steps."""
        digest = hashlib.sha256(json.dumps([self.made_up_victims, len(self.events)]).encode())
        for path in self.events:
            content = hashlib.sha256()
            try:
                for _, line in lines_of(path):
                    self.steps += 1
                    content.update((line or b"") + b"\n")
            except BrokenOff as why:
                content.update(str(why).encode())
            digest.update(content.digest())
        for extract in self.extracts:
            digest.update(json.dumps([extract.force, extract.month, extract.kind, extract.release]).encode())
            with extract.path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
        return digest.hexdigest()

    def stream(self) -> Iterator[Item | Refusal]:
        """Events and refusals in an order that is the same on every run; fills `rows` on the way.

        Extracts come first, then the files of events. Iterate to the end, or close it.
        """
        with ExitStack() as held:
            for force in self.forces:
                reading = held.enter_context(police_uk.Reading(force, self.made_up_victims, self.rows))
                yield from self._read(reading)
                self.steps += reading.facts.count()
                yield from _told(reading)
        for path in self.events:
            yield from self._lines(path)

    def _read(self, reading: police_uk.Reading) -> Iterator[Refusal]:
        for extract in self.extracts:
            if extract.force == reading.force:
                refused: list[Refusal] = []
                reading.add(extract, refused.append)
                yield from refused

    def _lines(self, path: Path) -> Iterator[Item | Refusal]:
        for found in ndjson.lines_in(path):
            if isinstance(found, Refusal):
                self.rows.read += found.rows
                self.rows.refused += found.rows
                yield found
                continue
            self.rows.read += 1
            self.rows.turned += 1
            id_, type_, subject = (_text(found.value.get(name)) for name in ("id", "type", "subject"))
            yield Item(id_ or None, type_, subject, found.text, str(path), found.number, 1, 1)


def gathered(
    paths: Sequence[Path],
    *,
    release: int | None = None,
    force: str | None = None,
    made_up_victims: bool = False,
) -> Inputs:
    """Find what there is to send at and below the paths.

    `force` keeps the extracts of that force only. Raises NothingFound for a path that does not exist, that
    is a file of no known name, or that holds nothing.
    """
    try:
        every = list(police_uk.files_below(paths))
    except FileNotFoundError as missing:
        raise NothingFound(f"{missing} does not exist") from None
    for path, given in every:
        if path == given and not ndjson.is_ndjson(path) and police_uk.extract_at(path, given) is None:
            raise NothingFound(f"{path} is not named as one of: {ndjson.NAMES}; {police_uk.NAMES}")
    events = [path for path, _ in every if ndjson.is_ndjson(path)]
    extracts = [file for file in police_uk.find(paths, release) if force in (None, file.force)]
    if not events and not extracts:
        where = ", ".join(map(str, paths))
        of = f" of the force {force}" if force else ""
        raise NothingFound(f"nothing to send{of} in {where}; looked for {ndjson.NAMES}; {police_uk.NAMES}")
    return Inputs(events, extracts, made_up_victims)


def _told(reading: police_uk.Reading) -> Iterator[Item]:
    before = ""
    for made in reading.events():
        event = made.event
        step = int(made.step != "staff" and event["subject"] != before)
        before = event["subject"]
        yield Item(event["id"], event["type"], before, as_line(event), "", 0, 0, step)


def _text(value: object) -> str:
    return value[:128] if isinstance(value, str) else ""
