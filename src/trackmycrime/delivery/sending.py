"""The senders of a crew: one thread that attends to all connections, and a few for calls that can only be waited for.

Each letter has a line (a channel of its own, with its kept connection) to itself from when it is handed in until it is
done. Lines are opened as they are needed and used newest first, so that a quiet hour keeps few connections; one that
nothing was sent on for a while is let go. No database connection is held here.
"""

import contextlib
import logging
import queue
import selectors
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from .channels import Channel
from .channels.stepping import Elsewhere, Steps, Wait
from .letters import Letter
from .settling import Tried
from .trying import attempting

log = logging.getLogger(__name__)

IDLE = 60.0
"""Seconds after which a connection that nothing was sent on is let go"""
_TICK = 1.0
"""Seconds between looks at what waits too long"""


@dataclass(eq=False)
class _Line:
    """One connection's channel, and the letter on it."""

    channel: Channel
    steps: Steps[Tried] | None = None
    waits: Wait | None = None
    until: float = 0.0
    """When its wait is too long; of an idle one, when it is let go"""


class Senders:
    """Sends what it is handed, and calls `done` with each try, in its own thread."""

    def __init__(
        self,
        name: str,
        open_channel: Callable[[], Channel],
        clock: Callable[[], datetime],
        done: Callable[[Tried], None],
    ) -> None:
        self._name = name
        self._open_channel = open_channel
        self._clock = clock
        self._done = done
        self._handed: queue.SimpleQueue[Letter | None] = queue.SimpleQueue()
        self._calls: queue.SimpleQueue[tuple[_Line, Elsewhere] | None] = queue.SimpleQueue()
        self._came: queue.SimpleQueue[tuple[_Line, object, Exception | None]] = queue.SimpleQueue()
        self._callers = self._called = 0
        self._busy: set[_Line] = set()
        self._idle: list[_Line] = []
        self._ending = False
        self._selector = selectors.DefaultSelector()
        self._woken, self._wake = socket.socketpair()
        for end in (self._woken, self._wake):
            end.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ)
        self._thread = threading.Thread(target=self._run, name=f"{name}-senders", daemon=True)

    def start(self) -> None:
        """Begin to take letters."""
        self._thread.start()

    def hand(self, letters: Sequence[Letter]) -> None:
        """Send these, each on a line of its own, at once."""
        for letter in letters:
            self._handed.put(letter)
        self._ring()

    def end(self) -> None:
        """Take nothing more; close the connections when what was handed in is done."""
        self._handed.put(None)
        self._ring()

    def join(self, timeout: float) -> bool:
        """Wait until it has ended; says whether it has."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _ring(self) -> None:
        with contextlib.suppress(BlockingIOError):  # rung for so often that it will look anyway
            self._wake.send(b"\0")

    # its own thread from here on

    def _run(self) -> None:
        ticked = time.monotonic()
        while self._busy or not self._ending:
            for key, _ in self._selector.select(_TICK):
                if key.data is None:
                    self._woken.recv(4096)
                    self._take()
                else:
                    self._selector.unregister(key.fileobj)
                    self._go(key.data)
            if time.monotonic() - ticked >= _TICK:
                ticked = time.monotonic()
                self._tick(ticked)
        for line in self._idle:
            line.channel.close()
        for _ in range(self._callers):
            self._calls.put(None)
        for end in (self._woken, self._wake, self._selector):
            end.close()

    def _take(self) -> None:
        """What other threads have put here: letters, and what calls gave."""
        try:
            while True:
                line, said, fault = self._came.get_nowait()
                self._called -= 1
                self._go(line, said, fault)
        except queue.Empty:
            pass
        try:
            while True:
                letter = self._handed.get_nowait()
                if letter is None:
                    self._ending = True
                else:
                    self._begin(letter)
        except queue.Empty:
            pass

    def _begin(self, letter: Letter) -> None:
        line = self._idle.pop() if self._idle else _Line(self._open_channel())
        line.steps = attempting(line.channel, letter, self._clock)
        self._busy.add(line)
        self._go(line)

    def _go(self, line: _Line, said: object = None, fault: Exception | None = None) -> None:
        """Carry the line's letter on until it waits again, or is done."""
        assert line.steps is not None
        line.waits = None
        try:
            step = line.steps.send(said) if fault is None else line.steps.throw(fault)
        except StopIteration as end:
            line.steps, line.until = None, time.monotonic() + IDLE
            self._busy.remove(line)
            self._idle.append(line)
            self._done(end.value)
            return
        if isinstance(step, Elsewhere):
            self._call(line, step)
            return
        line.waits, line.until = step, time.monotonic() + step.seconds
        event = selectors.EVENT_WRITE if step.to_write else selectors.EVENT_READ
        self._selector.register(step.sock, event, line)

    def _tick(self, now: float) -> None:
        """Let go what waits too long, and what has not been used for long."""
        for line in [one for one in self._busy if one.waits and one.until <= now]:
            assert line.waits is not None
            self._selector.unregister(line.waits.sock)
            self._go(line, fault=TimeoutError())
        for line in [one for one in self._idle if one.until <= now]:
            self._idle.remove(line)
            line.channel.close()

    # calls that block

    def _call(self, line: _Line, step: Elsewhere) -> None:
        self._called += 1
        if self._called > self._callers:
            self._callers += 1
            name = f"{self._name}-caller-{self._callers}"
            threading.Thread(target=self._run_calls, name=name, daemon=True).start()
        self._calls.put((line, step))

    def _run_calls(self) -> None:
        while (call := self._calls.get()) is not None:
            line, step = call
            try:
                self._came.put((line, step.do(), None))
            except Exception as fault:
                self._came.put((line, None, fault))
            self._ring()
