"""The connector for files that are dropped in a folder, whatever is in them: `Read` says that.

The mark names the file that is being read, by its name in `work/` and what the file system knows of it, and how many
of its rows are kept. After a kill the file is read again from its beginning, what was kept is left out, and the
report has all of it.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from trackmycrime.feed.connectors.files.claims import Claims, Clock, printable
from trackmycrime.feed.connectors.files.pieces import Piece, Read, Sums
from trackmycrime.feed.connectors.options import Options
from trackmycrime.feed.connectors.protocol import Away, Batch, Settings
from trackmycrime.feed.connectors.refusals import Refusal

_MOST_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True)
class Mark:
    """How far a file was read: `kept` pieces of it, all when `ended`."""

    name: str = ""
    identity: str = ""
    kept: int = 0
    ended: bool = False

    @classmethod
    def read(cls, text: str) -> Mark:
        """A mark that was written by `text`; one that cannot be read is as none: what comes twice is a duplicate."""
        try:
            found = json.loads(text)
            return cls(str(found["file"]), str(found["is"]), int(found["kept"]), bool(found["ended"]))
        except (ValueError, KeyError, TypeError):
            return cls()

    def text(self) -> str:
        return json.dumps({"file": self.name, "is": self.identity, "kept": self.kept, "ended": self.ended})


class Folder:
    """A folder of files, read by `read`; `rows` is how many rows a batch has at most."""

    def __init__(self, claims: Claims, read: Read, source: str, rows: int, settings: Settings) -> None:
        self._claims, self._read, self._source, self._rows = claims, read, source, rows
        self._tell = settings.tell
        self._ended: dict[str, tuple[Path, Sums]] = {}

    def batches(self, mark: str) -> Iterator[Batch]:
        """What is claimed already, then what is complete in the folder, file by file, oldest first."""
        self._claims.open()
        at = Mark.read(mark)
        for path in self._claims.claimed():
            yield from self._file(path, at)
        for path in self._claims.claims():
            yield from self._file(path, Mark())

    def kept(self, batch: Batch) -> None:
        """Puts the file away when the batch was its last."""
        if batch.mark in self._ended:
            path, sums = self._ended.pop(batch.mark)
            self._put_away(path, sums)

    def close(self) -> None:
        """Lets others work on the folder."""
        self._claims.close()

    def _file(self, path: Path, at: Mark) -> Iterator[Batch]:
        try:
            state = path.stat()
        except FileNotFoundError:
            return
        except OSError as error:
            raise Away(f"{path.parent} cannot be used: {error.strerror or 'input error'}") from None
        identity = f"{state.st_ino}-{state.st_size}-{state.st_mtime_ns}"
        here = Mark(path.name, identity)
        before = at if (at.name, at.identity) == (here.name, here.identity) else here
        sums, some = Sums(), Sums()
        pieces: list[Piece] = []
        size = 0
        for piece in self._pieces(path):
            sums.add(piece)
            if sums.pieces <= before.kept or before.ended:
                continue
            pieces.append(piece)
            some.add(piece)
            size += piece.size
            if len(pieces) >= self._rows or size >= _MOST_BYTES:
                yield self._batch(Mark(path.name, identity, sums.pieces), pieces, some, path)
                some, pieces, size = Sums(), [], 0
        if before.ended:
            self._put_away(path, sums)
            return
        last = self._batch(Mark(path.name, identity, sums.pieces, True), pieces, some, path)
        self._ended[last.mark] = (path, sums)
        yield last

    def _pieces(self, path: Path) -> Iterator[Piece]:
        """What the reader gives; a file that it stumbles over is refused, and never holds up the others."""
        name = printable(path.name)
        try:
            yield from self._read(path, name)
        except (ValueError, LookupError, TypeError, RecursionError, OSError) as error:
            reason = f"it cannot be read further ({type(error).__name__})"
            yield Piece(refused=[Refusal(name, 0, "", reason, "a file as the input expects it", "file", 0)])

    def _batch(self, mark: Mark, pieces: list[Piece], some: Sums, path: Path) -> Batch:
        return Batch(
            mark=mark.text(),
            events=[event for piece in pieces for event in piece.events],
            refused=[refusal for piece in pieces for refusal in piece.refused],
            read=some.read,
            turned=some.turned,
            skipped=some.skipped,
            about=printable(path.name),
        )

    def _put_away(self, path: Path, sums: Sums) -> None:
        try:
            self._claims.put_away(path, sums.failed, sums.report(printable(path.name), self._source))
        except OSError as error:
            why = error.strerror or os.strerror(error.errno or 0)
            self._tell(
                f"{printable(path.name)} was read to its end and could not be put away: {why}; tried again"
            )


def folder(
    options: Options, settings: Settings, read: Read, patterns: list[str], clock: Clock | None = None
) -> Folder:
    """The connector of a folder, by the options that all of them have. Raises Unfit."""
    where = options.path("folder")
    if where.exists() and not where.is_dir():
        raise options.unfit("folder", f"names {where}, which is not a folder")
    patterns = options.texts("pattern") or patterns
    settle = options.seconds("settle", 10.0)
    rows = options.whole("rows", 500, 1, 10_000)
    options.done()
    return Folder(
        Claims(where, patterns, settle, settings.tell, clock), read, settings.source, rows, settings
    )
