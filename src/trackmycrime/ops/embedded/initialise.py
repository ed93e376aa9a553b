"""Make a cluster's files: whole or not at all, and no login without a password."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from trackmycrime.ops.embedded import identity
from trackmycrime.ops.embedded.binaries import Binaries
from trackmycrime.ops.exits import Unreachable
from trackmycrime.ops.tether import tethered

SUPERUSER = "postgres"
_CONTAINER = Path("/sys/fs/cgroup/memory.max")
_HBA = """\
# Written by TrackMyCrime: a password for everybody, over the socket or this machine's own address only.
local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
"""
_CONF = """
# TrackMyCrime's settings for a small machine; yours to tune.
max_connections = 100
shared_buffers = {memory}MB
# A burst is not made wait for a checkpoint at each gigabyte.
max_wal_size = 2GB
synchronous_commit = on
password_encryption = 'scram-sha-256'
timezone = 'UTC'
log_timezone = 'UTC'
# Logs carry no personal data: no statements, no values, no failed commands (their senders see those).
log_statement = 'none'
log_min_messages = log
log_min_error_statement = panic
log_error_verbosity = terse
log_checkpoints = off
"""


def _memory() -> int:
    """Megabytes that PostgreSQL keeps pages in: a quarter of the machine's or the container's, from 128 to 2,048."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):  # no such limit
        whole = min(whole, int(_CONTAINER.read_text()))
    return max(128, min(2048, whole // 4 // 2**20))


def _locale(major: int) -> list[str]:
    """Order by code point, and letters beyond ASCII known; the same on every machine."""
    if major >= 17:
        return ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8"]
    return ["--locale=C.UTF-8"]


def _initdb(folder: Path, binaries: Binaries, who: str, password: str, locale: list[str]) -> str:
    """Run initdb into ``folder``; empty when it worked, else what it said."""
    read, write = os.pipe()
    try:
        os.write(write, password.encode() + b"\n")
        os.close(write)
        argv = [binaries.initdb, "--pgdata", str(folder), "--username", SUPERUSER, "--encoding=UTF8"]
        argv += [
            "--auth=scram-sha-256",
            f"--pwfile=/dev/fd/{read}",
            "--no-instructions",
            "--no-sync",
            *locale,
        ]
        if ":" in who:  # opening /dev/fd anew asks who owns the pipe
            os.fchown(read, *(int(part) for part in who.split(":")))
        done = subprocess.run(
            tethered(argv, identity=who, chdir=folder),
            check=False,
            capture_output=True,
            text=True,
            pass_fds=[read],
        )
    finally:
        os.close(read)
    return "" if done.returncode == 0 else (done.stderr.strip() or done.stdout.strip() or "no reason given")


def initialise(server: Path, binaries: Binaries, password: str, *, sync: bool) -> str:
    """Make the cluster ``server`` and return the identity that owns it.

    initdb works in a folder beside it, which is renamed when all is there: an interrupted start leaves nothing that
    looks like a cluster. Raises Unreachable with initdb's own words.
    """
    for left in server.parent.glob(f"{server.name}.new-*"):
        shutil.rmtree(left, ignore_errors=True)
    new = Path(tempfile.mkdtemp(prefix=f"{server.name}.new-", dir=server.parent))
    who = identity.choose(new, binaries)
    problem = _initdb(new, binaries, who, password, _locale(binaries.major))
    if problem:  # a system without that locale
        for left in new.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
        problem = _initdb(new, binaries, who, password, ["--locale=C"])
    if problem:
        raise Unreachable(f"PostgreSQL's initdb failed in {new}: {problem}")
    (new / "pg_hba.conf").write_text(_HBA, "utf-8")
    with (new / "postgresql.conf").open("a", encoding="utf-8") as conf:
        conf.write(_CONF.format(memory=_memory()))
    if sync:
        _to_disk(new)
    new.rename(server)
    if sync:
        _to_disk(server.parent)
    return who


def _to_disk(folder: Path) -> None:
    """Have the file system of ``folder`` written out: once, where initdb would ask for a thousand files one by one."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        syncfs = getattr(ctypes.CDLL(None), "syncfs", None)
        if syncfs is None or syncfs(descriptor) != 0:
            os.sync()
    finally:
        os.close(descriptor)
