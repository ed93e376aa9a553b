"""The parts of a running installation, to be killed one by one."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Iterable
from pathlib import Path

from tests.support.processes import alive, processes_of, told_of


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def kill(pids: Iterable[int]) -> int:
    """Kill -9; says how many were there to be killed."""
    killed = 0
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
            killed += 1
    return killed


def _parent(pid: int) -> int:
    words = told_of(pid, "stat").rpartition(b")")[2].split()
    return int(words[1]) if words else 0


def gateway_workers(folder: Path) -> list[int]:
    """The processes that answer the gateway's requests, without the one that holds them."""
    door = [pid for pid in processes_of(folder) if b"wsgi_gateway" in told_of(pid, "cmdline")]
    return [pid for pid in door if _parent(pid) in door]


def senders(folder: Path, of: int | None = None) -> list[int]:
    """The workers that send the letters; with `of`, only those that this process (a `serve`) has begun."""
    found = [pid for pid in processes_of(folder) if b"\0worker\0" in told_of(pid, "cmdline")]
    return found if of is None else [pid for pid in found if _parent(pid) == of]


def postmaster(folder: Path) -> int:
    """PostgreSQL's first process."""
    return int((folder / "postgres" / "postmaster.pid").read_text().split()[0])


def backends(folder: Path) -> list[int]:
    """PostgreSQL's processes that serve a door."""
    above = postmaster(folder)
    return [pid for pid in _children(above) if b"tmc_" in told_of(pid, "cmdline")]


def _children(above: int) -> list[int]:
    pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    return [pid for pid in pids if _parent(pid) == above and alive(pid)]
