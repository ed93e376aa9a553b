"""The verb of this room: `record`."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from trackmycrime.kernel import setwise


@dataclass(frozen=True)
class Actor:
    """Who acts: an ``officer``, a ``victim`` or somebody who was let in to a case, a ``helper`` (each by account id), a
    ``source`` of the feed, or the ``system``."""

    kind: str
    id: str = ""


SYSTEM = Actor("system")


@dataclass(frozen=True)
class Act:
    """One thing to write down. `detail` takes ids and vocabulary words only."""

    action: str
    object_kind: str = ""
    object_id: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


def record(actor: Actor, acts: Iterable[Act], *, force: int | None, now: datetime) -> None:
    """Write acts down, in the caller's transaction: the act and its record are there together or not at all."""
    rows = [
        {
            "action": act.action,
            "object_kind": act.object_kind,
            "object_id": str(act.object_id),
            "detail": act.detail,
        }
        for act in acts
    ]
    same = {"force_id": force, "at": now, "actor_kind": actor.kind, "actor_id": actor.id}
    setwise.insert("audit_record", ["action", "object_kind", "object_id", "detail"], rows, same=same)
