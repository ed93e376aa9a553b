"""What takes long to make and is the same each time: made once in a run, by whoever needs it first, and copied.

To write all tables takes ten seconds of a processor. A test that is about that brings a folder of its own; the others
begin with a copy.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from tests.support.processes import clean_environment, run

FOLDER = "TESTS_FOLDER"
"""The environment variable that names the run's own folder to all of its processes."""
_DATABASE = "test_trackmycrime_ready"
_FASTER = "\n# the machine itself does not fail in tests; processes that are killed lose nothing by it\n\
fsync = off\nfull_page_writes = off\n"


def _once(name: str, make: Callable[[Path], None]) -> Path:
    """The folder of this name, made by the first process that asks; the others wait for it."""
    above = Path(os.environ[FOLDER])
    found = above / name
    with (above / f"{name}.lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        done = above / f"{name}.done"
        if not done.exists():
            make(found)
            done.touch()
    return found


def _migrated(data: Path) -> None:
    data.parent.chmod(0o755)  # PostgreSQL goes in as another user where we are root
    done = run("migrate", "--quiet", "--data", str(data), timeout=300)
    assert done.returncode == 0, done.stderr
    with (data / "postgres" / "postgresql.conf").open("a") as conf:
        conf.write(_FASTER)


def copy_data(to: Path) -> None:
    """Make `to` a data folder of an installation that has its keys and all tables, and nothing in them."""
    subprocess.run(["cp", "-a", _once("data-ready", _migrated), to], check=True)


def _with_tables(_: Path) -> None:
    owner = os.environ["TMC_DATABASE_URL"]
    with psycopg.connect(owner, autocommit=True) as connection:
        name = sql.Identifier(_DATABASE)
        connection.execute(sql.SQL("drop database if exists {}").format(name))
        connection.execute(sql.SQL("create database {}").format(name))
    own = {name: value for name, value in os.environ.items() if name.startswith(("TMC_", "DJANGO_"))}
    url = urlunsplit(urlsplit(owner)._replace(path=f"/{_DATABASE}"))
    subprocess.run(
        [sys.executable, "-m", "django", "migrate", "--verbosity", "0"],
        env=clean_environment(**own | {"TMC_DATABASE_URL": url}),
        check=True,
    )


def database() -> str:
    """The name of a database with all tables, on the run's server: what test databases are copied from."""
    _once("database-ready", _with_tables)
    return _DATABASE


def drop_database(owner: str) -> None:
    """Take it away again from a server that is not ours."""
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(sql.SQL("drop database if exists {}").format(sql.Identifier(_DATABASE)))
