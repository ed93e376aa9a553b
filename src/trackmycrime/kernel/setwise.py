"""Many rows in one statement. Rows go over as one JSON value and PostgreSQL types them by the table itself."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson
from django.db import connection

JSONB = 3802
"""The type's number in every PostgreSQL (pg_type.dat)."""


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
    where: str = "",
) -> int:
    """Set `columns` of the rows found by `key`, all with one statement; returns how many rows there were.

    `where` is a further condition over ``t`` (the table) and ``n`` (the new values).
    """
    if not rows:
        return 0
    sets = ", ".join(f"{c} = n.{c}" for c in columns)
    on = " and ".join(f"t.{k} = n.{k}" for k in key)
    sql = (
        f"update {table} t set {sets} from json_populate_recordset(null::{table}, %s::json) n where {on}"  # noqa: S608
        + (f" and {where}" if where else "")
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [_json(rows)])
        return int(cursor.rowcount)


def fetch(sql: str, params: Sequence[Any] | Mapping[str, Any] = ()) -> list[dict[str, Any]]:
    """The rows of one statement as dictionaries."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        assert cursor.description is not None
        names = [column[0] for column in cursor.description]
        # Django leaves jsonb as text, because its own fields read it
        documents = [column[0] for column in cursor.description if column[1] == JSONB]
        rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for row in rows:
        for name in documents:
            if isinstance(row[name], str):
                row[name] = json.loads(row[name])
    return rows
