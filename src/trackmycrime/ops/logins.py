"""The doors' logins on a PostgreSQL that is not ours: made by the owner where it may, else by its administrator."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
from psycopg import errors, sql

from trackmycrime.ops.exits import WrongUse
from trackmycrime.ops.keys import DOORS, password_variable

POWERS = "login nosuperuser nocreatedb nocreaterole noreplication nobypassrls"


def verifier(connection: psycopg.Connection, login: str, password: str) -> str:
    """What PostgreSQL keeps instead of a password, so that the password itself is in no statement and no log."""
    return connection.pgconn.encrypt_password(password.encode(), login.encode(), b"scram-sha-256").decode()


def ensure(connection: psycopg.Connection, prefix: str, passwords: Mapping[str, str]) -> None:
    """See that the four logins exist, before any table is made, so that nothing ends half-way.

    ``connection`` is the owner's. An existing login gets the password that is given, where the owner may set it.
    Raises WrongUse naming the settings that are missing, or the SQL for the administrator when the owner may not
    create roles.
    """
    names = {f"{prefix}{door}": door for door in DOORS}
    rows = connection.execute("select rolname from pg_roles where rolname = any(%s)", [list(names)])
    known = {row[0] for row in rows}
    missing = sorted(set(names) - known)
    may = connection.execute(
        "select rolcreaterole or rolsuper from pg_roles where rolname = current_user"
    ).fetchone()
    if may and may[0]:
        unset = [password_variable(names[login]) for login in missing if not passwords.get(names[login])]
        if unset:
            raise WrongUse(f"the doors' logins are to be created with passwords; missing: {', '.join(unset)}")
        for login, door in names.items():
            if passwords.get(door):
                _give(connection, login, passwords[door], new=login not in known)
    elif missing:
        wanted = "\n".join(f"  create role {login} {POWERS} password '…';" for login in missing)
        raise WrongUse(
            "these logins do not exist and the owner may not create them; "
            f"ask the database's administrator to run:\n{wanted}"
        )
    _let_in(connection, list(names))


def _let_in(connection: psycopg.Connection, logins: list[str]) -> None:
    """Where the database is the owner's: let the doors in, and let nobody make temporary tables."""
    row = connection.execute(
        "select current_database() from pg_database where datname = current_database()"
        " and pg_has_role(current_user, datdba, 'usage')"
    ).fetchone()
    if row:
        database, doors = sql.Identifier(row[0]), sql.SQL(", ").join(map(sql.Identifier, logins))
        connection.execute(sql.SQL("grant connect on database {} to {}").format(database, doors))
        connection.execute(sql.SQL("revoke temporary on database {} from public").format(database))


def _give(connection: psycopg.Connection, login: str, password: str, *, new: bool) -> None:
    """Create the login, or set its password. Somebody quicker, or a login that another made, is left alone."""
    secret = sql.Literal(verifier(connection, login, password))
    verb = sql.SQL("create role {} " + POWERS if new else "alter role {}").format(sql.Identifier(login))
    try:
        with connection.transaction():
            connection.execute(verb + sql.SQL(" password ") + secret)
    except (errors.DuplicateObject, errors.UniqueViolation, errors.InsufficientPrivilege):
        return
