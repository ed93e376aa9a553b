"""Ask an address whether it answers, without waiting for it: one request at a time, read when it comes."""

from __future__ import annotations

import contextlib
import selectors
import socket
from urllib.parse import urlsplit

RETRY_SECONDS = 0.2
PATIENCE_SECONDS = 10.0


class Probe:
    """A GET of ``url`` that is repeated until it is answered with 200. The loop that owns ``selector`` calls
    ``step`` when ``due`` has come and ``read`` when the selector says so."""

    def __init__(self, url: str, selector: selectors.BaseSelector) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._request = f"GET {parts.path or '/'} HTTP/1.0\r\nHost: {parts.netloc}\r\n\r\n".encode()
        self._selector = selector
        self._socket: socket.socket | None = None
        self.due = 0.0
        self.answered = False

    def step(self, now: float) -> None:
        """Send the request when none is under way, and again when one has taken too long."""
        if self.answered or now < self.due:
            return
        self.close()
        self.due = now + RETRY_SECONDS
        with contextlib.suppress(OSError):
            self._socket = socket.create_connection(self._address, timeout=1)
            self._socket.sendall(self._request)
            self._selector.register(self._socket, selectors.EVENT_READ, self)
            self.due = now + PATIENCE_SECONDS

    def read(self) -> None:
        """Take the answer; one that is not 200 means: ask again a little later."""
        answer = b""
        if self._socket:
            with contextlib.suppress(OSError):
                answer = self._socket.recv(64)
        self.close()
        self.answered = answer.startswith(b"HTTP/1.") and answer[8:12] == b" 200"
        self.due = self.due - PATIENCE_SECONDS + RETRY_SECONDS

    def close(self) -> None:
        """Drop the request that is under way."""
        if self._socket:
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(self._socket)
            self._socket.close()
            self._socket = None
