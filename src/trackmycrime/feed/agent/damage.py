"""A spool that is not sound is put aside whole, what can be read of it is taken over, and both are said.

Marks are not taken over: what the damaged file may have lost is read again from the inputs, and the gateway knows what
it has already. What an input has let go (a file that was moved to done) must be given again by a person, which is why
a spool that was put aside stays there, and is a matter for a person, until somebody removes it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from trackmycrime.feed.agent import clock, store
from trackmycrime.feed.agent.lines import Ready
from trackmycrime.feed.agent.seal import Broken, Seal
from trackmycrime.feed.agent.spool import Spool, place

STORE = "store"
_ASIDE = "damaged-"
_DONE = "taken-over"


def opened(
    folder: Path, seal: Seal, most_bytes: int, keep_free_bytes: int, tell: Callable[[str], None]
) -> Spool:
    """The spool in `folder`, a new one where that is damaged. Raises store.NotOurs and store.Stuck."""
    try:
        spool = Spool(folder / STORE, seal, most_bytes, keep_free_bytes)
    except store.Damaged as why:
        stamp = (clock.moment(clock.wall()) or "").replace(":", "")
        aside = folder / f"{_ASIDE}{stamp}"
        os.rename(folder / STORE, aside)  # one step: a new spool never meets the old one's log
        tell(f"the spool is damaged ({why}); it was put aside as {aside}, and a new one is begun")
        spool = Spool(folder / STORE, seal, most_bytes, keep_free_bytes)
    for aside in put_aside(folder):
        if not (aside / _DONE).exists():
            _take_over(aside, spool, seal, tell)
    return spool


def put_aside(folder: Path) -> list[Path]:
    """The spools that were put aside and are still there."""
    return sorted(path for path in folder.glob(f"{_ASIDE}*") if path.is_dir())


def _take_over(aside: Path, spool: Spool, seal: Seal, tell: Callable[[str], None]) -> None:
    found: dict[int, tuple[str, Ready]] = {}
    for newest_first in (False, True):  # from both ends, because reading stops where the damage is
        with suppress(sqlite3.Error):
            for number, input_, ready in _readable(aside / store.FILE, seal, newest_first):
                found[number] = input_, ready
    spool.adopt([found[number] for number in sorted(found)])
    (aside / _DONE).touch(0o600)
    tell(
        f"{len(found):,} events were taken over from {aside}; all inputs are read again from their beginning. Give"
        f" again what they do not have any more, then remove that folder"
    )


def _readable(file: Path, seal: Seal, newest_first: bool) -> Iterator[tuple[int, str, Ready]]:
    connection = sqlite3.connect(file, isolation_level=None)
    try:
        order = "desc" if newest_first else "asc"
        for number, input_, id_, type_, subject, line in connection.execute(
            f"select id, input, event_id, type, subject, line from event order by id {order}"  # noqa: S608 (two words)
        ):
            with suppress(Broken, TypeError, AttributeError):
                yield number, input_, Ready(id_, type_, subject, seal.open(line, place(number, input_)))
    finally:
        connection.close()
