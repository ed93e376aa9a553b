"""A whole installation for a measurement: `trackmycrime serve` on a data folder that is thrown away.

Use it from the main thread (see ``ops.tether``).
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import httpx
import psycopg

from trackmycrime.ops import database as databases
from trackmycrime.ops import doors, keys
from trackmycrime.ops.doors import Listener
from trackmycrime.ops.embedded import record
from trackmycrime.ops.embedded.initialise import SUPERUSER
from trackmycrime.ops.exits import Unreachable, say
from trackmycrime.ops.tether import tethered

_KEPT = ("TMC_POSTGRES_BIN",)
_GRACE = 30.0


@dataclass(frozen=True)
class Sink:
    """The mail server and text gateway of the measurements, and the file in which it writes down what it took."""

    file: Path
    port: int
    settings: Mapping[str, str]

    def mails(self) -> list[tuple[int, str]]:
        """(nanoseconds of the monotonic clock, to whom) of each mail that was taken so far."""
        taken = self.file.read_text(encoding="ascii") if self.file.exists() else ""
        lines = (one.split(" ", 1) for one in taken.splitlines(keepends=True) if one.endswith("\n"))
        return [(int(moment), to.rstrip("\n")) for moment, to in lines]


@dataclass(frozen=True)
class Installation:
    """One that runs. `crimes` have been loaded, half of them in each of two forces; `tokens` are of their sources."""

    data: Path
    portal: str
    gateway: str
    crimes: int = 0
    tokens: Sequence[str] = ()

    def inside(self, role: str, task: str, **arguments: Any) -> Any:
        """Run a task of ``bench.inside`` in a process with that role's settings; what it answers."""
        environment = databases.opened(self.data, role, own_environment()).environment(role)
        argv = [sys.executable, "-m", "trackmycrime.ops.bench.inside", task, json.dumps(arguments)]
        done = subprocess.run(
            tethered(argv), check=False, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )
        if done.returncode != 0:
            raise Unreachable(f"the measurement's own step «{task}» ended with {done.returncode}")
        return json.loads(done.stdout)

    @contextlib.contextmanager
    def worker(
        self, settings: Mapping[str, str], log: Path, *options: str
    ) -> Iterator[subprocess.Popen[str]]:
        """A worker besides those of `serve`, with these settings, for the length of the block."""
        environment = databases.opened(self.data, "worker", {**own_environment(), **settings})
        argv = [sys.executable, "-m", "trackmycrime.ops.cli", "worker", *options]
        with program(argv, env=environment.environment("worker"), log=log) as running:
            yield running

    def settle(self, seconds: float = 120) -> float:
        """Wait until all that is due has been sent, so that it does not cost the next measurement; how long it took."""
        began = time.monotonic()
        while self.inside("owner", "unsent") and time.monotonic() - began < seconds:
            time.sleep(0.5)
        return time.monotonic() - began


def own_environment() -> dict[str, str]:
    """This process's environment without settings of an installation: a measurement has its own."""
    return {
        name: value
        for name, value in os.environ.items()
        if name in _KEPT or not name.startswith(("TMC_", "DJANGO_"))
    }


@contextlib.contextmanager
def folder() -> Iterator[Path]:
    """A folder for everything of a run, gone when the block ends. PostgreSQL's own user must be able to enter it."""
    with tempfile.TemporaryDirectory(prefix="trackmycrime-bench-") as above:
        Path(above).chmod(0o755)
        yield Path(above)


@contextlib.contextmanager
def program(
    argv: Sequence[str],
    *,
    env: Mapping[str, str],
    log: Path,
    inherits: tuple[int, ...] = (),
    stdout: int | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """Run a program for the length of the block. What it says goes to `log`."""
    with open(log, "ab") as errors:
        started = subprocess.Popen(
            tethered(argv),
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=errors if stdout is None else stdout,
            stderr=errors,
            pass_fds=inherits,
            text=True,
        )
    try:
        yield started
    finally:
        started.send_signal(signal.SIGTERM)
        try:
            started.wait(_GRACE)
        except subprocess.TimeoutExpired:
            started.kill()
            started.wait()


@contextlib.contextmanager
def sink(
    above: Path, name: str = "mails", mail_seconds: float = 0, text_seconds: float = 0
) -> Iterator[Sink]:
    """A running mail server and text gateway, which take so long for each mail and each text."""
    mail, texts = (doors.listen(name, "127.0.0.1:0") for name in ("mail", "texts"))
    port, file = mail.socket.getsockname()[1], above / name
    numbers = (mail.socket.fileno(), texts.socket.fileno())
    argv = [sys.executable, "-m", "trackmycrime.ops.bench.sink", *map(str, numbers), str(file)]
    argv += [str(mail_seconds), str(text_seconds)]
    settings = {"TMC_EMAIL_URL": f"smtp://127.0.0.1:{port}", "TMC_TEXT_URL": f"{texts.url}/text"}
    with (
        mail.socket,
        texts.socket,
        program(argv, env=own_environment(), log=above / f"{name}.sink.log", inherits=numbers),
    ):
        yield Sink(file, port, settings)


@contextlib.contextmanager
def bare(above: Path) -> Iterator[str]:
    """The bare view behind the very gunicorn that a door has; its address."""
    with doors.listen("bare", "127.0.0.1:0").socket as held:
        listener = Listener("bare", held)
        door = doors.program(listener, own_environment())
        ours = {"trackmycrime.config.wsgi_bare:application": "trackmycrime.ops.bench.bare:application()"}
        argv = [ours.get(word, word) for word in door.argv]
        with program(argv, env=door.env, log=above / "bare.log", inherits=door.inherits):
            with httpx.Client(trust_env=False) as browser:
                browser.get(listener.url, timeout=60)  # waits in the socket's queue until it is up
            yield f"{listener.url}/"


def _write_out(data: Path) -> None:
    """Have PostgreSQL write to disk now what a large load left in its memory, as it does by itself within minutes: what
    is measured is an installation that has its events, not one that still files away what it has just been given."""
    running = record.read(data)
    assert running is not None
    url = running.address.url(SUPERUSER, keys.kept(data).passwords[SUPERUSER])
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("checkpoint")


@contextlib.contextmanager
def installation(
    above: Path, name: str, settings: Mapping[str, str], crimes: int, *, further: int = 0
) -> Iterator[Installation]:
    """Everything that `serve` runs, with this many crimes loaded, each with `further` events besides its report and its
    victim; then all of its victims have joined or been invited. Raises Unreachable when it does not come up."""
    data, log = above / name, above / f"{name}.log"
    argv = [sys.executable, "-m", "trackmycrime.ops.cli", "serve", "--data", str(data)]
    argv += [word for door in doors.DOORS for word in (f"--{door}", "127.0.0.1:0")]
    say(f"bench: starting an installation ({crimes * (2 + further):,} events)")
    with program(argv, env={**own_environment(), **settings}, log=log, stdout=subprocess.PIPE) as serving:
        assert serving.stdout is not None
        urls = _addresses(serving.stdout, log)
        bare_one = Installation(data, urls["portal"], urls["gateway"])
        tokens = bare_one.inside("owner", "prepare")
        began = time.monotonic()
        half = crimes // 2
        parts = [(1, 0, half), (2, half, crimes - half)]
        with ThreadPoolExecutor(len(parts)) as both:  # the forces side by side
            loads = [
                both.submit(
                    bare_one.inside, "gateway", "load", force=force, first=first, count=count, further=further
                )
                for force, first, count in parts
            ]
            for each in loads:
                each.result()
        joined = bare_one.inside("owner", "join", crimes=crimes, invited=bool(further))
        if further:
            _write_out(data)
        say(f"bench: loaded and {joined:,} victims joined in {time.monotonic() - began:.0f} s (not measured)")
        yield Installation(data, urls["portal"], urls["gateway"], crimes, tokens)


def _addresses(said: IO[str], log: Path) -> dict[str, str]:
    """The doors' addresses, from the line that says that all of them answer."""
    line = said.readline()
    if not line.startswith("trackmycrime ready "):
        complained = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        raise Unreachable(
            f"the installation did not start: {complained[-1] if complained else 'it said nothing'}"
        )
    return dict(word.split("=", 1) for word in line.split()[2:])
