"""Real worker processes under the worker's own login, on the test's database."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from django.db import connection

PATIENCE = 30.0


def wait_for(what: Callable[[], Any], seconds: float = PATIENCE, why: Callable[[], str] = lambda: "") -> Any:
    """Wait until `what` gives something; fail with `why` when it does not."""
    until = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < until, f"waited {seconds} s in vain: {why()}"
        time.sleep(0.02)
    return found


def database_url(door: str) -> str:
    """The test database's address with a door's own login."""
    parts = urlsplit(os.environ["TMC_DATABASE_URL"])
    netloc = parts.netloc
    if door != "owner":
        password = os.environ[f"TMC_DATABASE_PASSWORD_{door.upper()}"]
        login = f"{os.environ.get('TMC_ROLE_PREFIX', 'tmc_')}{door}"
        netloc = f"{login}:{quote(password, safe='')}@{netloc.rpartition('@')[2]}"
    return urlunsplit(parts._replace(netloc=netloc, path=f"/{connection.settings_dict['NAME']}"))


@dataclass
class Process:
    """A worker and what it has written."""

    popen: "subprocess.Popen[bytes]"
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text("utf-8", "replace")

    def wait_until_says(self, text: str) -> None:
        wait_for(lambda: text in self.said or self.popen.poll() is not None, why=lambda: self.said)
        assert text in self.said, self.said

    def kill(self) -> None:
        """As a machine that loses its power."""
        self.popen.send_signal(signal.SIGKILL)
        self.popen.wait(10)

    def end(self) -> int:
        """As an operator ends it; gives the exit code."""
        self.popen.send_signal(signal.SIGTERM)
        return self.popen.wait(30)


@contextmanager
def worker(
    *options: str,
    email: str = "",
    text: str = "",
    pause_at: str = "",
    ready: bool = True,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Process]:
    """A worker process; `email` and `text` are the addresses of its providers, `settings` what else it is told."""
    env = {
        name: value for name, value in os.environ.items() if not name.startswith(("TMC_DATABASE", "DJANGO"))
    }
    env |= {"TMC_DOOR_DATABASE_URL": database_url("worker"), "TMC_EMAIL_URL": email, "TMC_TEXT_URL": text}
    env |= settings
    env["TMC_TEST_PAUSE_AT"] = pause_at
    with tempfile.TemporaryDirectory(prefix="tmc-worker-") as folder:
        log = Path(folder) / "stderr"
        with log.open("wb") as file:
            popen = subprocess.Popen(
                [sys.executable, "-m", "trackmycrime.ops.cli", "worker", "--takeover", "2", *options],
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                cwd=folder,
            )
        process = Process(popen, log)
        try:
            if ready:
                process.wait_until_says("listens")
            yield process
        finally:
            if popen.poll() is None:
                popen.kill()
                popen.wait(10)
