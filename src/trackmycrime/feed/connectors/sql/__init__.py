"""A view of a records system's database, followed by a watermark with overlap. `view` is the factory.

Each poll reads what has a watermark of at least (mark - overlap), in pages by watermark and key. A transaction that
commits late, but within the overlap, is seen at the next poll; rows of the overlap that were turned before and say
the same are left out, as long as this process remembers them, and are duplicates by their ids when it does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from trackmycrime.feed.connectors.mapping import Mapped, read_mapping
from trackmycrime.feed.connectors.mapping.compiling import zone_of
from trackmycrime.feed.connectors.options import Options
from trackmycrime.feed.connectors.protocol import Away, Batch, Settings, Unfit
from trackmycrime.feed.connectors.refusals import Refusal, Wrong, shown
from trackmycrime.feed.connectors.sql import watermarks
from trackmycrime.feed.connectors.sql.database import Database
from trackmycrime.feed.connectors.sql.watermarks import Overlap, Value

__all__ = ["view"]

_REMEMBERED = 200_000
_GROWN = 64
"""Times that a page may grow, to hold all rows of one watermark and key"""


@dataclass(frozen=True)
class Followed:
    """What is read, and how it is ordered."""

    view: str
    schema: str | None
    watermark: str
    key: Sequence[str]
    overlap: Overlap
    rows: int
    zone: ZoneInfo


def view(settings: Settings) -> View:
    """The connector. Raises Unfit."""
    options = Options(settings.options, settings.name, settings.base)
    schema, _, name = options.text("view").rpartition(".")
    overlap = options.value("overlap")
    steps = overlap if type(overlap) is int and overlap >= 0 else 1000
    key = list(dict.fromkeys(name.casefold() for name in options.texts("key")))
    if not key or options.text("watermark").casefold() in key:
        raise options.unfit("key", "must name the columns that tell rows of one watermark apart")
    followed = Followed(
        view=name,
        schema=schema or None,
        watermark=options.text("watermark"),
        key=key,
        overlap=Overlap(options.seconds("overlap", 600.0), steps),
        rows=options.whole("rows", 500, 1, 10_000),
        zone=zone_of(options.text("timezone", settings.timezone), options),
    )
    mapping = read_mapping(options.table("mapping"), settings)
    database = Database(options)
    options.done()
    return View(database, followed, mapping, settings)


class View:
    """A view that is polled."""

    def __init__(self, database: Database, followed: Followed, mapping: Mapped, settings: Settings) -> None:
        self._database, self._followed, self._mapping, self._settings = database, followed, mapping, settings
        self._pages: _Pages | None = None
        self._seen: dict[bytes, Value | None] = {}
        self._counted = False
        self._warned = False

    def batches(self, mark: str) -> Iterator[Batch]:
        """What the view has from the mark on, less the overlap.

        Raises Away, and Unfit for a view or column that is not there.
        """
        high = watermarks.read(mark)
        if self._pages is None:
            self._pages = _Pages(self._database, self._followed, self._mapping)
        now = self._database.now()
        start = None if high is None else self._followed.overlap.before(high)
        after: tuple[Any, ...] | None = None
        size = self._followed.rows
        while True:
            rows = self._pages.page(start, after, size)
            fresh = [(digest, row) for row in rows if (digest := _digest(row)) not in self._seen]
            for row in rows:
                high = watermarks.later(high, watermarks.watermark(row[0]))
            high = self._capped(high, now)
            for first in range(0, len(fresh), self._followed.rows):
                some = fresh[first : first + self._followed.rows]
                # Only with the last of a page is all kept that lies below the mark.
                ended = first + self._followed.rows >= len(fresh)
                yield self._batch(watermarks.written(high) if ended else mark, [row for _, row in some])
                self._remember(some)
            mark = watermarks.written(high) if fresh else mark
            if len(rows) < size:
                break
            last = self._place(rows, after)
            if last == after and size >= self._followed.rows * _GROWN:
                raise Unfit(f"{self._settings.name}: «key» does not tell rows apart: {size} rows share one")
            size = min(size * 2, self._followed.rows * _GROWN) if not fresh else self._followed.rows
            after = last
        self._forget(high)
        if not self._counted:
            yield from self._unordered(mark)
            self._counted = True

    def kept(self, batch: Batch) -> None:
        """Nothing is to be let go of in a database."""

    def close(self) -> None:
        """Ends the connection."""
        self._database.close()

    def _batch(self, mark: str, rows: Sequence[Sequence[Any]]) -> Batch:
        assert self._pages is not None
        events: list[Any] = []
        refused: list[Refusal] = []
        turned = skipped = 0
        for row in rows:
            made = self._mapping.turn(dict(zip(self._pages.names, row, strict=True)))
            wrongs = list(made.wrong)
            if watermarks.watermark(row[0]) is None:
                right = "a moment, number or row version"
                wrongs.append(Wrong(self._followed.watermark, "it is no watermark", right))
            events += made.events
            refused += [self._refusal(row, wrong, 0 if nth else 1) for nth, wrong in enumerate(wrongs)]
            turned += 1 if made.events and not wrongs else 0
            skipped += 1 if not made.events and not wrongs else 0
        return Batch(mark, events, refused, len(rows), turned, skipped, self._followed.view)

    def _refusal(self, row: Sequence[Any], wrong: Wrong, rows: int) -> Refusal:
        key = ", ".join(
            f"{name}={shown(str(value))}" for name, value in zip(self._followed.key, row[1:], strict=False)
        )
        return Refusal(
            f"{self._followed.view} {key}", 0, wrong.column, wrong.reason, wrong.right, "row", rows
        )

    def _place(self, rows: Sequence[Sequence[Any]], before: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
        """Where the next page begins: at the last row that has a watermark which can be compared."""
        good = (row for row in reversed(rows) if watermarks.watermark(row[0]) is not None)
        row = next(good, None)
        return before if row is None else tuple(row[: 1 + len(self._followed.key)])

    def _capped(self, high: Value | None, now: Any) -> Value | None:
        capped = watermarks.not_ahead(high, now, self._followed.zone)
        if capped != high and not self._warned:
            self._warned = True
            self._settings.tell(
                f"{self._followed.view} has watermarks ahead of the database's clock; is «timezone» right?"
            )
        return capped

    def _remember(self, rows: Sequence[tuple[bytes, Sequence[Any]]]) -> None:
        """The batch with these rows was kept."""
        for digest, row in rows:
            self._seen[digest] = watermarks.watermark(row[0])
        while len(self._seen) > _REMEMBERED:
            del self._seen[next(iter(self._seen))]

    def _forget(self, high: Value | None) -> None:
        """Let go of rows that no poll from here on reads again."""
        if high is None:
            return
        floor = self._followed.overlap.before(high)
        self._seen = {
            digest: value
            for digest, value in self._seen.items()
            if value is None or watermarks.later(floor, value) == value
        }

    def _unordered(self, mark: str) -> Iterator[Batch]:
        """Rows without a watermark or key can never be read in order: they are refused, in one number."""
        assert self._pages is not None
        try:
            count = self._pages.unordered()
        except Away as why:
            self._settings.tell(
                f"rows of {self._followed.view} without a watermark could not be counted: {why}"
            )
            return
        if count:
            names = ", ".join([self._followed.watermark, *self._followed.key])
            reason = f"{count} rows have no value there and cannot be followed"
            refusal = Refusal(self._followed.view, 0, names, reason, "a value in every row", "row", count)
            yield Batch(mark, (), [refusal], count, about=self._followed.view)


class _Pages:
    """The statements. A row has the watermark first, then the key, then what the mapping reads."""

    def __init__(self, database: Database, followed: Followed, mapping: Mapped) -> None:
        columns = database.columns(followed.view, followed.schema)
        wanted = list(
            dict.fromkeys(name.casefold() for name in [followed.watermark, *followed.key, *mapping.columns])
        )
        missing = [name for name in wanted if name not in columns]
        if missing:
            raise Unfit(
                f"the view {followed.view} has no column {', '.join(missing)}; it has {', '.join(columns)}"
            )
        self.names = wanted
        self._database = database
        self._table = sa.table(
            followed.view, *[sa.column(columns[name]) for name in wanted], schema=followed.schema
        )
        self._columns = list(self._table.c)
        self._order = self._columns[: 1 + len(followed.key)]

    def page(self, start: Value | None, after: tuple[Any, ...] | None, size: int) -> Sequence[Sequence[Any]]:
        """Rows from `start` or from the place of the row `after` on, that row's equals too, in order."""
        statement = sa.select(*self._columns).order_by(*self._order).limit(size)
        statement = statement.where(*[column.is_not(None) for column in self._order])
        if after is not None:
            statement = statement.where(_from_place(self._order, after))
        elif start is not None:
            statement = statement.where(self._order[0] >= start)
        with self._database.reading() as connection:
            return [tuple(row) for row in connection.execute(statement)]

    def unordered(self) -> int:
        """How many rows have no watermark or no key."""
        nothing = sa.or_(*[column.is_(None) for column in self._order])
        with self._database.reading() as connection:
            return int(
                connection.execute(
                    sa.select(sa.func.count()).select_from(self._table).where(nothing)
                ).scalar_one()
            )


def _from_place(order: Sequence[sa.ColumnElement[Any]], place: Sequence[Any]) -> sa.ColumnElement[bool]:
    """Whether a row stands at the place or after it."""
    first, at = order[0], place[0]
    if len(order) == 1:
        return sa.and_(first >= at)
    return sa.or_(first > at, sa.and_(first == at, _from_place(order[1:], place[1:])))


def _digest(row: Sequence[Any]) -> bytes:
    return blake2b(repr(tuple(row)).encode("utf-8", "surrogatepass"), digest_size=16).digest()
