"""The database that a process uses: one that is given, one that ``serve`` runs, or one started for its duration."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

from trackmycrime.ops import environment, keys
from trackmycrime.ops.embedded import COMMAND, SERVER, Address, Cluster, InUse, record, start
from trackmycrime.ops.exits import Unreachable, WrongUse, say

WAIT_SECONDS = 120.0
DOOR_URLS = {"portal": "TMC_PORTAL_URL", "desk": "TMC_DESK_URL", "gateway": "TMC_GATEWAY_URL"}


def prefix_of(environ: Mapping[str, str]) -> str:
    """What the logins' names begin with; two installations can share one PostgreSQL."""
    return environ.get("TMC_ROLE_PREFIX") or "tmc_"


@dataclass
class Database:
    """Where the database is and how each role reaches it. Made by ``given`` or ``opened``."""

    data: Path
    prefix: str
    keys: keys.Keys
    url_of: Callable[[str], str]
    embedded: bool
    cluster: Cluster | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    def environment(self, role: str) -> dict[str, str]:
        """The environment of a process that runs as ``role``, with that role's secrets only."""
        return environment.for_role(
            role,
            url=self.url_of(role),
            keys=self.keys,
            data=self.data,
            prefix=self.prefix,
            environ=self.environ,
        )

    def announce(self) -> None:
        """Let commands in: the tables are there. They learn under which addresses people find the doors."""
        if self.cluster:
            doors = {door: self.environ[name] for door, name in DOOR_URLS.items() if self.environ.get(name)}
            running = record.Running(os.getpid(), self.prefix, self.cluster.address, doors, migrated=True)
            record.write(self.data, running)

    def close(self) -> None:
        """End the server when it is ours."""
        if self.cluster:
            self.cluster.stop()
            self.cluster = None


def given(data: Path, roles: tuple[str, ...], environ: Mapping[str, str] | None = None) -> Database | None:
    """The database that the environment names, or None when it names none.

    ``roles`` are those that will be asked for. Raises WrongUse naming the settings that are missing for them.
    """
    environ = dict(os.environ) if environ is None else dict(environ)
    whole, own = environ.get("TMC_DATABASE_URL", ""), environ.get("TMC_DOOR_DATABASE_URL", "")
    if not whole and not own:
        return None
    if not whole and "owner" in roles:
        raise WrongUse("TMC_DATABASE_URL is missing: this needs the owner's login, a door's is not enough")
    doors = () if own else tuple(role for role in roles if role != "owner")
    made = keys.given(environ, passwords_of=doors)
    prefix = prefix_of(environ)

    def url_of(role: str) -> str:
        if role == "owner":
            return whole
        if own:
            return own
        parts = urlsplit(whole)
        login = f"{prefix}{role}:{quote(made.passwords[role], safe='')}"
        return urlunsplit(parts._replace(netloc=f"{login}@{parts.netloc.rpartition('@')[2]}"))

    return Database(data, prefix, made, url_of, embedded=False, environ=environ)


def start_embedded(
    data: Path, *, purpose: str = SERVER, environ: Mapping[str, str] | None = None
) -> Database:
    """Start the embedded database in ``data`` and be in charge of it. Raises InUse when another process is."""
    environ = dict(os.environ) if environ is None else dict(environ)
    cluster = start(data, prefix=prefix_of(environ), purpose=purpose, environ=environ)
    return Database(cluster.data, cluster.prefix, cluster.keys, cluster.dsn, True, cluster, environ)


def _attached(data: Path, in_charge: int, environ: Mapping[str, str]) -> Database | None:
    """The database that process ``in_charge`` runs on ``data``; None while it is not ready for commands."""
    running = record.read(data)
    if running is None or running.pid != in_charge or not running.migrated:
        return None
    made, address, prefix = keys.kept(data, environ), running.address, running.prefix
    doors = {DOOR_URLS[door]: url for door, url in running.doors.items()}

    def url_of(role: str, address: Address = address) -> str:
        return address.url(f"{prefix}{role}", made.passwords[role])

    return Database(data, prefix, made, url_of, embedded=True, environ={**doors, **environ})


def opened(
    data: Path, role: str, environ: Mapping[str, str] | None = None, *, purpose: str = COMMAND
) -> Database:
    """The database for a command that runs as ``role``: given, or that of a running ``serve``, or started now.

    Two commands without a server take turns: the second waits for the first. One started with ``purpose`` SERVER lets
    others in. Raises Unreachable when it takes too long, WrongUse for missing settings.
    """
    environ = dict(os.environ) if environ is None else dict(environ)
    found = given(data, (role,), environ)
    if found:
        return found
    data = data.absolute()
    until, told = time.monotonic() + WAIT_SECONDS, time.monotonic() + 2
    while True:
        try:
            return start_embedded(data, purpose=purpose, environ=environ)
        except InUse as use:
            attached = _attached(data, use.pid, environ) if use.purpose == SERVER else None
            if attached:
                return attached
            if time.monotonic() > until:
                raise Unreachable(f"{use.message}, and did not let this command in") from None
            if time.monotonic() > told:
                say(f"waiting for process {use.pid}, which uses {data}")
                told = until
        time.sleep(0.1)
