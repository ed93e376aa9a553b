"""Where events wait until the gateway has answered for them: on the disk, encrypted, in their order.

What was read and the mark from which reading goes on are kept in one transaction; what the gateway answered is counted
and let go in another. Killed between any two lines, nothing is lost and at most the delivery in flight is sent again.
"""

from __future__ import annotations

import shutil
import threading
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from trackmycrime.feed.agent import clock, store
from trackmycrime.feed.agent.lines import Ready
from trackmycrime.feed.agent.reserve import MOST, Reserve
from trackmycrime.feed.agent.seal import Broken, Seal
from trackmycrime.feed.connectors.protocol import Batch

_RESUME = 0.75
"""Reading that stopped at a full spool goes on when it has fallen to this part of it, not with the first byte"""
_GIVE_BACK = 256
"""Free pages above which the file is made smaller, so many of them at a time"""


class Full(Exception):
    """There is no room to keep it now; the message says what is short."""


@dataclass(frozen=True, slots=True)
class Kept:
    """One event as it waits."""

    number: int
    input: str
    id: str
    type: str
    subject: str
    line: bytes
    tries: int


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of one event: one of the contract's statuses; `fault` where a person should look at it."""

    number: int
    input: str
    status: str
    fault: bool = False


def subject_key(subject: str, number: int) -> str:
    """By what events are kept in order: the contract compares subjects without case; without one, each is alone."""
    return subject.casefold() or f"\0{number}"


class Spool:
    """One spool that is open. Used by several threads."""

    def __init__(self, folder: Path, seal: Seal, most_bytes: int, keep_free_bytes: int) -> None:
        """Open it below `folder`. Raises store.NotOurs, store.Damaged and store.Stuck."""
        self.folder, self.most_bytes, self.keep_free_bytes = folder, most_bytes, keep_free_bytes
        self._seal = seal
        self._lock = threading.RLock()
        folder.mkdir(mode=0o700, exist_ok=True)
        self._reserve = Reserve(folder, min(MOST, most_bytes // 4))
        try:
            self._store = store.opened(folder / store.FILE)
        except store.Stuck:
            if not self._reserve.give_up():
                raise
            self._store = store.opened(folder / store.FILE)
        self._short = False
        self._loose = True
        with self._writing():
            self._store.execute("insert or ignore into meta values ('key', ?)", [seal.name])
        if self.fact("key") != seal.name:
            self.close()
            raise store.NotOurs(f"{folder} was written with another key than the one in key_file")

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._store.close()

    # reading into it

    def mark(self, input_: str) -> str:
        """From where reading this input goes on; "" before the first time."""
        with self._reading():
            row = self._store.execute("select mark from input where name = ?", [input_]).fetchone()
        return str(row[0]) if row else ""

    def short_of(self, size: int = 0) -> str:
        """What is short for keeping `size` bytes more, in words; empty when there is room."""
        with self._lock:
            short = self._short_of(size)
            self._short = bool(short)
        return short

    def _short_of(self, size: int) -> str:
        free = shutil.disk_usage(self.folder).free
        if free - size < self.keep_free_bytes:
            return f"the disk has {free:,} bytes free, and {self.keep_free_bytes:,} are to stay free"
        if not self._reserve.held():
            return (
                "the disk is full; what was read is sent first, and nothing more is read until there is room"
            )
        used = self.used_bytes()
        most = self.most_bytes * _RESUME if self._short else self.most_bytes
        if used + size > most and self._waiting():
            return f"the spool holds {used:,} bytes, and may hold {self.most_bytes:,}"
        return ""

    def keep(self, input_: str, batch: Batch, ready: Sequence[Ready], unfit: int) -> None:
        """Keep a batch's events and its mark; on the disk when this returns. Raises Full, store.Stuck, store.Damaged.

        `unfit` are the batch's events that no delivery can carry; they count as made, and as quarantined here.
        """
        size = sum(len(one.line) for one in ready)
        with self._lock:
            short = self.short_of(size)
            if short:
                raise Full(short)
            now = clock.wall()
            with self._writing():
                self._store.execute("insert or ignore into input (name) values (?)", [input_])
                self._store.execute(
                    "update input set mark = ?, last_read = ?, error = '', read = read + ?, turned = turned + ?,"
                    " skipped = skipped + ?, refused = refused + ?, made = made + ?, quarantined = quarantined + ?,"
                    " fault_at = coalesce(?, fault_at) where name = ?",
                    [
                        batch.mark, now, batch.read, batch.turned, batch.skipped, _rows_refused(batch),
                        len(ready) + unfit, unfit, now if batch.refused or unfit else None, input_,
                    ],
                )  # fmt: skip
                self._insert(input_, ready, now)

    def _insert(self, input_: str, ready: Sequence[Ready], now: float) -> None:
        last = self._store.execute("select seq from sqlite_sequence where name = 'event'").fetchone()
        numbers = range((last[0] if last else 0) + 1, 2**62)
        self._store.executemany(
            "insert into event (id, input, subject, type, event_id, line, size, kept_at)"
            " values (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (number, input_, one.subject, one.type, one.id,
                 self._seal.close(one.line, place(number, input_)), len(one.line), now)
                for number, one in zip(numbers, ready, strict=False)
            ),
        )  # fmt: skip

    def adopt(self, events: Sequence[tuple[str, Ready]]) -> None:
        """Take over events that another spool had, in their order; they count as made."""
        now = clock.wall()
        with self._writing():
            for input_, group in groupby(events, key=lambda one: one[0]):
                ready = [one for _, one in group]
                self._store.execute(
                    "insert into input (name, made) values (?, ?)"
                    " on conflict (name) do update set made = made + excluded.made",
                    [input_, len(ready)],
                )
                self._insert(input_, ready, now)

    def looked(self, input_: str) -> None:
        """Note that an input was read to its end, and had nothing more."""
        with self._writing():
            self._store.execute(
                "insert into input (name, last_read) values (?, ?)"
                " on conflict (name) do update set last_read = excluded.last_read, error = ''",
                [input_, clock.wall()],
            )

    def failed(self, input_: str, error: str) -> None:
        """Note that an input cannot be read, and why."""
        with self._writing():
            self._store.execute(
                "insert into input (name, error, error_at) values (?, ?, ?)"
                " on conflict (name) do update set error = excluded.error, error_at = excluded.error_at",
                [input_, error[:500], clock.wall()],
            )

    # sending from it

    def next(self, most: int, most_bytes: int, barred: Collection[str]) -> list[Kept]:
        """The oldest events that may go, in order: none of a subject that is barred.

        A line that does not open is set apart, where a person finds it; the rest goes on.
        """
        found: list[Kept] = []
        broken: list[int] = []
        total = 0
        with self._lock:
            for row in self._unsent():
                number, input_, id_, type_, subject, line, size, tries = row
                if barred and subject_key(subject, number) in barred:
                    continue
                if found and (len(found) == most or total + size + 1 > most_bytes):
                    break
                try:
                    text = self._seal.open(line, place(number, input_))
                except Broken:
                    broken.append(number)
                    continue
                total += size + 1
                found.append(Kept(number, input_, id_, type_, subject, text, tries))
            if broken:
                with self._writing():
                    self._store.executemany(
                        "update event set state = 'broken' where id = ?", [[n] for n in broken]
                    )
        return found

    def _unsent(self) -> Iterator[tuple[int, str, str, str, str, bytes, int, int]]:
        with store.faults():
            yield from self._store.execute(
                "select id, input, event_id, type, subject, line, size, tries from event"
                " where state = 'unsent' order by id"
            )

    def settle(self, answers: Sequence[Answered]) -> None:
        """Count what the gateway answered, and let those events go."""
        counted = Counter((one.input, one.status) for one in answers)
        faults = {one.input for one in answers if one.fault}
        with self._writing():
            for (input_, status), count in counted.items():
                assert status in ("applied", "duplicate", "superseded", "quarantined")
                self._store.execute(
                    f"update input set {status} = {status} + ? where name = ?",  # noqa: S608 (one of four words)
                    [count, input_],
                )
            now = clock.wall()
            self._store.executemany(
                "update input set fault_at = ? where name = ?", [[now, each] for each in faults]
            )
            self._store.executemany("delete from event where id = ?", [[one.number] for one in answers])
        self._loose = True
        self._give_back()

    def make_room(self) -> bool:
        """Where the disk is full: give up the reserve, whether there was one. Nothing is read until it is back.

        And have the log begin anew: whoever looked at the spool while it was written, as `feed agent status` does, kept
        it from that, and SQLite tries it again only after something more was written, for which there is no room.
        """
        gave_up = self._reserve.give_up()
        with self._lock, suppress(store.Stuck), store.faults():
            self._store.execute("pragma wal_checkpoint(passive)").fetchall()
        return gave_up

    def postpone(self, kept: Sequence[Kept], problem: str) -> None:
        """Note that these could not be delivered, and why; they stay where they are."""
        with self._writing():
            self._store.executemany(
                "update event set tries = tries + 1, problem = ? where id = ?",
                [[problem[:300], one.number] for one in kept],
            )

    def _give_back(self) -> None:
        with self._lock, suppress(store.Stuck), store.faults():
            if self._store.execute("pragma freelist_count").fetchone()[0] > 2 * _GIVE_BACK:
                store.shrink(self._store, _GIVE_BACK)

    def rest(self) -> None:
        """When there is nothing to do: give the disk back what is not needed, and leave nothing in the log."""
        if self._loose:
            self._loose = False
            with self._lock, suppress(store.Stuck), store.faults():
                store.shrink(self._store)
                self._store.execute("pragma wal_checkpoint(truncate)").fetchall()

    # facts

    def waiting(self) -> bool:
        """Whether anything waits to be sent."""
        with self._reading():
            return self._waiting()

    def _waiting(self) -> bool:
        return (
            self._store.execute("select 1 from event where state = 'unsent' limit 1").fetchone() is not None
        )

    def faults(self) -> int:
        """How many rows were refused and events quarantined, ever."""
        with self._reading():
            row = self._store.execute("select coalesce(sum(refused + quarantined), 0) from input").fetchone()
        return int(row[0])

    def used_bytes(self) -> int:
        """Bytes of the file that hold something."""
        with self._reading():
            pages = self._store.execute("pragma page_count").fetchone()[0]
            free = self._store.execute("pragma freelist_count").fetchone()[0]
            return int((pages - free) * self._store.execute("pragma page_size").fetchone()[0])

    def fact(self, name: str) -> str:
        """What was noted under a name; "" for nothing."""
        with self._reading():
            row = self._store.execute("select value from meta where name = ?", [name]).fetchone()
        return str(row[0]) if row else ""

    def note(self, **facts: str | float) -> None:
        """Note facts for whoever asks for the status."""
        with self._writing():
            self._store.executemany(
                "insert into meta values (?, ?) on conflict (name) do update set value = excluded.value",
                [[name, str(value)] for name, value in facts.items()],
            )

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock, store.faults():
            yield

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._lock, store.faults(), store.transaction(self._store):
            yield


def place(number: int, input_: str) -> str:
    """Where an event's line alone opens."""
    return f"event:{number}:{input_}"


def _rows_refused(batch: Batch) -> int:
    return sum(one.rows for one in batch.refused)
