"""One return to one webhook: signed by the Standard Webhooks specification, to an address that was looked at.

The name is looked up once for each connection, every address it has must be one that may be reached, and the
connection goes to what was looked at. No redirect is followed, no proxy asked, no answer's body read; all of it has
one deadline, however slowly the bytes come. (httpcore is what httpx stands on, and comes with it: its network backend
is where an address can be looked at.)
"""

from __future__ import annotations

import ipaddress
import logging
import socket
import ssl
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import httpcore
from standardwebhooks import Webhook as Signer

from . import address

log = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
SECONDS = 15.0
"""For everything, from the connection to the last line of the answer's head"""
TYPE = "application/cloudevents+json; charset=utf-8"

Result = Literal["accepted", "later", "gone"]


@dataclass(frozen=True, repr=False)
class Post:
    """One return, ready to be sent. `repr` shows ids only."""

    id: UUID
    webhook_id: UUID
    force: int
    return_id: UUID
    url: str
    secrets: tuple[str, ...]
    body: str
    tries: int
    first_try_at: datetime

    def __repr__(self) -> str:
        return f"<post {self.id}>"


@dataclass(frozen=True)
class Outcome:
    """What became of one try. `answer` is a status, or a word of ours; `wished` is the receiver's Retry-After."""

    result: Result
    answer: str
    wished: timedelta | None = None


class NotReachable(Exception):
    """The name leads to where nothing may be sent."""


class _Timed(httpcore.NetworkStream):
    """A stream with one deadline for all that is read and written."""

    def __init__(self, inner: httpcore.NetworkStream, until: float) -> None:
        self._inner, self._until = inner, until

    def _left(self, timeout: float | None) -> float:
        left = self._until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return left if timeout is None else min(left, timeout)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, self._left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Timed(self._inner.start_tls(ssl_context, server_hostname, self._left(timeout)), self._until)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class _Looked(httpcore.NetworkBackend):
    """Connects only to addresses that were looked at."""

    def __init__(self, allowed: Sequence[address.Network], seconds: float) -> None:
        self._allowed, self._seconds, self._inner = allowed, seconds, httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        until = time.monotonic() + self._seconds
        failure: Exception = NotReachable(host)
        for found in _looked_up(host, port, self._allowed):
            try:
                inner = self._inner.connect_tcp(found, port, timeout, local_address, socket_options)
                return _Timed(inner, until)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as why:
                failure = why
        raise failure


def _looked_up(host: str, port: int, allowed: Sequence[address.Network]) -> list[str]:
    loopback = address.is_loopback(host)
    try:
        rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError:
        raise httpcore.ConnectError from None
    found = list(dict.fromkeys(str(row[4][0]) for row in rows))
    if not all(
        address.may_reach(ipaddress.ip_address(one.partition("%")[0]), loopback=loopback, allowed=allowed)
        for one in found
    ):
        raise NotReachable(host)
    return found


def signatures(
    post_id: str, secrets: Sequence[str], body: str, now: datetime
) -> dict[bytes | str, bytes | str]:
    """The headers by which a receiver knows that it is ours; with two secrets, either of them proves it."""
    return {
        "webhook-id": post_id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Signer(secret).sign(post_id, now, body) for secret in secrets),
    }


class Poster:
    """Sends posts, one connection for each. May be used by several threads."""

    def __init__(
        self,
        allowed: Sequence[address.Network] = (),
        *,
        connect_seconds: float = CONNECT_SECONDS,
        seconds: float = SECONDS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._connect_seconds, self._seconds = connect_seconds, seconds
        self._backend = _Looked(allowed, seconds)
        self._tls = tls or ssl.create_default_context()

    def send(self, post: Post, *, now: datetime) -> Outcome:
        """Try once; never raises."""
        try:
            return self._send(post, now)
        except NotReachable:
            return Outcome("later", "address-not-allowed")
        except address.WrongAddress:
            return Outcome("later", "wrong-address")
        except (httpcore.ConnectError, httpcore.ConnectTimeout):
            return Outcome("later", "connect-failed")
        except httpcore.TimeoutException:
            return Outcome("later", "timeout")
        except (httpcore.NetworkError, httpcore.ProtocolError):
            return Outcome("later", "lost")
        except Exception as fault:
            log.error("post %s: %s while sending", post.id, type(fault).__name__)
            return Outcome("later", "fault")

    def _send(self, post: Post, now: datetime) -> Outcome:
        headers: dict[bytes | str, bytes | str] = {
            "Content-Type": TYPE,
            "User-Agent": "TrackMyCrime",
            "Connection": "close",
            **signatures(str(post.return_id), post.secrets, post.body, now),
        }
        timeouts = {"connect": self._connect_seconds, "read": self._seconds, "write": self._seconds}
        with (
            httpcore.ConnectionPool(self._tls, network_backend=self._backend, retries=0) as pool,
            pool.stream(
                "POST",
                address.read(post.url).url,
                headers=headers,
                content=post.body.encode(),
                extensions={"timeout": timeouts},
            ) as answer,
        ):
            return _outcome(answer.status, dict(answer.headers))


def _outcome(status: int, headers: dict[bytes, bytes]) -> Outcome:
    if 200 <= status < 300:
        return Outcome("accepted", str(status))
    if status == 410:
        return Outcome("gone", "410")
    wished = {name.lower(): value for name, value in headers.items()}.get(b"retry-after", b"")
    seconds = min(int(wished), 10**6) if wished.isdigit() and len(wished) < 10 else 0
    return Outcome("later", str(status), timedelta(seconds=seconds) if seconds else None)
