"""What ``serve`` and the commands for one door do, so that ``demo`` can do it too, with more beside it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from trackmycrime.ops import database as databases
from trackmycrime.ops import doors
from trackmycrime.ops.attach import bring_up_to_date
from trackmycrime.ops.database import Database
from trackmycrime.ops.embedded import SERVER
from trackmycrime.ops.exits import Unreachable
from trackmycrime.ops.supervisor import Program, Supervisor


def prepare(database: Database, role: str) -> None:
    """Bring our own embedded data up to date; on another database refuse when it is not.

    ``role`` is the door as whom to look: no door needs the owner's login for that. Raises Unreachable naming the
    command to run.
    """
    if database.cluster:
        bring_up_to_date(database)
        database.announce()
        return
    done = subprocess.run(
        [sys.executable, "-m", "trackmycrime.ops.cli", "migrate", "--check", "--role", role],
        check=False,
        env=database.environment(role),
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr.fileno(),
    )
    if done.returncode != 0:
        raise Unreachable("the database is not ready for this version of TrackMyCrime")


def ready_line(addresses: Mapping[str, str]) -> str:
    """The one line that scripts wait for on standard output."""
    return " ".join(["trackmycrime ready", *(f"{door}={url}" for door, url in addresses.items())])


def serve(
    data: Path,
    binds: Mapping[str, str],
    *,
    with_worker: bool = True,
    threads: int = doors.THREADS,
    processes: int | None = None,
    settings: Mapping[str, str] | None = None,
    beside: Callable[[Database, Mapping[str, str]], Sequence[Program]] = lambda database, addresses: (),
    on_ready: Callable[[Mapping[str, str]], None] | None = None,
) -> None:
    """Run the doors named in ``binds`` (door → HOST:PORT) and the worker, until a signal says to end.

    ``settings`` are added to every process. ``beside(database, addresses)`` is called once the tables are there and
    gives further programs; ``on_ready(addresses)`` is called when all of it answers, instead of printing the ready
    line. ``addresses`` maps each door to its http:// address.
    """
    listeners = {door: doors.listen(door, address) for door, address in binds.items()}
    addresses = {door: listener.url for door, listener in listeners.items()}
    roles = (*binds, *(("worker",) if with_worker else ()))
    database = databases.given(data, roles) or _embedded(data, whole=with_worker)
    try:
        database.environ = {
            **database.environ,
            **doors.addresses(listeners, database.environ),
            **(settings or {}),
        }
        prepare(database, roles[-1])
        programs = [
            doors.program(
                listener,
                database.environment(door),
                threads=threads,
                processes=processes or doors.PROCESSES.get(door, 1),
            )
            for door, listener in listeners.items()
        ]
        if with_worker:
            programs.append(doors.worker(database.environment("worker")))
        programs += beside(database, addresses)
    except BaseException:
        database.close()
        raise

    def ready() -> None:
        database.announce()
        if on_ready:
            on_ready(addresses)
        else:
            sys.stdout.write(ready_line(addresses) + "\n")
            sys.stdout.flush()

    Supervisor(database).run(programs, on_ready=ready)


def _embedded(data: Path, *, whole: bool) -> Database:
    """``serve`` must be in charge of the data itself; a single door joins whoever is."""
    if whole:
        return databases.start_embedded(data)
    return databases.opened(data, "owner", purpose=SERVER)
