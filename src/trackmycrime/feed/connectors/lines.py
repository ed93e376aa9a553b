"""Lines of a file as bytes, plain or gzipped, with bounded memory whatever the file holds."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

LINE_LIMIT = 5 * 1024 * 1024
"""Bytes of one line; an event of the contract may not be longer, a row is never near it."""

FILE_LIMIT = 8 * 1024**3
"""Bytes of one file, unpacked. A month of the largest force is 25 MB; more than this is a gzip bomb."""


class BrokenOff(Exception):
    """The file cannot be read further; the message says why in plain words."""


def lines_of(path: Path, limit: int = LINE_LIMIT) -> Iterator[tuple[int, bytes | None]]:
    """Every line with its number from 1, without line end; None for one that is longer than `limit`.

    Raises BrokenOff where the file ends too early, is not gzip though its name says so, or is too large.
    """
    number = 0
    total = 0
    with breaking_off(), opened(path) as file:
        while line := file.readline(limit + 2):
            number += 1
            total += len(line)
            if not line.endswith(b"\n") and len(line) > limit:
                total += _skip_to_end(file, limit)
                yield number, None
            else:
                yield number, line.rstrip(b"\r\n")
            if total > FILE_LIMIT:
                raise BrokenOff(f"it is larger than {FILE_LIMIT // 1024**3} GiB unpacked")


@contextmanager
def breaking_off() -> Iterator[None]:
    """Raises BrokenOff, in plain words, for whatever reading a file can raise."""
    try:
        yield
    except EOFError:
        raise BrokenOff("the gzip data end too early; the file was cut off") from None
    except (gzip.BadGzipFile, zlib.error):
        raise BrokenOff("the gzip data are damaged, or this is not a gzip file") from None
    except OSError as error:
        raise BrokenOff(f"it cannot be read: {error.strerror or 'input error'}") from None


def opened(path: Path) -> BinaryIO:
    """The file's bytes, unpacked where its name ends in .gz."""
    if path.suffix.lower() == ".gz":
        return cast(BinaryIO, gzip.open(path, "rb"))
    return path.open("rb")


def _skip_to_end(file: BinaryIO, limit: int) -> int:
    skipped = 0
    while rest := file.readline(limit):
        skipped += len(rest)
        if rest.endswith(b"\n") or skipped > FILE_LIMIT:
            break
    return skipped
