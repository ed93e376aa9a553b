"""Start several programs, keep them running, end them in order. One thread, no polling.

``serve`` runs the three doors and the worker with it, ``demo`` more on top. What a caller needs:

    supervisor = Supervisor(database)          # ends the database's server last, restarts it when it dies
    supervisor.run([Program(...), ...], on_ready=lambda: print("ready"))

``run`` returns after Ctrl-C, SIGTERM or SIGHUP, when everything has ended. It raises Unreachable when a program
cannot be started at all; a program that ran and died is started again, after a pause that grows.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType

from trackmycrime.ops.database import Database
from trackmycrime.ops.exits import Unreachable, say
from trackmycrime.ops.probe import Probe
from trackmycrime.ops.tether import tethered

END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
FAILED_STARTS = 3
SHORTEST_PAUSE, LONGEST_PAUSE = 0.5, 30.0
HEALTHY_AFTER = 60.0
SETTLED_AFTER = 1.0
UP_WITHIN = 120.0


@dataclass(frozen=True)
class Program:
    """One program to keep running.

    ``health`` is an address that answers 200 when it is up; without one it is up when it has run for a second.
    ``inherits`` are descriptors handed on (listening sockets); ``grace`` is how many seconds it may take to end.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    health: str = ""
    inherits: tuple[int, ...] = ()
    grace: float = 10.0


@dataclass
class _Kept:
    """A program and how it fares."""

    program: Program
    process: subprocess.Popen[bytes] | None = None
    probe: Probe | None = None
    up: bool = False
    was_up: bool = False
    failures: int = 0
    started: float = 0.0
    due: float = 0.0


@dataclass
class Supervisor:
    """Keeps programs running on a database. Use it from the main thread only (see ``tether``)."""

    database: Database | None = None
    _kept: list[_Kept] = field(default_factory=list)
    _ends: int = 0
    _selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)

    def run(self, programs: Sequence[Program], *, on_ready: Callable[[], None] = lambda: None) -> None:
        """Start ``programs``, call ``on_ready`` once all are up, and keep them until a signal says to end."""
        self._kept = [_Kept(program) for program in programs]
        with self._woken_by_signals():
            try:
                told = False
                while not self._ends:
                    now = time.monotonic()
                    self._mend(now)
                    if not told and all(kept.up for kept in self._kept):
                        told = True
                        on_ready()
                    self._wait(now)
            finally:
                self._end_all()

    def stop(self) -> None:
        """Ask ``run`` to end, as Ctrl-C does; from a program's hook."""
        self._ends += 1

    # waiting

    @contextlib.contextmanager
    def _woken_by_signals(self) -> Iterator[None]:
        """Signals wake the loop through a pipe; SIGCHLD only wakes it, the others ask it to end."""
        read, write = os.pipe()
        os.set_blocking(read, False)
        os.set_blocking(write, False)
        before = {number: signal.getsignal(number) for number in (*END_SIGNALS, signal.SIGCHLD)}
        wakeup = signal.set_wakeup_fd(write, warn_on_full_buffer=False)
        self._selector.register(read, selectors.EVENT_READ)
        for number in before:
            signal.signal(number, self._signalled)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(wakeup)
            self._selector.close()
            os.close(read)
            os.close(write)

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        if number in END_SIGNALS:
            self._ends += 1

    def _wait(self, now: float) -> None:
        """Sleep until a child ends, a probe is answered, or something falls due."""
        times = [kept.due for kept in self._kept if kept.process is None]
        times += [kept.probe.due for kept in self._kept if kept.probe]
        times += [
            kept.started + SETTLED_AFTER
            for kept in self._kept
            if kept.process and not (kept.up or kept.probe)
        ]
        self._sleep(max(0.0, min(times) - now) if times else None)

    def _sleep(self, seconds: float | None) -> None:
        for key, _ in self._selector.select(seconds):
            if isinstance(key.data, Probe):
                key.data.read()
            else:
                with contextlib.suppress(BlockingIOError):
                    os.read(key.fd, 4096)

    # keeping

    def _mend(self, now: float) -> None:
        """Reap what ended, start what is due, look who is up."""
        cluster = self.database.cluster if self.database else None
        if cluster and not cluster.alive:
            say("PostgreSQL ended; starting it again")
            cluster.launch()
            if self.database and any(kept.was_up for kept in self._kept):
                self.database.announce()
        for kept in self._kept:
            if kept.process and kept.process.poll() is not None:
                self._ended(kept, kept.process.returncode, now)
            if kept.process is None and now >= kept.due:
                self._start(kept, now)
            self._look(kept, now)

    def _look(self, kept: _Kept, now: float) -> None:
        """See whether a program has come up."""
        if kept.up or kept.process is None:
            return
        if kept.probe:
            kept.probe.step(now)
            kept.up = kept.probe.answered
        else:
            kept.up = now >= kept.started + SETTLED_AFTER
        if kept.up:
            kept.was_up, kept.probe = True, None
        elif not kept.was_up and now > kept.started + UP_WITHIN:
            raise Unreachable(f"the {kept.program.name} runs, but does not answer at {kept.program.health}")

    def _start(self, kept: _Kept, now: float) -> None:
        program = kept.program
        kept.process = subprocess.Popen(
            tethered(program.argv),
            env=dict(program.env),
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr.fileno(),  # standard output is for the one line that scripts read
            pass_fds=program.inherits,
        )
        kept.started = now
        kept.probe = Probe(program.health, self._selector) if program.health else None

    def _ended(self, kept: _Kept, code: int, now: float) -> None:
        """Note that a program ended, and when to start it again. Raises Unreachable when it never came up."""
        name = kept.program.name
        kept.process, kept.up = None, False
        if kept.probe:
            kept.probe.close()
            kept.probe = None
        kept.failures = 1 if now - kept.started > HEALTHY_AFTER else kept.failures + 1
        reason = f"by signal {signal.Signals(-code).name}" if code < 0 else f"with exit code {code}"
        if not kept.was_up and kept.failures >= FAILED_STARTS:
            raise Unreachable(f"the {name} does not start (it ended {reason}, {FAILED_STARTS} times)")
        pause = min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** (kept.failures - 1))
        kept.due = now + pause
        say(f"the {name} ended {reason}; starting it again in {pause:g} s")

    # ending

    def _end_all(self) -> None:
        """Ask all programs to end, wait as long as they may take, kill the rest; then the database's server."""
        asked = self._ends
        running = [kept for kept in self._kept if kept.process and kept.process.poll() is None]
        for kept in running:
            assert kept.process
            with contextlib.suppress(ProcessLookupError):
                kept.process.terminate()
        until = time.monotonic() + max((kept.program.grace for kept in running), default=0.0)
        while running and time.monotonic() < until and self._ends <= max(1, asked):
            self._sleep(0.2)
            running = [kept for kept in running if kept.process and kept.process.poll() is None]
        for kept in self._kept:
            if kept.probe:
                kept.probe.close()
            if kept.process and kept.process.poll() is None:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(kept.process.pid, signal.SIGKILL)  # it and what it started
                kept.process.wait()
        if self.database:
            self.database.close()
