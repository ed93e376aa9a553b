"""The five logins and the database of an embedded cluster, made or mended at every start."""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
from psycopg import sql

from trackmycrime.ops.embedded.address import DATABASE
from trackmycrime.ops.keys import DOORS, ROLES
from trackmycrime.ops.logins import POWERS, verifier


def _login(connection: psycopg.Connection, login: str, password: str, powers: str) -> None:
    """Create or alter one login. The password leaves this process as a SCRAM verifier only."""
    known = connection.execute("select 1 from pg_roles where rolname = %s", [login]).fetchone()
    verb = sql.SQL("alter role {} ") if known else sql.SQL("create role {} ")
    connection.execute(
        verb.format(sql.Identifier(login))
        + sql.SQL(powers)
        + sql.SQL(" password {}").format(sql.Literal(verifier(connection, login, password)))
    )


def provision(superuser_url: str, prefix: str, passwords: Mapping[str, str], *, for_tests: bool) -> None:
    """Make the logins ``PREFIXowner`` … ``PREFIXworker`` and the database that the owner owns. Idempotent.

    ``for_tests`` lets the owner make databases and take a door's role; a served cluster never has that, and loses it
    at the next start when it had.
    """
    owner = sql.Identifier(f"{prefix}owner")
    doors = [sql.Identifier(f"{prefix}{door}") for door in DOORS]
    everybody = sql.SQL(", ").join([owner, *doors])
    with psycopg.connect(superuser_url, dbname="postgres", autocommit=True) as connection:
        for role in ROLES:
            powers = POWERS.replace("nocreatedb", "createdb") if for_tests and role == "owner" else POWERS
            _login(connection, f"{prefix}{role}", passwords[role], powers)
        for door in doors:
            membership = "grant {} to {}" if for_tests else "revoke {} from {}"
            connection.execute(sql.SQL(membership).format(door, owner))
        if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
            connection.execute(sql.SQL("create database {} owner {}").format(sql.Identifier(DATABASE), owner))
        database = sql.Identifier(DATABASE)
        connection.execute(sql.SQL("revoke all on database {} from public").format(database))
        connection.execute(sql.SQL("grant connect on database {} to {}").format(database, everybody))
        connection.execute(sql.SQL("grant all on database {} to {}").format(database, owner))
    with psycopg.connect(superuser_url, dbname=DATABASE, autocommit=True) as connection:
        connection.execute(sql.SQL("alter schema public owner to {}").format(owner))
        connection.execute("revoke all on schema public from public")
        connection.execute(sql.SQL("grant usage on schema public to {}").format(everybody))
