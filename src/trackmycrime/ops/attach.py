"""What every command has in common: ``--data``, and Django on the right database as the right role.

@click.command("list")
@with_database("owner")
def list_forces() -> None:
    from trackmycrime.forces import api   # import models inside: Django is set up only now
"""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from trackmycrime.ops.exits import Unreachable

if TYPE_CHECKING:  # needs psycopg, which is not there beside a records system
    from trackmycrime.ops.database import Database

R = TypeVar("R")


def data_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """The option ``--data DIR``, given to the function as ``data: Path``."""
    return click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        envvar="TMC_DATA",
        default=Path("data"),
        show_default="./data",
        help="The data folder (setting TMC_DATA).",
    )(function)


json_option = click.option("--json", "as_json", is_flag=True, help="Answer with one line of JSON.")
"""The option ``--json``, given to the function as ``as_json: bool``; see ``exits.answer``."""

to_option = click.option(
    "--to",
    "url",
    default="http://127.0.0.1:8002",
    show_default=True,
    envvar="TMC_GATEWAY_URL",
    metavar="URL",
    help="The gateway's address.",
)
"""The option ``--to URL``, given to the function as ``url: str``."""
token_option = click.option(
    "--token",
    envvar="TMC_SOURCE_TOKEN",
    metavar="T",
    help="The source's token; better given as TMC_SOURCE_TOKEN, which other users cannot see.",
)
"""The option ``--token T``, given to the function as ``token: str | None``."""


def bring_up_to_date(database: Database) -> None:
    """Run ``migrate`` on the database, in a process of its own: only that one ever has the owner's login.

    Raises Unreachable when it fails; it has said why on standard error.
    """
    done = subprocess.run(
        [sys.executable, "-m", "trackmycrime.ops.cli", "migrate", "--quiet", "--data", str(database.data)],
        check=False,
        env=database.environment("owner"),
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
    )
    if done.returncode != 0:
        raise Unreachable(
            f"the database could not be brought up to date (migrate ended with {done.returncode})"
        )


def _django_is_set_up() -> bool:
    from django.apps import apps

    return bool(apps.ready)


@contextmanager
def django_on(data: Path, role: str, *, migrated: bool = True) -> Iterator[None]:
    """Set Django up as ``role`` on the database that belongs to ``data``, for the length of the block.

    Starts the embedded server when nobody runs it (and brings its tables up to date, unless ``migrated`` is False).
    Inside a process that has Django already (a test) that one is used as it is.
    """
    import django

    if _django_is_set_up():
        yield
        return
    from trackmycrime.ops.database import opened

    database = opened(data, role)
    try:
        if database.cluster and migrated:
            bring_up_to_date(database)
        own = database.environment(role)
        for name in set(os.environ) - set(own):
            del os.environ[name]
        os.environ.update(own)
        django.setup()
        yield
    finally:
        if _django_is_set_up():
            from django.db import connections

            connections.close_all()
        database.close()


def with_database(role: str = "owner") -> Callable[[Callable[..., R]], Callable[..., R]]:
    """Decorate a command's function: adds ``--data`` and runs it with Django set up as ``role``.

    ``role`` is ``owner`` for commands that administer, else a door's name. Works while ``serve`` runs and without.
    """

    def decorate(function: Callable[..., R]) -> Callable[..., R]:
        @data_option
        @functools.wraps(function)
        def run(*args: Any, data: Path, **kwargs: Any) -> R:
            with django_on(data, role):
                return function(*args, **kwargs)

        return run

    return decorate
