"""The three doors as programs: their sockets, opened by us, and gunicorn behind each."""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from trackmycrime.ops.database import DOOR_URLS
from trackmycrime.ops.exits import Unreachable, WrongUse
from trackmycrime.ops.supervisor import Program

DOORS = ("portal", "desk", "gateway")
DEFAULTS = {"portal": "127.0.0.1:8000", "desk": "127.0.0.1:8001", "gateway": "127.0.0.1:8002"}
THREADS = 8
PROCESSES = {"gateway": min(2, os.cpu_count() or 1)}
"""Where nobody says how many: two forces' deliveries are taken at the same time where there are two processors."""
WORKER_NICE = 15
"""A thirtieth of what a door gets of a processor that both want: a backlog's alerts follow it. At 19 a busy hour of the
doors would keep alerts for many seconds."""


@dataclass(frozen=True)
class Listener:
    """A door's listening socket. We hold it, so that a door which is started again loses no visitor, and a
    port 0 is settled before anything starts."""

    door: str
    socket: socket.socket

    @property
    def url(self) -> str:
        """Where a browser on this machine finds it."""
        host, port = self.socket.getsockname()[:2]
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (asked about, not bound)
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def listen(door: str, address: str) -> Listener:
    """Open ``HOST:PORT`` (port 0: any free one). Raises WrongUse for nonsense, Unreachable when it is taken."""
    host, colon, port = address.rpartition(":")
    host = host.strip("[]") or "127.0.0.1"
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise WrongUse(f"--{door} takes HOST:PORT, for example {DEFAULTS[door]}; got {address!r}")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind((host, int(port)))
        opened.listen(512)
    except OSError as error:
        opened.close()
        raise Unreachable(f"the {door} cannot listen on {address}: {error.strerror}") from None
    return Listener(door, opened)


def addresses(listeners: Mapping[str, Listener], environ: Mapping[str, str]) -> dict[str, str]:
    """The settings that tell every process under which address people find a door; what is set already stays."""
    return {DOOR_URLS[door]: environ.get(DOOR_URLS[door]) or each.url for door, each in listeners.items()}


def program(
    listener: Listener, env: Mapping[str, str], *, threads: int = THREADS, processes: int = 1
) -> Program:
    """The door behind ``listener``, under gunicorn. Requests are not logged: addresses are personal data."""
    argv = [sys.executable, "-m", "gunicorn", f"trackmycrime.config.wsgi_{listener.door}:application"]
    argv += ["--bind", f"fd://{listener.socket.fileno()}", "--preload", "--no-control-socket"]
    argv += [
        "--worker-class",
        "trackmycrime.ops.lanes.Worker",
        "--workers",
        str(processes),
        "--threads",
        str(threads),
    ]
    argv += ["--keep-alive", "75", "--timeout", "60", "--graceful-timeout", "5", "--log-level", "warning"]
    if os.path.isdir("/dev/shm"):  # noqa: S108 (gunicorn's heartbeat, made by itself)
        argv += ["--worker-tmp-dir", "/dev/shm"]  # noqa: S108 (memory, for gunicorn's own file)
    return Program(
        listener.door, argv, env, health=f"{listener.url}/healthz", inherits=(listener.socket.fileno(),)
    )


def worker(env: Mapping[str, str]) -> Program:
    """The worker as a program. On a machine that is busy the doors go first: somebody waits for their answers."""
    argv = [sys.executable, "-m", "trackmycrime.ops.cli", "worker", "--nice", str(WORKER_NICE)]
    return Program("worker", argv, env)
