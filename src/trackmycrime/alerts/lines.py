"""The newest alerts of victims, for their case's page: how each went and where it stands (`lives` has all of it)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count

from trackmycrime.delivery.api import Standing, standing

from .models import Alert


@dataclass(frozen=True)
class Line:
    """One alert with its letters, oldest first."""

    id: UUID
    victim_id: UUID
    about: str
    channel: str
    state: str
    reason: str
    decided_at: datetime
    due_at: datetime
    finished_at: datetime | None
    letters: tuple[Standing, ...]


def lines_for(victim_ids: Sequence[UUID], *, limit: int = 100) -> list[Line]:
    """The newest alerts of these victims, newest first. Two statements; sees what the caller's door may see."""
    alerts = list(Alert.objects.filter(victim_id__in=victim_ids).order_by("-decided_at", "-id")[:limit])
    letters: dict[UUID, list[Standing]] = {}
    for each in standing([alert.id for alert in alerts]):
        letters.setdefault(each.owner_id, []).append(each)
    return [
        Line(
            alert.id,
            alert.victim_id,
            alert.about,
            alert.channel,
            alert.state,
            alert.reason,
            alert.decided_at,
            alert.due_at,
            alert.finished_at,
            tuple(letters.get(alert.id, ())),
        )
        for alert in alerts
    ]


def waiting_for_a_channel(force: int) -> dict[str, int]:
    """How many alerts of a force wait because their channel is not set up, by channel."""
    found = Alert.objects.filter(force_id=force, state="not_set_up").values_list("channel")
    return dict(found.annotate(n=Count("id")).order_by("channel"))
