"""A whole installation for one bench: the real doors, worker and PostgreSQL in a folder of their own, and sinks."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from trackmycrime.ops.embedded import record
from trackmycrime.ops.exits import Unreachable, say

PATIENCE = 90.0


@dataclass(frozen=True)
class Place:
    """Where everything is. `mails` is the file in which the mail sink writes down what it took."""

    data: Path
    portal: str
    gateway: str
    mails: Path
    smtp: str

    def command(self, *words: str) -> str:
        """Run one of our own commands on this installation, and give what it printed."""
        argv = [sys.executable, "-m", "trackmycrime.ops.cli", *words, "--data", str(self.data)]
        done = subprocess.run(argv, check=True, capture_output=True, text=True, env=clean_environment())
        return done.stdout

    def source(self, slug: str, *, live_from: str) -> str:
        """Another records system of this force; gives its token."""
        name = f"bench {time.monotonic_ns()}"
        said = self.command("source", "add", slug, name, "--live-from", live_from, "--json")
        return str(json.loads(said)["token"])

    @contextmanager
    def database(self) -> Iterator[psycopg.Connection[Any]]:
        """The owner's connection, for yardsticks and counts."""
        running = record.read(self.data)
        if running is None:
            raise Unreachable("the bench's own server is gone")
        password = (self.data / "keys" / "owner.password").read_text().strip()
        with psycopg.connect(running.address.url(f"{running.prefix}owner", password), autocommit=True) as own:
            yield own

    def settle(self) -> None:
        """Let the database write down and count what it holds, so that one measurement does not pay for the last."""
        with self.database() as own:
            own.execute("vacuum analyze")


def clean_environment() -> dict[str, str]:
    """Ours without any setting of ours: a bench never touches the installation that the settings name."""
    return {name: value for name, value in os.environ.items() if not name.startswith("TMC_")}


@contextmanager
def place(*, processes: int = 1) -> Iterator[Place]:
    """Start it all, and leave nothing behind. Raises Unreachable when it does not come up."""
    above = Path(tempfile.mkdtemp(prefix="tmc-bench-"))
    above.chmod(0o755)
    mails = above / "mails"
    sink = subprocess.Popen(
        [sys.executable, "-m", "trackmycrime.ops.bench.sinks", str(mails)], stdout=subprocess.PIPE, text=True
    )
    assert sink.stdout is not None
    smtp, text = sink.stdout.readline().split()
    env = clean_environment() | {"TMC_EMAIL_URL": smtp, "TMC_TEXT_URL": text}
    argv = [sys.executable, "-m", "trackmycrime.ops.cli", "serve", "--data", str(above / "data")]
    argv += ["--portal", "127.0.0.1:0", "--desk", "127.0.0.1:0", "--gateway", "127.0.0.1:0"]
    argv += ["--processes", str(processes)]
    log = (above / "log").open("w")
    serve = subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert serve.stdout is not None
        line = serve.stdout.readline()
        if not line.startswith("trackmycrime ready"):
            raise Unreachable(
                f"the installation to measure did not start:\n{(above / 'log').read_text()[-2000:]}"
            )
        found = dict(word.split("=", 1) for word in line.split()[2:])
        yield Place(above / "data", found["portal"], found["gateway"], mails, smtp)
    finally:
        for process in (serve, sink):
            process.send_signal(signal.SIGTERM)
        for process in (serve, sink):
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
        log.close()
        shutil.rmtree(above, ignore_errors=True)


def progress(text: str) -> None:
    """Say what is going on, for whoever waits."""
    say(f"bench: {text}")
