"""A force with a records system that reads returns, and victims who do things. People here do not exist."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from tests.gateway.sending import Sender, sender
from tests.messages.making import NOW, Made, force, whole
from trackmycrime import rounds
from trackmycrime.kernel.ids import new_id
from trackmycrime.returns import api, readers
from trackmycrime.returns.api import News

PULL = "/api/feed/v1/returns"
ACK = f"{PULL}/ack"


@dataclass
class World:
    """A source of a force, and a victim of a crime that they both know."""

    sender: Sender
    made: Made

    def pull(self, query: str = "") -> Any:
        return self.sender.get(PULL + query)

    def page(self, query: str = "") -> dict[str, Any]:
        """A page that is given."""
        response = self.pull(query)
        assert response.status_code == 200, response.content
        page: dict[str, Any] = response.json()
        return page

    def ack(self, body: Any, content_type: str = "application/json") -> Any:
        headers = {"Authorization": f"Bearer {self.sender.token}"}
        return self.sender.client.post(ACK, body, content_type=content_type, headers=headers)

    def happened(self, *texts: str, number: bool = True, now: datetime = NOW) -> list[UUID]:
        """As if a victim had written these messages, and the worker had taken them on."""
        ids = [new_id() for _ in texts]
        news = [
            News(
                "message.received", id_, self.made.victim.id, now + timedelta(microseconds=n),
                {"message": str(id_), "text": text},
            )
            for n, (id_, text) in enumerate(zip(ids, texts, strict=True))
        ]  # fmt: skip
        with transaction.atomic():
            api.add(news, now=now)
        if number:
            with transaction.atomic():
                api.number(now)
        return ids


def world(slug: str = "avon-and-somerset", name: str = "Niche", *, allowed: bool = True) -> World:
    """A force, its source (which may read, unless said otherwise), and a victim with an open case."""
    of = force(slug)
    made = World(sender(name=name, force=of), whole(of, f"52/{slug}"))
    if allowed:
        readers.allow(made.sender.source, now=NOW)
    return made


def go_round(now: datetime = NOW) -> int:
    """Everything that a worker's rounds do, once."""
    done = 0
    for _name, do in rounds.PASSES:
        with transaction.atomic():
            done += do(now)
    return done
