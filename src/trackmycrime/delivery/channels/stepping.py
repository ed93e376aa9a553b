"""Sending step by step: what a channel does between two waits, so that one thread can attend to many connections.

A channel's `steps` is a generator. It yields what it waits for (`Wait`: a socket; `Elsewhere`: a call that blocks) and
goes on when that has come; it returns the Outcome. `drive` carries steps out one after the other, `delivery.sending`
those of many letters side by side. One thread for each connection would be simpler, but with fifty of them Python
spends ten times as long on changing threads as on the mail.
"""

import select
import socket
import ssl
from collections.abc import Callable, Generator
from typing import Any, NamedTuple, TypeVar

Made = TypeVar("Made")


class Wait(NamedTuple):
    """Until the socket can be read (or written); TimeoutError after so many seconds."""

    sock: socket.socket
    seconds: float
    to_write: bool = False


class Elsewhere(NamedTuple):
    """A call that blocks, for another thread; its result, or what it raised, comes back."""

    do: Callable[[], Any]


Steps = Generator[Wait | Elsewhere, Any, Made]


def drive(steps: Steps[Made]) -> Made:
    """Carry out the steps in this thread; what they return."""
    try:
        step = next(steps)
        while True:
            try:
                said = step.do() if isinstance(step, Elsewhere) else None
                if isinstance(step, Wait):
                    _wait(step)
            except Exception as fault:
                step = steps.throw(fault)
            else:
                step = steps.send(said)
    except StopIteration as end:
        made: Made = end.value
        return made


def _wait(step: Wait) -> None:
    ready = select.poll()
    ready.register(step.sock, select.POLLOUT if step.to_write else select.POLLIN)
    if not ready.poll(step.seconds * 1000):
        raise TimeoutError


def write(sock: socket.socket, data: bytes, seconds: float) -> Steps[None]:
    """Write all of it to a socket that does not block. Raises OSError, also for a time-out."""
    rest = memoryview(data)
    while rest:
        try:
            rest = rest[sock.send(rest) :]
        except (BlockingIOError, ssl.SSLWantWriteError):
            yield Wait(sock, seconds, to_write=True)
        except ssl.SSLWantReadError:
            yield Wait(sock, seconds)


def read(sock: socket.socket, most: int, seconds: float) -> Steps[bytes]:
    """What can be read from a socket that does not block, at least a byte; empty when the other side has closed it."""
    while True:
        try:
            return sock.recv(most)
        except (BlockingIOError, ssl.SSLWantReadError):
            yield Wait(sock, seconds)
        except ssl.SSLWantWriteError:
            yield Wait(sock, seconds, to_write=True)
