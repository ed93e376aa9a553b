"""``trackmycrime serve`` with everything real: doors, worker, PostgreSQL."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

import psycopg
import pytest

from tests.support.processes import (
    TRACKMYCRIME,
    Background,
    alive,
    clean_environment,
    eventually,
    processes_of,
    run,
    told_of,
)
from tests.support.serving import ANY_PORT, Serving, status
from trackmycrime.ops import keys
from trackmycrime.ops.embedded import start

pytestmark = pytest.mark.processes
DOORS = ("portal", "desk", "gateway")


def _behind(serving: Serving, door: str) -> list[int]:
    """The processes that run a door (gunicorn's master first) or the worker."""
    word = b"trackmycrime.ops.cli\0worker" if door == "worker" else b"wsgi_%s:" % door.encode()
    return sorted(pid for pid in processes_of(serving.data) if word in told_of(pid, "cmdline"))


def test_a_day_in_the_life_of_an_installation(folder: Path) -> None:
    """One start for many questions, because a start takes seconds."""
    with Serving(folder) as serving:
        serving.ready()
        addresses = {door: getattr(serving, door) for door in DOORS}
        assert {status(f"{url}/healthz") for url in addresses.values()} == {200}

        # the doors go before the worker (which steps back when it has read its program, perhaps after they answer),
        # and the gateway has a process for each of two forces that send at once
        def polite(who: str) -> list[int]:
            return [os.getpriority(os.PRIO_PROCESS, pid) for pid in _behind(serving, who)[:1]]

        own = os.getpriority(os.PRIO_PROCESS, 0)
        eventually(lambda: polite("worker") > [own], what="the worker behind the doors")
        assert [polite(door) for door in DOORS] == [[own]] * len(DOORS)
        expected = 1 + min(2, os.cpu_count() or 1)  # the first answers while the second is being made
        eventually(lambda: len(_behind(serving, "gateway")) == expected, what="the gateway's processes")
        assert len(_behind(serving, "portal")) == 1 + 1

        # a second one on the same folder says so, and harms nothing
        second = run("serve", *ANY_PORT, "--data", str(folder))
        assert (second.returncode, second.stdout) == (3, "")
        assert f"{folder} is in use by process {serving.process.pid}" in second.stderr
        assert status(f"{serving.portal}/healthz") == 200

        # a port that is taken
        port = addresses["portal"].rpartition(":")[2]
        taken = run("serve", "--portal", f"127.0.0.1:{port}", "--data", str(folder.parent / "other"))
        assert taken.returncode == 3
        assert f"the portal cannot listen on 127.0.0.1:{port}" in taken.stderr

        # commands attach
        serving.command("migrate", "--check")

        # each process has its own login and nobody else's
        passwords = {
            login: (folder / "keys" / f"{login}.password").read_text().strip() for login in keys.LOGINS
        }
        for door in (*DOORS, "worker"):
            (first, *_) = _behind(serving, door)
            told = told_of(first, "environ").decode(errors="replace")
            assert passwords[door] in told
            assert not [login for login, password in passwords.items() if login != door and password in told]

        # a door that dies comes back, at the same address
        os.kill(_behind(serving, "portal")[0], signal.SIGKILL)
        eventually(lambda: status(f"{serving.portal}/healthz") == 200, what="the portal")

        # and so does the database
        running = [pid for pid in processes_of(folder) if b"postgres" in told_of(pid, "comm")]
        os.kill(min(running), signal.SIGKILL)
        eventually(
            lambda: any("starting it again" in line for line in serving.complained), what="the restart"
        )
        eventually(lambda: status(f"{serving.gateway}/healthz") == 200, what="the gateway")

        began = time.monotonic()
        assert serving.end(signal.SIGINT) == 0, "\n".join(serving.complained)
        assert time.monotonic() - began < 10
        assert not processes_of(folder)
        assert serving.said == [" ".join(["trackmycrime ready", *(f"{d}={u}" for d, u in addresses.items())])]
        assert "Traceback" not in "\n".join(serving.complained[:5])


def test_killed_with_9_it_starts_again_with_nothing_lost(folder: Path) -> None:
    with Serving(folder) as serving:
        serving.ready()
        serving.command(
            "force", "add", "avon-and-somerset", "--name", "Avon and Somerset Police", "--languages", "en"
        )
        before = processes_of(folder)
        serving.process.kill()
        serving.process.wait()
        with Serving(folder) as again:  # at once
            again.ready()
            eventually(lambda: not any(map(alive, before)), what="the end of what ran before")
            assert "avon-and-somerset" in again.command("force", "list")
            again.end(signal.SIGTERM)
        assert not processes_of(folder)


def test_a_port_of_another_program_is_told_before_anything_starts(folder: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        done = run(
            "serve",
            "--desk",
            f"127.0.0.1:{other.getsockname()[1]}",
            "--portal",
            "127.0.0.1:0",
            "--data",
            str(folder),
        )
    assert done.returncode == 3
    assert "the desk cannot listen" in done.stderr
    assert not folder.exists()


def test_on_another_database_it_refuses_to_start_unmigrated_and_names_the_command(folder: Path) -> None:
    with start(folder, for_tests=True) as cluster:
        with psycopg.connect(cluster.superuser_dsn) as connection:
            connection.execute("alter role tmc_owner createrole")
        settings = {
            "TMC_DATABASE_URL": cluster.dsn("owner"),
            "TMC_ROLE_PREFIX": "own_",
            "TMC_SECRET_KEY": cluster.keys.secret_key,
            "TMC_FIELD_KEYS": cluster.keys.field_keys,
            **{keys.password_variable(door): cluster.keys.passwords[door] for door in keys.DOORS},
        }
        unmade = run("serve", *ANY_PORT, env=clean_environment(**settings))
        assert (unmade.returncode, unmade.stdout) == (3, "")

        assert run("migrate", "--quiet", env=clean_environment(**settings)).returncode == 0
        with Serving(folder.parent / "unused", settings=settings) as serving:
            serving.ready()
            assert status(f"{serving.gateway}/healthz") == 200
            assert serving.end() == 0
        assert not (folder.parent / "unused").exists(), "nothing is kept beside a database that is given"

        with psycopg.connect(cluster.dsn("owner")) as connection:
            connection.execute("delete from django_migrations where app = 'publish'")
        unmigrated = run("serve", *ANY_PORT, env=clean_environment(**settings))
        assert unmigrated.returncode == 3
        assert "run: trackmycrime migrate" in unmigrated.stderr


@pytest.mark.parametrize("door", DOORS)
def test_one_door_alone(folder: Path, door: str) -> None:
    with Background([*TRACKMYCRIME, door, "--bind", "127.0.0.1:0", "--data", str(folder)]) as alone:
        ready = alone.line(90)
        assert ready.startswith(f"trackmycrime ready {door}=http://127.0.0.1:")
        assert status(ready.partition("=")[2] + "/healthz") == 200
        assert alone.end() == 0
        assert not processes_of(folder)
