"""Made-up events in the shares that the bench promises, and the client that sends them."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx

FEED = "/api/feed/v1/events"
CATEGORIES = ("burglary", "bicycle-theft", "vehicle-crime", "shoplifting", "other-theft")
STAGES = ("investigating", "suspect_identified", "awaiting_charge_decision", "charged", "court", "closed")


@dataclass
class Traffic:
    """One records system of one force: what it says, in order, with ids and sequences of its own."""

    name: str
    at: datetime
    dice: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311 (made-up cases)
    known: list[str] = field(default_factory=list)
    sequence: int = 0

    def event(self, kind: str, subject: str, data: dict[str, Any]) -> dict[str, Any]:
        """One CloudEvent, the next of this records system."""
        self.sequence += 1
        return {
            "specversion": "1.0",
            "id": f"{self.name}-{self.sequence}",
            "source": "https://rms.example.org",
            "type": kind,
            "subject": subject,
            "time": (self.at + timedelta(milliseconds=self.sequence)).isoformat(),
            "sequence": str(self.sequence),
            "data": data,
        }

    def crime(self, reference: str, stage: str = "reported") -> dict[str, Any]:
        """A `crime.changed`; a closed one has an outcome."""
        data: dict[str, Any] = {
            "offence": {"code": "028/03", "name": "An offence", "category": self.dice.choice(CATEGORIES)},
            "reported_at": self.at.date().isoformat(),
            "place": "On or near Gloucester Road",
            "stage": stage,
            "officer": f"O{self.dice.randrange(200)}",
            "unit": "U1",
            "flags": [],
        }
        if stage == "closed":
            data["outcome"] = {"code": "18", "decided_on": self.at.date().isoformat()}
        return self.event("crime.changed", reference, data)

    def report(self) -> list[dict[str, Any]]:
        """A new crime and its victim."""
        number = len(self.known)
        reference = f"{self.name}/{number}"
        self.known.append(reference)
        person = {
            "victim": f"P{number}",
            "role": "victim",
            "name": "Rhian Example",
            "email": f"{self.name}.{number}@example.org",
            "mobile": f"07700 900{number % 1000:03}",
            "language": "en",
        }
        return [self.crime(reference), self.event("victim.changed", reference, person)]

    def update(self, reference: str) -> dict[str, Any]:
        """An officer's note of a few sentences."""
        said = (
            "We have asked the shops nearby for their camera footage. It usually takes about a week to come. "
            * 2
        )
        data = {
            "update": f"U{self.sequence}",
            "milestone": self.dice.choice(("note", "still_working", "suspect_arrested")),
            "happened_at": self.at.isoformat(),
            "text": {"en": said},
        }
        return self.event("update.published", reference, data)

    def mixed(self, size: int) -> list[dict[str, Any]]:
        """20 % new crimes with a victim each, 40 % changed states, 30 % updates, 5 % officers, 5 % withdrawn."""
        made: list[dict[str, Any]] = []
        while len(made) < size:
            dice = self.dice.random()
            if dice < 0.20:
                made += self.report()
            elif dice < 0.60:
                made.append(self.crime(self.dice.choice(self.known), self.dice.choice(STAGES)))
            elif dice < 0.90:
                made.append(self.update(self.dice.choice(self.known)))
            elif dice < 0.95:
                officer = f"O{self.dice.randrange(200)}"
                made.append(
                    self.event(
                        "officer.changed", officer, {"name": "Amara Okafor", "rank": "DC", "unit": "U1"}
                    )
                )
            else:
                reason = {"reason": self.dice.choice(("no_crime", "duplicate"))}
                made.append(self.event("crime.withdrawn", self.dice.choice(self.known), reason))
        return made[:size]


class Sender:
    """One kept connection to the gateway with one source's token."""

    def __init__(self, gateway: str, token: str) -> None:
        self._client = httpx.Client(timeout=120, trust_env=False)
        self._url = gateway + FEED
        self._headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/cloudevents-batch+json",
            "Host": urlsplit(gateway).netloc,
        }

    def send(self, body: bytes) -> dict[str, int]:
        """Send one delivery; how many events came to what."""
        answer = self._client.post(self._url, content=body, headers=self._headers)
        answer.raise_for_status()
        counts: dict[str, int] = {}
        for result in answer.json()["results"]:
            status = result["problem"]["type"] if "problem" in result else result["status"]
            counts[status] = counts.get(status, 0) + 1
        return counts


def body(events: list[dict[str, Any]]) -> bytes:
    """A delivery, ready to send."""
    return json.dumps(events).encode()
