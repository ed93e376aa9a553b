"""What the desk asks to be done with quarantined events.

The desk's login cannot write what the police say, so it leaves a row and rings; a worker does it and writes down what
came of it.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from trackmycrime.kernel import bell

from .models import Handling
from .quarantine import Wanted
from .reasons import DROPS

BELL = "quarantine"

MEND, REPLAY, DROP = "mend", "replay", "drop"


def ask(
    force: int,
    act: str,
    *,
    by: UUID,
    now: datetime,
    event: UUID | None = None,
    patch: dict[str, Any] | None = None,
    reason: str = "",
    wanted: Wanted | None = None,
) -> UUID:
    """Ask for one act on one event, or for a replay of all that are `wanted`. Raises ValueError for anything else."""
    if (act == MEND) != (patch is not None) or (act == DROP) != (reason in DROPS):
        raise ValueError("a mend has a patch, a drop has a reason")
    if (event is None) != (wanted is not None and act == REPLAY):
        raise ValueError("an act is on one event; only a replay is on all that are wanted")
    row = Handling.objects.create(
        force_id=force, act=act, event_id=event, patch=patch, reason=reason, asked_by=by, asked_at=now,
        wanted=wanted.as_dict() if wanted else {},
    )  # fmt: skip
    bell.ring(BELL)
    return row.id


def next_asked() -> Handling | None:
    """The oldest that is not done, locked until the transaction ends; one that another worker has is passed over."""
    undone = Handling.objects.select_for_update(skip_locked=True).filter(done_at=None)
    return undone.order_by("asked_at", "id").first()


def latest(force: int, event: UUID | None) -> Handling | None:
    """What was last asked about this event, or last about all."""
    return Handling.objects.filter(force_id=force, event_id=event).order_by("-asked_at", "-id").first()
