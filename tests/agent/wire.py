"""A network that can fail: a TCP proxy between an agent and its gateway."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from typing import Self

_STEP = 4096


class Wire:
    """Passes bytes on, both ways, until told otherwise. A context manager; `url` is what the agent is told."""

    def __init__(self, to: str) -> None:
        host, _, port = to.removeprefix("http://").partition(":")
        self._to = host, int(port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.passed = 0
        """Bytes that came from the agent"""
        self._open = threading.Event()
        self._open.set()
        self._deaf = False
        self._pause = 0.0
        self._ended = threading.Event()
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._listener.close()
        self._drop()

    def cut(self) -> None:
        """Drop what is there, and take nothing new."""
        self._open.clear()
        self._drop()

    def mend(self) -> None:
        """Pass everything on, at once."""
        self._deaf, self._pause = False, 0.0
        self._drop()
        self._open.set()

    def slow(self, pause: float) -> None:
        """Wait after each few bytes."""
        self._pause = pause

    def half_close(self) -> None:
        """Let everything reach the gateway, and nothing come back; the connection stays."""
        self._deaf = True

    def _drop(self) -> None:
        pairs, self._pairs = self._pairs, []
        for pair in pairs:
            for end in pair:
                with suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                agent, _ = self._listener.accept()
            except OSError:
                return
            if not self._open.is_set():
                agent.close()
                continue
            with suppress(OSError):
                gateway = socket.create_connection(self._to)
                self._pairs.append((agent, gateway))
                threading.Thread(target=self._pass, args=(agent, gateway, True), daemon=True).start()
                threading.Thread(target=self._pass, args=(gateway, agent, False), daemon=True).start()

    def _pass(self, here: socket.socket, there: socket.socket, out: bool) -> None:
        with suppress(OSError):
            while data := here.recv(_STEP):
                if self._pause:
                    self._ended.wait(self._pause)
                if out:
                    self.passed += len(data)
                elif self._deaf:
                    continue
                there.sendall(data)
        with suppress(OSError):
            there.shutdown(socket.SHUT_WR)
