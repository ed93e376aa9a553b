"""A records system's database, read and never written: engine, read-only transactions, and errors in plain words."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from trackmycrime.feed.connectors.options import Options
from trackmycrime.feed.connectors.protocol import Away, Unfit

DRIVERS = {
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
    "oracle": "oracle+oracledb",
    "mssql": "mssql+pymssql",
}
"""The driver that is used where a URL names only the kind of database"""
# Said to each new session. Moments without an offset that a server converts itself come in UTC.
_SESSION = {
    "postgresql": ("SET default_transaction_read_only = on", "SET TIME ZONE 'UTC'"),
    "mysql": ("SET SESSION TRANSACTION READ ONLY", "SET time_zone = '+00:00'"),
    "mariadb": ("SET SESSION TRANSACTION READ ONLY", "SET time_zone = '+00:00'"),
}
_CONNECT: dict[str, dict[str, Any]] = {
    "postgresql": {"connect_timeout": 10, "application_name": "trackmycrime"},
    "mysql": {"connect_timeout": 10, "read_timeout": 300},
    "mariadb": {"connect_timeout": 10, "read_timeout": 300},
}
_NOW = {
    "postgresql": "SELECT now()",
    "mysql": "SELECT utc_timestamp(6)",
    "mariadb": "SELECT utc_timestamp(6)",
    "mssql": "SELECT sysutcdatetime()",
    "oracle": "SELECT sys_extract_utc(systimestamp) FROM dual",
}


class Database:
    """One database with the login that the options name."""

    def __init__(self, options: Options) -> None:
        url = _url(options)
        self._password = _password(options)
        self._password()  # a file that is not there is told now
        self.kind = url.get_backend_name()
        try:
            self._engine = sa.create_engine(
                url,
                pool_size=1,
                max_overflow=0,
                pool_pre_ping=True,
                pool_recycle=600,
                hide_parameters=True,
                connect_args=_CONNECT.get(self.kind, {}),
            )
        except ImportError as missing:
            raise options.unfit("url", f"needs a driver that is not installed: {missing.name}") from None
        sa.event.listen(self._engine, "do_connect", self._on_connect)
        sa.event.listen(self._engine, "connect", self._on_connected)

    def close(self) -> None:
        """End the connection."""
        self._engine.dispose()

    @contextmanager
    def reading(self, view: str | None = None) -> Iterator[sa.Connection]:
        """A short transaction that reads. Raises Away when that cannot be done now.

        With the name of a `view`, a statement that the database does not understand is the view's: raises Unfit.
        """
        try:
            with self._engine.connect() as connection:
                if self.kind == "oracle":
                    connection.exec_driver_sql("SET TRANSACTION READ ONLY")
                yield connection
                connection.rollback()
        except exc.DBAPIError as error:
            why = _told(error.orig or error)
            if view is not None and isinstance(error, exc.ProgrammingError):
                raise Unfit(f"«view»: {view} cannot be read by this login: {why}") from None
            raise Away(f"the database cannot be read: {why}") from None
        except (exc.SQLAlchemyError, OSError) as error:
            raise Away(f"the database cannot be read: {type(error).__name__}") from None

    def columns(self, view: str, schema: str | None) -> dict[str, str]:
        """The view's columns as it writes them, by their names in small letters. Raises Away and Unfit.

        They are asked for as anybody with SELECT may; catalogues are closed to some logins.
        """
        nothing = sa.select(sa.text("*")).select_from(sa.table(view, schema=schema)).limit(0)
        with self.reading(view) as connection:
            return {name.casefold(): name for name in connection.execute(nothing).keys()}  # noqa: SIM118 (a result, no dict)

    def now(self) -> datetime | None:
        """The server's clock, None where we do not know how to ask."""
        if self.kind not in _NOW:
            return None
        with self.reading() as connection:
            found: datetime = connection.exec_driver_sql(_NOW[self.kind]).scalar_one()
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    def _on_connect(self, _dialect: Any, _record: Any, _args: Any, params: dict[str, Any]) -> None:
        """The password is read for each connection: it may have been changed."""
        password = self._password()
        if password is not None:
            params["password"] = password

    def _on_connected(self, connection: Any, _record: Any) -> None:
        if self.kind == "postgresql":
            _forgive(connection)
        cursor = connection.cursor()
        for statement in _SESSION.get(self.kind, ()):
            cursor.execute(statement)
        cursor.close()
        connection.commit()


def _url(options: Options) -> sa.URL:
    right = "must be a database URL like postgresql://user@host/database"
    try:
        url = sa.make_url(options.text("url"))
    except exc.ArgumentError:
        raise options.unfit("url", right) from None
    if url.password is not None:
        right = "put it into a file that only the agent can read, and name it in «password_file»"
        raise options.unfit("url", f"holds a password; {right}")
    driver = DRIVERS.get(url.drivername, url.drivername)
    if driver.partition("+")[0] not in DRIVERS:
        raise options.unfit("url", f"{right}; known are {', '.join(DRIVERS)}")
    return url.set(drivername=driver)


def _password(options: Options) -> Any:
    file = options.path("password_file") if options.given("password_file") else None
    variable = options.value("password_env")
    if file is not None and variable is not None:
        raise options.unfit("password_env", "is given besides «password_file»; one of them is enough")

    def read() -> str | None:
        if variable is not None:
            if variable not in os.environ:
                raise options.unfit("password_env", f"names {variable}, which is not in the environment")
            return os.environ[variable]
        if file is None:
            return None
        try:
            return file.read_text().rstrip("\r\n")
        except (OSError, UnicodeDecodeError):
            raise options.unfit("password_file", f"names {file}, which cannot be read") from None

    return read


def _told(error: BaseException) -> str:
    """The first line of what a driver says; statements and values are not in it."""
    said = str(error.args[-1] if error.args else error).strip().splitlines()
    return said[0][:200] if said else type(error).__name__


def _forgive(connection: Any) -> None:
    """Let psycopg give dates that Python has not (infinity, the year 20000) as text.

    One row is refused then, and not the page in which it lies.
    """
    from psycopg import DataError
    from psycopg.types import datetime as loaders

    for name, base in (
        ("date", loaders.DateLoader),
        ("timestamp", loaders.TimestampLoader),
        ("timestamptz", loaders.TimestamptzLoader),
    ):

        class Forgiving(base):  # type: ignore[misc, valid-type]
            def load(self, data: Any) -> Any:
                try:
                    return super().load(data)
                except (DataError, ValueError):
                    return bytes(data).decode("ascii", "replace")

        connection.adapters.register_loader(name, Forgiving)
