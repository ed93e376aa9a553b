"""Many rows in one statement. Rows go over as one JSON value and PostgreSQL types them by the table itself."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import orjson
from django.db import connection
from psycopg.pq import Format


def _plain(value: object) -> object:
    if isinstance(value, bytes | bytearray | memoryview):
        return "\\x" + bytes(value).hex()
    raise TypeError(f"cannot store a {type(value).__name__}")


def _json(rows: Iterable[Mapping[str, Any]]) -> str:
    return orjson.dumps(list(rows), default=_plain).decode()


def insert(
    table: str,
    columns: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    *,
    conflict: str = "",
    returning: str = "",
) -> list[tuple[Any, ...]]:
    """Insert all rows with one statement. `table`, `columns`, `conflict` and `returning` are ours, never input.

    `conflict` is an ``on conflict …`` clause. Returns what `returning` asks for; a skipped row returns nothing.
    """
    if not rows:
        return []
    names = ", ".join(columns)
    sql = (
        f"insert into {table} ({names}) select {names} from json_populate_recordset(null::{table}, %s::json) {conflict}"  # noqa: S608
        + (f" returning {returning}" if returning else "")
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [_json(rows)])
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
    `where` a further condition, over ``t`` (the table) and ``n`` (the new values).
    """
    if not rows:
        return
    plain = [*(f"{c} = n.{c}" for c in columns), *(f"{c} = coalesce(n.{c}, t.{c})" for c in kept)]
    sets = ", ".join(filter(None, [*plain, sets]))
    on = " and ".join(f"t.{k} = n.{k}" for k in key)
    sql = (
        f"update {table} t set {sets} from json_populate_recordset(null::{table}, %s::json) n where {on}"  # noqa: S608
        + (f" and {where}" if where else "")
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [_json(rows)])


def fetch(sql: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> list[dict[str, Any]]:
    """The rows of one statement as dictionaries. A list among the parameters is an array of texts, ids or bytes."""
    with connection.cursor() as cursor:
        _ask(cursor, sql, params)
        return _rows(cursor)


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
    """A list as PostgreSQL writes an array, which is several times quicker than to adapt each of its members; the
    statement gives it its type. Anything else as it is. `fetch` and `Asked` do it themselves; call it for a list that
    several statements share.
    """
    if not isinstance(value, list) or not value:
        return value
    if isinstance(value[0], UUID):
        return "{" + ",".join(map(str, value)) + "}"
    if isinstance(value[0], str):
        return "{" + ",".join(map(_quoted, value)) + "}"
    if isinstance(value[0], bytes):
        return "{" + ",".join(['"\\\\x' + one.hex() + '"' for one in value]) + "}"
    return value


def _quoted(text: str | None) -> str:
    if text is None:
        return "NULL"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
