"""One PostgreSQL for the whole run: started by the process that starts the others, and handed on as settings."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from tests.support import ready
from trackmycrime.ops import keys, logins
from trackmycrime.ops.database import prefix_of
from trackmycrime.ops.embedded import Cluster, binaries, start

SETTINGS = "trackmycrime.config.settings.test"


def _prepare(url: str, passwords: Mapping[str, str]) -> None:
    """Make the doors' logins on a server that was given, and let its owner take their roles."""
    prefix = prefix_of(os.environ)
    given = {door: os.environ.get(keys.password_variable(door), passwords[door]) for door in keys.DOORS}
    with psycopg.connect(url, autocommit=True) as connection:
        logins.ensure(connection, prefix, given)
        for door in keys.DOORS:
            role = f"{prefix}{door}"
            if connection.execute("select not pg_has_role(%s, 'member')", [role]).fetchone() == (True,):
                connection.execute(sql.SQL("grant {} to current_user").format(sql.Identifier(role)))


class TestServer:
    """The run's database server, and the settings by which every test process reaches it.

    With ``TMC_DATABASE_URL`` in the environment that server is used (its login must be allowed to create databases
    and roles); else an embedded one without fsync, whose owner may make databases and, in tests only, take a door's
    role. It is of the oldest version that is here: what it can, the newer ones can too, and those run in the tests that
    start programs.
    """

    __test__ = False

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="tmc-tests-"))
        self.cluster: Cluster | None = None

    def start(self) -> None:
        """Start it when none is given, and put its address and keys into the environment."""
        os.environ[ready.FOLDER] = str(self.folder)
        if os.environ.get("TMC_DATABASE_URL"):
            made = keys.generated(self.folder)
            _prepare(os.environ["TMC_DATABASE_URL"], made.passwords)
        else:
            *_, oldest = (each for each in binaries.here(os.environ) if each.major >= binaries.OLDEST)
            chosen = {"TMC_POSTGRES_BIN": str(oldest.folder), **os.environ}
            self.cluster = start(self.folder, environ=chosen, for_tests=True)
            made = self.cluster.keys
            os.environ["TMC_DATABASE_URL"] = self.cluster.dsn("owner")
        os.environ.setdefault("TMC_SECRET_KEY", made.secret_key)
        os.environ.setdefault("TMC_FIELD_KEYS", made.field_keys)
        for door in keys.DOORS:
            os.environ.setdefault(keys.password_variable(door), made.passwords[door])
        os.environ["DJANGO_SETTINGS_MODULE"] = SETTINGS

    def stop(self) -> None:
        """End it and remove its folder."""
        if self.cluster:
            self.cluster.stop()
        else:
            ready.drop_database(os.environ["TMC_DATABASE_URL"])
        shutil.rmtree(self.folder, ignore_errors=True)
