"""Records systems' databases for tests: a table like theirs, on real servers that the tests start."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit

import sqlalchemy as sa

from tests.connectors.mappings import settings
from tests.support import mariadb
from trackmycrime.feed.connectors.sql import View, view

MAPPING: dict[str, Any] = {
    "timezone": "UTC",
    "event": [
        {
            "type": "crime.changed",
            "subject": "CRIME_NO",
            "time": "UPDATED_AT",
            "sequence": "VERSION",
            "data": {
                "offence": {
                    "name": "OFFENCE",
                    "category": {"value": "burglary"},
                },
                "reported_at": {"column": "REPORTED", "as": "day"},
                "stage": {"column": "STATUS", "values": {"OPEN": "investigating", "FILED": "closed"}},
                "flags": {"value": []},
            },
        }
    ],
}


@dataclass
class Store:
    """A database of a records system with one table, and how an input reaches it."""

    engine: sa.Engine
    url: str
    password_env: str
    server: mariadb.Server | None = None
    told: list[str] = field(default_factory=list)

    @property
    def is_postgresql(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    def make(self) -> None:
        """An empty table, and the view that is followed."""
        moment = "timestamptz(6)" if self.is_postgresql else "datetime(6)"
        with self.engine.begin() as connection:
            for statement in (
                "drop view if exists crimes_v",
                "drop table if exists crimes",
                f"create table crimes (crime_no varchar(40), offence varchar(300), reported {moment}, "
                f"status varchar(20), updated_at {moment}, version bigint)",
                "create view crimes_v as select * from crimes",
            ):
                connection.exec_driver_sql(statement)

    def add(
        self, connection: sa.Connection, *crimes: int, at: str = "2026-07-01 09:30:00", **set_: Any
    ) -> None:
        """Insert crimes, or change those that are there."""
        for number in crimes:
            put = {"no": f"C/{number}", "status": "OPEN", "at": at, "offence": "Burglary"} | set_
            connection.execute(sa.text("delete from crimes where crime_no = :no"), {"no": put["no"]})
            connection.execute(
                sa.text(
                    "insert into crimes values (:no, :offence, '2026-06-30 12:00:00', :status, :at, "
                    "(select v from (select coalesce(max(version), 0) + 1 as v from crimes) as x))"
                ),
                put,
            )

    def input(self, **options: Any) -> View:
        """A connector that follows the view by the moment of change, with an hour of overlap."""
        given = {
            "url": self.url,
            "password_env": self.password_env,
            "view": "crimes_v",
            "watermark": "updated_at",
            "key": "crime_no",
            "overlap": "1h",
            "timezone": "UTC",
            "rows": 7,
            "mapping": MAPPING,
        } | options
        return view(settings(self.told.append, **given))


def numbers(events: Sequence[Any]) -> list[int]:
    """The numbers of the crimes that events are about."""
    return [int(event["subject"].removeprefix("C/")) for event in events]


@contextmanager
def postgresql() -> Iterator[Store]:
    """A database of its own on the tests' PostgreSQL."""
    from django.conf import settings as django

    given = urlsplit(os.environ["TMC_DATABASE_URL"])
    name = f"rms_{django.DATABASES['default']['NAME']}_{os.getpid()}"
    user, password = unquote(given.username or ""), unquote(given.password or "")
    host = f"{given.hostname or ''}{f':{given.port}' if given.port else ''}"
    admin = sa.create_engine(
        given._replace(scheme="postgresql+psycopg").geturl(), isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.exec_driver_sql(f'create database "{name}"')
    os.environ["TMC_TEST_OWNER"] = password
    url = f"postgresql://{user}@{host}/{name}{f'?{given.query}' if given.query else ''}"
    engine = sa.create_engine(
        sa.make_url(url).set(drivername="postgresql+psycopg", password=password),
        connect_args={"options": "-c timezone=UTC"},
    )
    try:
        yield Store(engine, url, "TMC_TEST_OWNER")
    finally:
        engine.dispose()
        with admin.connect() as connection:
            # not «with (force)», which fails where PostgreSQL itself is cleaning up there; without, it waits for that
            connection.exec_driver_sql(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s and usename = user",
                (name,),
            )
            connection.exec_driver_sql(f'drop database "{name}"')
        admin.dispose()


@contextmanager
def maria() -> Iterator[Store]:
    """A MariaDB of its own, with a login that may read the view and nothing else."""
    with mariadb.running() as server:
        root = sa.create_engine(f"mariadb+pymysql://root@/mysql?unix_socket={server.socket}")
        with root.begin() as connection:
            connection.exec_driver_sql("create database rms")
            connection.exec_driver_sql("create user reader identified by 'a secret'")
            connection.exec_driver_sql("grant select on rms.* to reader")
        root.dispose()
        os.environ["TMC_TEST_READER"] = "a secret"
        engine = sa.create_engine(f"mariadb+pymysql://root@/rms?unix_socket={server.socket}")
        try:
            yield Store(
                engine, f"mariadb://reader@/rms?unix_socket={server.socket}", "TMC_TEST_READER", server
            )
        finally:
            engine.dispose()
