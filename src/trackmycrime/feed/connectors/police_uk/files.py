"""Finding the extracts in whatever folders they lie in.

What a file is stands in its name: `YYYY-MM-<force>-street.csv` or `-outcomes.csv`, plain or `.gz`. Which
release of data.police.uk it came from stands nowhere in it, but may stand in a folder's name:
`release-2021-11`, `archive-2021-11`, or `2021-11` where that is later than the file's own month.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from trackmycrime.feed.connectors.months import month_number

Kind = Literal["street", "outcomes"]

_NAME = re.compile(r"(\d{4}-\d{2})-([a-z][a-z-]{0,62}[a-z])-(street|outcomes)\.csv(?:\.gz)?", re.IGNORECASE)
_RELEASE = re.compile(r"(?<!\d)(20\d\d-\d\d)(?![\d-])")
_SAID = re.compile(r"release|archive", re.IGNORECASE)

NAMES = "YYYY-MM-<force>-street.csv or YYYY-MM-<force>-outcomes.csv, plain or .gz"


@dataclass(frozen=True, slots=True)
class ExtractFile:
    """One file of one force and month. `release` is the month of the release, None where nothing says it."""

    path: Path
    force: str
    month: int
    kind: Kind
    release: int | None


def extract_at(path: Path, given: Path) -> ExtractFile | None:
    """What a file is by its name, or None where the name is not of an extract. `given` was asked for."""
    match = _NAME.fullmatch(path.name)
    if match is None or (month := month_number(match[1])) is None:
        return None
    kind = cast(Kind, match[3].lower())
    return ExtractFile(path, match[2].lower(), month, kind, _release(path, given, month))


def files_below(paths: Iterable[Path]) -> Iterator[tuple[Path, Path]]:
    """Every file at or below the paths, once each, in the order of their names; with the path asked for.

    Links to folders are not followed. Raises FileNotFoundError for a path that does not exist.
    """
    seen: set[Path] = set()
    for given in paths:
        if not given.exists():
            raise FileNotFoundError(str(given))
        for path in [given] if given.is_file() else _walk(given):
            real = path.resolve()
            if real not in seen:
                seen.add(real)
                yield path, given


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            yield Path(parent) / name


def _release(path: Path, given: Path, month: int) -> int | None:
    """The latest month that a folder names as a release: of the folders below the path asked for and it."""
    absolute = path.absolute().parent.parts
    start = len(given.absolute().parts) - (1 if given.is_dir() else 3)
    found: list[int] = []
    for part in absolute[max(start, 0) :]:
        for match in _RELEASE.finditer(part):
            number = month_number(match[1])
            if number is not None and (number > month or _SAID.search(part)):
                found.append(number)
    return max(found, default=None)
