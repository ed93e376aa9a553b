"""What a records system has to tell in a fault test: of each kind something, mixed, and out of order."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.support.events import crime, event, update, victim


def story(first: int, crimes: int, moment: datetime, seed: int) -> list[dict[str, Any]]:
    """The events of so many crimes, numbered from `first`: late, twice and out of order, some never applied.

    Each crime has a victim with an address of their own, and ends as it would in order.
    """
    told: list[dict[str, Any]] = [
        event(
            "officer.changed",
            "DC1",
            1 + first,
            {"name": "Amara Okafor", "rank": "DC"},
            id=f"o{first}",
            time=moment,
        )
    ]
    day = moment.date().isoformat()
    for n in range(first, first + crimes):
        subject = f"52/{n}"
        told += [
            crime(subject, 1, reported_at=day, time=moment),
            victim(subject, 1, f"P{n}", mobile=None, time=moment),
            crime(subject, 5, reported_at=day, stage="investigating", officer="DC1", time=moment),
            update(subject, 6, "U1", "note", text={"en": "first words"}, time=moment),
            update(subject, 7, "U1", "note", text={"en": "better words"}, time=moment),
        ]
        if n % 3 == 0:
            told.append(
                update(subject, 8, "U2", "verdict", text={"en": "a verdict"}, victims=[f"P{n}"], time=moment)
            )
        if n % 5 == 0:
            told.append(
                event("update.withdrawn", subject, 9, {"update": "U1", "reason": "safety"}, time=moment)
            )
        if n % 7 == 0:  # nobody's crime, and a field that is not of the contract
            told.append(update(f"53/{n}", 1, "U", "note", text={"en": "x"}, time=moment))
            told.append(crime(f"54/{n}", 1, colour="red", time=moment))
    chance = random.Random(seed)
    told += chance.sample(told, len(told) // 6)
    chance.shuffle(told)
    return told


def write(path: Path, events: Sequence[dict[str, Any]]) -> Path:
    """The events as a file for `feed push`."""
    path.write_text("".join(json.dumps(one) + "\n" for one in events), encoding="utf-8")
    return path
