"""A records system in tests: a source with its token, and a client of the gateway that sends with it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from tests.support.doors import DoorClient, door_client
from tests.support.events import START, make_force
from trackmycrime.feed import sources
from trackmycrime.feed.contract import BATCH
from trackmycrime.feed.models import Source
from trackmycrime.forces.models import Force

EVENTS = "/api/feed/v1/events"
WHOAMI = "/api/feed/v1/whoami"


@dataclass
class Sender:
    """One source, its token, and the door as it meets it."""

    force: Force
    source: Source
    token: str
    client: DoorClient

    def post(self, body: Any, content_type: str = BATCH, query: str = "", **headers: str) -> Any:
        """Send a body: bytes as they are, anything else as JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self.token}", **headers}
        return self.client.generic("POST", EVENTS + query, raw, content_type=content_type, headers=headers)

    def send(self, *events: Any) -> list[dict[str, Any]]:
        """Send a batch that is taken; its results."""
        response = self.post(list(events))
        assert response.status_code == 200, response.content
        results: list[dict[str, Any]] = response.json()["results"]
        return results

    def get(self, path: str = WHOAMI, **headers: str) -> Any:
        return self.client.get(path, headers={"Authorization": f"Bearer {self.token}", **headers})


def sender(
    slug: str = "avon-and-somerset",
    name: str = "Niche",
    types: tuple[str, ...] = (),
    force: Force | None = None,
) -> Sender:
    """A new source, of a new force unless one is given; everything that it sends is live."""
    force = force or make_force(slug)
    source, token = sources.add(force, name, live_from=None, types=types, now=START)
    return Sender(force, source, token, door_client("gateway"))


def is_problem(response: Any, status: int, said: str = "") -> dict[str, Any]:
    """The problem of an answer, which must be one, with this status and these words in it."""
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["status"] == status
    assert {"type", "title", "detail"} <= problem.keys()
    assert said in problem["detail"]
    return problem
