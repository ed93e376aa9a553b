"""Where a cluster listens, and the URLs to reach it."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

DATABASE = "trackmycrime"
PORT = 5432
# sun_path holds 108 bytes on Linux and 104 elsewhere; PostgreSQL appends /.s.PGSQL.5432.lock
LONGEST_SOCKET_FOLDER = 103 - len("/.s.PGSQL.5432.lock")
_RUN_FOLDER = "trackmycrime-"


@dataclass(frozen=True)
class Address:
    """A socket's folder or 127.0.0.1, and the port."""

    host: str
    port: int

    @property
    def by_socket(self) -> bool:
        return self.host.startswith("/")

    def url(self, login: str, password: str, database: str = DATABASE) -> str:
        """The postgresql:// URL for a login."""
        credentials = f"{quote(login, safe='')}:{quote(password, safe='')}"
        if self.by_socket:
            host = quote(self.host, safe="")
            return f"postgresql://{credentials}@/{quote(database, safe='')}?host={host}&port={self.port}"
        return f"postgresql://{credentials}@{self.host}:{self.port}/{quote(database, safe='')}"


def _fits(folder: str) -> bool:
    """Whether a socket can live in ``folder``: libpq takes a comma for a list, PostgreSQL a quote for itself."""
    return len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER and not set(folder) & set(",\"'\\\n")


def _run_folder(server: Path, base: str) -> str:
    """The name of the folder below ``base`` for the socket of ``server``: the same at every start."""
    digest = hashlib.sha256(os.fsencode(server)).hexdigest()[:16]
    return os.path.join(base, f"{_RUN_FOLDER}{os.getuid()}-{digest}")


def _private(folder: str, owner: int) -> bool:
    """Make ``folder`` 0700 for ``owner``; False when somebody else has it already."""
    try:
        os.mkdir(folder, 0o700)
        if owner != os.geteuid():
            os.chown(folder, owner, -1)
    except FileExistsError:
        state = os.lstat(folder)
        return state.st_uid in {owner, os.geteuid()} and state.st_mode & 0o170777 == 0o040700
    except OSError:
        return False
    return True


def choose(server: Path) -> Address:
    """Where the cluster in the folder ``server`` shall listen.

    Inside that folder, which is 0700; where its path is too long for a socket, in a 0700 folder below the
    system's temporary folder; where that does not do either, on a free port of 127.0.0.1.
    """
    if _fits(str(server)):
        return Address(str(server), PORT)
    owner = server.stat().st_uid
    for base in dict.fromkeys([tempfile.gettempdir(), "/tmp"]):  # noqa: S108 (checked to be ours, 0700)
        folder = _run_folder(server, base)
        if _fits(folder) and _private(folder, owner):
            return Address(folder, PORT)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Address("127.0.0.1", probe.getsockname()[1])


def leave(address: Address) -> None:
    """Remove the folder of the socket when ``choose`` made one."""
    if Path(address.host).name.startswith(_RUN_FOLDER):
        shutil.rmtree(address.host, ignore_errors=True)


def settings(address: Address) -> Mapping[str, str]:
    """The server's settings that make it listen there and nowhere else."""
    if address.by_socket:
        folders = f'"{address.host}"'  # quoted: a folder's name may have a space
        return {"unix_socket_directories": folders, "listen_addresses": "", "port": str(address.port)}
    return {"unix_socket_directories": "", "listen_addresses": address.host, "port": str(address.port)}
