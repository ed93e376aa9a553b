"""A return is made, in the transaction that carries on what it is about. Its number comes after that commit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from trackmycrime.kernel import bell, crypto, setwise
from trackmycrime.kernel.ids import new_id

from .vocabulary import TYPES

BELL = "returns"
"""What is rung when there are rows to number (`rounds.PASSES`)."""

_WHO = """
select v.id, v.force_id, v.person, c.reference from people_victim v
join cases_crime c on c.id = v.crime_id and c.force_id = v.force_id where v.id = any(%s)
"""
_COLUMNS = ("id", "force_id", "type", "origin", "subject", "person", "data", "happened_at", "created_at")


@dataclass(frozen=True, repr=False)
class News:
    """Something that the records system should know of one victim. `origin` is the row that it is about."""

    type: str
    origin: UUID
    victim_id: UUID
    happened_at: datetime
    data: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<{self.type} {self.origin}>"


def add(news: Sequence[News], *, now: datetime) -> int:
    """Make these returns, each once however often it is told; says how many are new. Two statements and a ring.

    ``data`` gets the records system's id of the victim as ``victim``; the subject is the reference of the crime.
    """
    assert all(item.type in TYPES for item in news)
    if not news:
        return 0
    who = {row["id"]: row for row in setwise.fetch(_WHO, [[item.victim_id for item in news]])}
    rows = []
    for item in news:
        victim, id_ = who[item.victim_id], new_id()
        data = {"victim": victim["person"], **item.data}
        rows.append(
            {
                "id": id_,
                "force_id": victim["force_id"],
                "type": item.type,
                "origin": item.origin,
                "subject": victim["reference"],
                "person": victim["person"],
                "data": crypto.seal_json("returns_return.data", id_, data),
                "happened_at": item.happened_at,
                "created_at": now,
            }
        )
    made = setwise.insert(
        "returns_return", _COLUMNS, rows, conflict="on conflict (type, origin) do nothing", returning="id"
    )
    bell.ring(BELL)
    return len(made)
