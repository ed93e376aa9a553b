"""A small real HTTP server that speaks the feed's contract, and can be told to misbehave first."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.support.http_server import http_server
from trackmycrime.feed.contract import BodyProblem, Refusal, judge, read_body

TOKEN = "tmc_test_token"

Fault = Callable[["Handler"], None]


@dataclass
class Double:
    """What the server holds and did. `faults` are used up, one per delivery, before it behaves;
    a delivery that holds `unreadable` cannot be read, at one that holds `failing` it fails itself."""

    url: str = ""
    force: str = "kent"
    seen: dict[str, bytes] = field(default_factory=dict)
    newest: dict[Any, int] = field(default_factory=dict)
    crimes: set[str] = field(default_factory=set)
    deliveries: list[int] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    order: list[tuple[str, str]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    unreadable: bytes = b""
    failing: bytes = b""
    after: Callable[[Double], None] = lambda _: None
    connections: set[Any] = field(default_factory=set)

    def take(self, value: Any, line: Any) -> dict[str, Any]:
        """What the contract answers for one event."""
        verdict = judge(line, now=datetime.now(UTC), allowed_types=None, digest_key=b"double")
        if isinstance(verdict, Refusal):
            return self._told(verdict.id, "quarantined", verdict.problem.as_dict())
        if verdict.id in self.seen:
            if self.seen[verdict.id] == verdict.digest:
                return self._told(verdict.id, "duplicate")
            return self._told(verdict.id, "quarantined", {"type": "id-reused"})
        self.seen[verdict.id] = verdict.digest
        self.order.append((verdict.type, verdict.subject))
        if verdict.type == "crime.changed":
            self.crimes.add(verdict.subject)
        elif verdict.type in ("victim.changed", "update.published") and verdict.subject not in self.crimes:
            return self._told(verdict.id, "quarantined", {"type": "waiting-for-crime"})
        if self.newest.get(verdict.entity, -1) > verdict.sequence:
            return self._told(verdict.id, "superseded")
        self.newest[verdict.entity] = verdict.sequence
        return self._told(verdict.id, "applied")

    def _told(self, id_: str | None, status: str, problem: dict[str, Any] | None = None) -> dict[str, Any]:
        self.statuses[status] += 1
        return {"id": id_, "status": status} | ({"problem": problem} if problem else {})


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    double: Double

    def do_GET(self) -> None:
        """whoami."""
        if self._known():
            self.answer(
                200, {"force": self.double.force, "source": "Niche", "scopes": [], "live_from": "always"}
            )

    def do_POST(self) -> None:
        """events."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.double.connections.add(self.client_address)
        if not self._known():
            return
        if self.double.faults:
            self.double.faults.pop(0)(self)
            return
        if self.double.unreadable and self.double.unreadable in gzip.decompress(body):
            self.answer(422, {"type": "not-a-batch", "detail": "It cannot be read."})
            return
        if self.double.failing and self.double.failing in gzip.decompress(body):
            self.answer(500, {"type": "internal-error", "detail": "It is our fault."})
            return
        try:
            lines = read_body(self.headers["Content-Type"], self.headers.get("Content-Encoding"), body)
        except BodyProblem as problem:
            self.answer(
                problem.status, {"type": problem.type, "title": problem.title, "detail": problem.detail}
            )
            return
        self.double.deliveries.append(len(lines))
        results = [self.double.take(line.value, line) for line in lines]
        self.double.after(self.double)
        self.answer(200, {"results": results})

    def answer(self, code: int, content: Any, **headers: str) -> None:
        """Send an answer; `headers` with underscores for hyphens."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def drop(self) -> None:
        """Close the connection without an answer."""
        self.close_connection = True
        self.connection.close()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _known(self) -> bool:
        if self.headers.get("Authorization") == f"Bearer {TOKEN}":
            return True
        self.answer(401, {"type": "wrong-token", "title": "Wrong", "detail": "The token was revoked."})
        return False


@contextmanager
def running(force: str = "kent") -> Iterator[Double]:
    """A server for the length of the block."""
    double = Double(force=force)
    handler = type("Bound", (Handler,), {"double": double})
    with http_server(handler) as port:
        double.url = f"http://127.0.0.1:{port}"
        yield double
