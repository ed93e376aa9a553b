"""A folder of data.police.uk's extracts as an input. `extracts` is the factory.

The extracts tell of a crime in many files, so they are read all together, each time that one was added or changed.
What was said before keeps its ids and is a duplicate at the gateway. The source of the events is that of the published
data and not the input's, so that they are the same by whichever way they are sent.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from trackmycrime.feed.connectors.months import month_number
from trackmycrime.feed.connectors.options import Options
from trackmycrime.feed.connectors.police_uk import ExtractFile, Reading, find
from trackmycrime.feed.connectors.protocol import Away, Batch, Settings
from trackmycrime.feed.connectors.refusals import Refusal

_NOTHING: dict[str, Any] = {"listing": "", "sent": 0, "ended": False}


def extracts(settings: Settings, now: Callable[[], float] = time.time) -> Extracts:
    """The connector. Raises Unfit."""
    options = Options(settings.options, settings.name, settings.base)
    folder = options.path("folder")
    force = options.text("force").lower()
    release = None
    if options.given("release"):
        release = month_number(options.text("release"))
        if release is None:
            raise options.unfit("release", "must be a month like 2026-05")
    made = Extracts(
        folder, force, release, options.whole("rows", 500, 1, 10_000), options.seconds("settle", 10.0), now
    )
    options.done()
    return made


class Extracts:
    """The extracts of one force in a folder that only ever gains files. `rows` is how many events a batch has."""

    def __init__(
        self,
        folder: Path,
        force: str,
        release: int | None,
        rows: int,
        settle: float,
        now: Callable[[], float],
    ) -> None:
        self._folder, self._force, self._release = folder, force, release
        self._rows, self._settle, self._now = rows, settle, now

    def batches(self, mark: str) -> Iterator[Batch]:
        """Nothing while the files are as they were; else all that they say. Raises Away."""
        try:
            files = [file for file in find([self._folder], self._release) if file.force == self._force]
            listing, youngest = _listed(files)
        except OSError as error:
            raise Away(f"the folder {self._folder} cannot be read: {error.strerror or 'not there'}") from None
        at = _read(mark)
        if (at["listing"] == listing and at["ended"]) or not files:
            return
        if self._now() - youngest < self._settle:
            return  # somebody is still writing
        before = at["sent"] if at["listing"] == listing else 0
        with Reading(self._force) as reading:
            refused: list[Refusal] = []
            for file in files:
                reading.add(file, refused.append)
            counts = reading.counts
            events = (made.event for made in reading.events())
            sent = len(list(islice(events, before)))  # kept already, and its rows counted
            told = before > 0
            while some := list(islice(events, self._rows)):
                sent += len(some)
                rows = (0, 0, 0) if told else (counts.read, counts.turned, counts.skipped)
                yield Batch(
                    _mark(listing, sent), some, [] if told else refused, *rows, about=str(self._folder)
                )
                told = True
            rows = (0, 0, 0) if told else (counts.read, counts.turned, counts.skipped)
            yield Batch(
                _mark(listing, sent, True), (), [] if told else refused, *rows, about=str(self._folder)
            )

    def kept(self, batch: Batch) -> None:
        """The extracts stay where they are."""

    def close(self) -> None:
        """Nothing is held between two readings."""


def _listed(files: list[ExtractFile]) -> tuple[str, float]:
    """What tells one state of the files from another, and when the youngest was changed."""
    digest = hashlib.sha256()
    youngest = 0.0
    for file in files:
        state = file.path.stat()
        youngest = max(youngest, state.st_mtime, state.st_ctime)
        digest.update(
            os.fsencode(file.path) + f"\0{file.release}\0{state.st_size}\0{state.st_mtime_ns}\0".encode()
        )
    return digest.hexdigest()[:32], youngest


def _mark(listing: str, sent: int, ended: bool = False) -> str:
    return json.dumps({"listing": listing, "sent": sent, "ended": ended})


def _read(mark: str) -> dict[str, Any]:
    try:
        found = json.loads(mark)
        return {"listing": str(found["listing"]), "sent": int(found["sent"]), "ended": bool(found["ended"])}
    except (ValueError, KeyError, TypeError):
        return _NOTHING
