"""Many rows in one statement. Rows go over as one JSON value, which PostgreSQL types by the table itself; what is bytes
goes beside it as it is, because as text it would be twice as long and be read three times. Many rows go over as one
array for each column: to begin with that costs more, but then half for each value."""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from operator import itemgetter
from types import MappingProxyType
from typing import Any
from uuid import UUID

import orjson
from django.apps import apps
from django.db import connection
from psycopg.pq import Format

from .postgresql.arrays import many_bytes, many_ids

_NAMED = re.compile(r"\bn\.(\w+)")


@functools.cache
def _kinds(table: str) -> dict[str, str]:
    """Each column of a table with what PostgreSQL calls its kind; without a length, which the assignment checks."""
    fields = (
        f for model in apps.get_models() if model._meta.db_table == table for f in model._meta.concrete_fields
    )
    return {str(f.column): re.sub(r"\(\d+\)", "", str(f.db_type(connection))) for f in fields}


MANY = 64
"""From so many rows on they go over as arrays."""


class _Arrays:
    """Many rows on their way to a table: as `_Rows`, but without names of its own."""

    def __init__(self, table: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
        kinds = _kinds(table)
        self.taken: dict[str, str] = {}
        given, self.params = [], []
        for column, values in zip(columns, _by_column(columns, rows), strict=True):
            kind = kinds[column]
            several = kind.endswith("[]")  # an array of arrays would be taken apart to its members
            self.taken[column] = f"n.{column}::{kind}" if several else f"n.{column}"
            given.append(f"unnest(%s::{'text' if several else kind}[]) as {column}")
            self.params.append(_column(values, kind))
        # one unnest of many arrays would first be kept as a table of its own, column by column
        self.source = f"(select {', '.join(given)}) as n"


def _by_column(columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> Iterable[Sequence[Any]]:
    """The values of each column; null where a row has none of that name."""
    if len(columns) > 1:  # else one would get values, not rows of one
        with suppress(KeyError):
            return list(zip(*map(itemgetter(*columns), rows), strict=True))
    return ([row.get(column) for row in rows] for column in columns)


def _column(values: Sequence[Any], kind: str) -> Any:
    """Values of one kind as an array."""
    if kind == "bytea":
        return many_bytes(values)
    if kind == "uuid":
        return many_ids(values)
    if kind in ("json", "jsonb"):
        values = [None if value is None else orjson.dumps(value).decode() for value in values]
    elif kind.endswith("[]"):
        values = [None if value is None else _members(value) for value in values]
    return _spelled(values, quoted=kind in ("json", "jsonb"))


def _spelled(values: Sequence[Any], *, quoted: bool = False) -> str:
    """PostgreSQL's text of an array: a list as JSON has it, but for signs that JSON spells by a letter; in texts that
    are `quoted` JSON themselves there are none."""
    spelled = orjson.dumps(values).decode()
    if "\\" in spelled and not quoted:
        return "{" + ",".join(map(_quoted, values)) + "}"
    return "{" + spelled[1:-1] + "}"


def _members(values: Iterable[Any]) -> str:
    texts = [_as_text(value) if isinstance(value, bytes) else str(value) for value in values]
    return "{" + ",".join(map(_quoted, texts)) + "}"


class _Rows:
    """Rows on their way to a table: the source of a statement, as ``n``, what it takes from it, its parameters."""

    def __init__(self, table: str, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
        self._apart = [name for name, kind in _kinds(table).items() if kind == "bytea" and name in columns]
        json = f"json_populate_recordset(null::{table}, %s::json)"
        if self._apart:
            beside = ", ".join(["%s::bytea[]"] * len(self._apart))
            names = ", ".join(map(self.name, self._apart))
            self.source = f"rows from (unnest({beside}), {json}) as n ({names})"
        else:
            self.source = f"{json} n"
        self.taken = {column: f"n.{self.name(column)}" for column in columns}
        self.params: list[Any] = [
            *(many_bytes([row[column] for row in rows]) for column in self._apart),
            orjson.dumps(
                [{name: row[name] for name in row if name not in self._apart} for row in rows],
                default=_as_text,
            ).decode(),
        ]

    def name(self, column: str) -> str:
        """What the source calls this column's new value."""
        return f"new_{column}" if column in self._apart else column


def _as_text(value: object) -> str:
    if isinstance(value, bytes | bytearray | memoryview):
        return "\\x" + bytes(value).hex()
    raise TypeError(f"cannot store a {type(value).__name__}")


def insert(
    table: str,
    columns: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    *,
    same: Mapping[str, Any] = MappingProxyType({}),
    conflict: str = "",
    returning: str = "",
) -> list[tuple[Any, ...]]:
    """Insert all rows with one statement. `table`, `columns`, `conflict` and `returning` are ours, never input.

    `same` are further columns, whose value is the same in all rows: it goes over once, and need not be read for each.
    A column that is not bytes and that a row does not have is null in it.
    `conflict` is an ``on conflict …`` clause. Returns what `returning` asks for; a skipped row returns nothing.
    """
    if not rows:
        return []
    given = (_Arrays if len(rows) >= MANY else _Rows)(table, columns, rows)
    values = ", ".join([*given.taken.values(), *(["%s"] * len(same))])
    sql = (
        f"insert into {table} ({', '.join((*columns, *same))}) select {values} from {given.source} {conflict}"  # noqa: S608 (ours)
        + (f" returning {returning}" if returning else "")
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [*same.values(), *given.params])
        return cursor.fetchall() if returning else []


def update(
    table: str,
    key: Sequence[str],
    columns: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    *,
    kept: Sequence[str] = (),
    sets: str = "",
    where: str = "",
) -> None:
    """Set `columns` of the rows found by `key`, all with one statement.

    Those of `kept` are set too, but stay as they are where the new value is null. `sets` are further assignments, and
    `where` a further condition, over ``t`` (the table) and ``n`` (the new values, those that are not bytes).
    """
    if not rows:
        return
    wanted = dict.fromkeys([*key, *columns, *kept, *_NAMED.findall(f"{sets} {where}")])
    given = (_Arrays if len(rows) >= MANY else _Rows)(table, list(wanted), rows)
    plain = [
        *(f"{c} = {given.taken[c]}" for c in columns),
        *(f"{c} = coalesce({given.taken[c]}, t.{c})" for c in kept),
    ]
    sets = ", ".join(filter(None, [*plain, sets]))
    on = " and ".join(f"t.{k} = {given.taken[k]}" for k in key)
    sql = (
        f"update {table} t set {sets} from {given.source} where {on}"  # noqa: S608 (ours)
        + (f" and {where}" if where else "")
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, given.params)


def fetch(sql: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> list[dict[str, Any]]:
    """The rows of one statement as dictionaries. A list among the parameters is an array of texts, ids or bytes."""
    with connection.cursor() as cursor:
        _ask(cursor, sql, params)
        return _rows(cursor)


def each_of(table: str, named: Mapping[str, str], as_: str, *where: str) -> str:
    """The ``from`` of a statement that looks up rows of a table by many values at once: `as_` is the row, ``w.n`` the
    place, from 1, in the lists of values that the statement takes.

    `named` are the columns that are looked up, with the kind of their values; `where` are further conditions over
    ``t``, the table. All of it is ours, never input. ``offset 0`` keeps PostgreSQL to looking for each place's rows by
    themselves: of a table that has just begun to fill it knows nothing, and would go through all of it, even again and
    again, by a plan that it keeps.
    """
    lists = ", ".join(f"%s::{kind}[]" for kind in named.values())
    found = " and ".join([*(f"t.{column} = w.{column}" for column in named), *where])
    one = f"select * from {table} t where {found} offset 0"  # noqa: S608 (ours)
    return (
        f"from unnest({lists}) with ordinality as w ({', '.join(named)}, n) cross join lateral ({one}) {as_}"
    )


class Asked:
    """Statements that have been asked together, whose rows come while others are read or something else is done.

    Must be made and read within one `ahead`.
    """

    def __init__(self, *questions: tuple[str, Sequence[Any] | Mapping[str, Any]]) -> None:
        self._cursors = [connection.cursor() for _ in questions]
        for cursor, (sql, params) in zip(self._cursors, questions, strict=True):
            _ask(cursor, sql, params)
        # else the end of the last answer would wait in the server's buffer for what is said next
        connection.connection.pgconn.send_flush_request()

    def rows(self) -> list[list[dict[str, Any]]]:
        """The rows of each statement."""
        answers = []
        for cursor in self._cursors:
            with cursor:
                answers.append(_rows(cursor))
        return answers


@contextmanager
def ahead() -> Iterator[None]:
    """Within, PostgreSQL works on what was written while Python goes on: `insert` and `update` wait for no answer.

    Everything still happens in the order in which it was said, and what is read waits for what was written before. A
    statement that fails says so at the next that is read, or at the block's end. Only for this module's verbs: Django's
    models would take an answer that has not come yet for none. Use it inside a transaction; blocks may be nested.
    """
    assert connection.in_atomic_block
    with connection.wrap_database_errors, connection.connection.pipeline():
        yield


def check_keys() -> None:
    """Have the foreign keys of what was written so far checked now, not at the commit: within `ahead` while Python has
    something else to do."""
    with connection.cursor() as cursor:
        cursor.execute("set constraints all immediate")
        cursor.execute("set constraints all deferred")


def _ask(cursor: Any, sql: str, params: Sequence[Any] | Mapping[str, Any]) -> None:
    # PostgreSQL's own form costs a third of text: bytes as they are, moments and documents without Django's loaders
    cursor.cursor.format = Format.BINARY
    if isinstance(params, Mapping):
        cursor.execute(sql, {name: array(value) for name, value in params.items()})
    else:
        cursor.execute(sql, [array(value) for value in params])


def _rows(cursor: Any) -> list[dict[str, Any]]:
    values = cursor.fetchall()
    result = cursor.pgresult  # what came, without the objects that describe its columns at length
    names = [result.fname(number).decode() for number in range(result.nfields)]
    return [dict(zip(names, row, strict=True)) for row in values]


def array(value: Any) -> Any:
    """A list of texts, ids or bytes as PostgreSQL has an array, which is many times quicker than to adapt each of its
    members. Anything else as it is. `fetch` and `Asked` do it themselves; call it for a list that several statements
    share.
    """
    if not isinstance(value, list) or not value:
        return value
    if isinstance(value[0], UUID):
        return many_ids(value)
    if isinstance(value[0], str):
        return _spelled(value)
    if isinstance(value[0], bytes):
        return many_bytes(value)
    return value


def _quoted(text: str | None) -> str:
    if text is None:
        return "NULL"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
