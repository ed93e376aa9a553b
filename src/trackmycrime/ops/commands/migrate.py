"""``trackmycrime migrate``: logins, tables, walls."""

from __future__ import annotations

import os
from pathlib import Path

import click

from trackmycrime.ops.attach import data_option, django_on
from trackmycrime.ops.exits import Unreachable, say
from trackmycrime.ops.keys import DOORS, password_variable


@click.command("migrate")
@data_option
@click.option(
    "--check", "only_check", is_flag=True, help="Change nothing; exit code 3 when there is something to do."
)
@click.option("--role", default="owner", hidden=True, help="As whom to look, with --check.")
@click.option("--quiet", is_flag=True, help="Say only what went wrong.")
def command(data: Path, only_check: bool, role: str, quiet: bool) -> None:
    """Bring the database up to date: its logins, its tables, and who may touch them.

    Needs the owner's login (TMC_DATABASE_URL; without it, the embedded data). Passwords of the doors' logins come from
    TMC_DATABASE_PASSWORD_PORTAL, _DESK, _GATEWAY and _WORKER.
    """
    with django_on(data, role if only_check else "owner", migrated=False):
        from django.conf import settings
        from django.core.management import call_command
        from django.db import connection

        from trackmycrime.ops import logins, migrations

        waiting = migrations.waiting()
        if only_check:
            if waiting:
                raise Unreachable(f"{waiting} migrations are not applied; run: trackmycrime migrate")
            return
        connection.ensure_connection()
        passwords = {door: os.environ.get(password_variable(door), "") for door in DOORS}
        logins.ensure(connection.connection, settings.TMC_ROLE_PREFIX, passwords)
        call_command("migrate", interactive=False, verbosity=0 if quiet else 1)
        if not quiet:
            say(f"the database is up to date ({waiting} migrations applied)")
