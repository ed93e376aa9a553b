"""The spool's SQLite file: its tables, and how it is opened so that what was kept is on the disk."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILE = "spool.db"
VERSION = "1"

_TABLES = """
create table meta (name text primary key, value text not null) strict, without rowid;
create table input (
    name text primary key, mark text not null default '', last_read real,
    error text not null default '', error_at real,
    read integer not null default 0, turned integer not null default 0,
    skipped integer not null default 0, refused integer not null default 0,
    made integer not null default 0, applied integer not null default 0, duplicate integer not null default 0,
    superseded integer not null default 0, quarantined integer not null default 0, fault_at real
) strict, without rowid;
create table event (
    id integer primary key autoincrement, input text not null, subject text not null, type text not null,
    event_id text not null, line blob not null, size integer not null, kept_at real not null,
    tries integer not null default 0, problem text not null default '', state text not null default 'unsent'
) strict;
create index event_of_input on event (input, id);
"""

_STUCK = (
    sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_READONLY
)  # fmt: skip


class Stuck(Exception):
    """The disk does not take it now (it is full, or fails); nothing was changed, and it can be tried again."""


class NotOurs(Exception):
    """The file is a sound spool, and not one for us: of another key, or another version of the agent."""


class Damaged(Exception):
    """The file is not a sound spool."""


def opened(file: Path) -> sqlite3.Connection:
    """Open the spool's file, made where it is not there. Raises Damaged, NotOurs and Stuck."""
    with faults():
        try:
            os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        except OSError as why:
            raise Stuck(f"{file} cannot be written: {why.strerror}") from None
        store = sqlite3.connect(file, timeout=30, isolation_level=None, check_same_thread=False)
        try:
            _set_up(store)
        except BaseException:
            store.close()
            raise
    return store


def _set_up(store: sqlite3.Connection) -> None:
    empty = store.execute("select count(*) from sqlite_master").fetchone()[0] == 0
    if empty:
        store.execute("pragma auto_vacuum = incremental")
    store.execute("pragma journal_mode = wal")
    store.execute("pragma synchronous = full")
    store.execute("pragma secure_delete = on")
    store.execute("pragma temp_store = memory")
    store.execute("pragma journal_size_limit = 16777216")
    store.execute(
        "pragma wal_autocheckpoint = 256"
    )  # a short log: on a full disk it is all the room there is
    if empty:
        with transaction(store):
            for statement in _TABLES.split(";"):
                store.execute(statement)
            store.execute("insert into meta values ('version', ?)", [VERSION])
    said = store.execute("pragma quick_check(1)").fetchone()[0]
    if said != "ok":
        raise Damaged(said)
    version = store.execute("select value from meta where name = 'version'").fetchone()
    if version is None or version[0] != VERSION:
        raise NotOurs(f"the spool is of version {version and version[0]}, this agent knows version {VERSION}")


def for_reading(file: Path) -> sqlite3.Connection:
    """Open the file to look into it, while an agent runs on it or not. Raises Damaged and Stuck."""
    with faults():
        store = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5, isolation_level=None)
        store.row_factory = sqlite3.Row
        store.execute("select count(*) from sqlite_master")
    return store


def shrink(store: sqlite3.Connection, pages: int = 0) -> None:
    """Give free pages back to the disk, so many at most; 0 for all."""
    store.executescript(
        f"pragma incremental_vacuum({pages})"
    )  # execute() would take one step, which is one page


@contextmanager
def transaction(store: sqlite3.Connection) -> Iterator[None]:
    """All of the block, on the disk when it ends, or nothing of it."""
    store.execute("begin immediate")
    try:
        yield
        store.execute("commit")
    except BaseException:
        if store.in_transaction:
            store.execute("rollback")
        raise


@contextmanager
def faults() -> Iterator[None]:
    """SQLite's errors, told apart: what passes is Stuck, a file that is not sound is Damaged."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code is not None and code & 0xFF in _STUCK:
            raise Stuck(f"the spool cannot be written: {error}") from None
        if code is not None and code & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise Damaged(str(error)) from None
        if isinstance(error, sqlite3.OperationalError) and "no such" in str(error):
            raise Damaged(str(error)) from None
        raise
