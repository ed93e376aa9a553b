"""Real processes in tests: start them with a clean environment, read what they say, see that they are gone."""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

TRACKMYCRIME = (sys.executable, "-m", "trackmycrime.ops.cli")


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without any setting of ours, so that nothing of the test run leaks in."""
    own = {name: value for name, value in os.environ.items() if not name.startswith(("TMC_", "DJANGO_"))}
    return {**own, **more}


def run(
    *args: str, env: Mapping[str, str] | None = None, timeout: float = 90
) -> subprocess.CompletedProcess[str]:
    """Run ``trackmycrime ARGS`` to its end."""
    return subprocess.run(
        [*TRACKMYCRIME, *args],
        check=False,
        capture_output=True,
        text=True,
        timeout=timeout,
        env=env or clean_environment(),
    )


def python(code: str, *args: str, env: Mapping[str, str] | None = None) -> Background:
    """Run Python ``code`` in the background."""
    return Background([sys.executable, "-c", code, *args], env=env)


class Background:
    """A process that runs beside the test; a context manager that leaves nothing behind."""

    def __init__(self, argv: Sequence[str], *, env: Mapping[str, str] | None = None) -> None:
        self.process = subprocess.Popen(
            argv,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=dict(env or clean_environment()),
            start_new_session=True,
        )
        self.said: list[str] = []
        self.complained: list[str] = []
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._readers = [
            threading.Thread(target=self._read_out, daemon=True),
            threading.Thread(target=self._read_err, daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _read_out(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.said.append(line.rstrip("\n"))
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def _read_err(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self.complained.append(line.rstrip("\n"))

    def line(self, timeout: float = 60) -> str:
        """The next line of standard output."""
        with contextlib.suppress(queue.Empty):
            found = self._lines.get(timeout=timeout)
            if found is not None:
                return found
        raise AssertionError(f"no line within {timeout} s; standard error:\n" + "\n".join(self.complained))

    def end(self, number: int = signal.SIGINT, timeout: float = 30) -> int:
        """Send a signal and return the exit code; the readers have then read everything."""
        self.process.send_signal(number)
        code = self.process.wait(timeout)
        for reader in self._readers:
            reader.join(5)
        return code

    def __enter__(self) -> Background:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream, reader in zip((self.process.stdout, self.process.stderr), self._readers, strict=True):
            reader.join(2)
            if stream and not reader.is_alive():  # else somebody it left behind holds the other end
                stream.close()


def alive(pid: int) -> bool:
    """Whether a process runs; one that waits to be reaped does not."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def told_of(pid: int, file: str) -> bytes:
    """A file of ``/proc`` about a process; empty when it has just gone."""
    try:
        return Path(f"/proc/{pid}/{file}").read_bytes()
    except OSError:
        return b""


def processes_of(folder: Path) -> list[int]:
    """The processes that name ``folder`` in their command line or work in it, and are not this one."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes()
            where = os.path.realpath(entry / "cwd")
            settings = (entry / "environ").read_bytes()
            mine = os.fsencode(folder)
            if (mine in command or where.startswith(str(folder)) or mine in settings) and alive(
                int(entry.name)
            ):
                found.append(int(entry.name))
    return found


def eventually(true: Callable[[], bool], timeout: float = 90, what: str = "it") -> None:
    """Wait until ``true()``; AssertionError when that takes longer than ``timeout`` seconds."""
    until = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < until, f"{what} did not happen within {timeout} s"
        time.sleep(0.05)
