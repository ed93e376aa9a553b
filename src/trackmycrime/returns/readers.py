"""Which sources may read returns: none, until an administrator lets one. They hold what victims write."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from trackmycrime.audit import api as audit
from trackmycrime.feed.models import Source
from trackmycrime.forces.models import Force

from .models import Numbering, Reader


@dataclass(frozen=True)
class Listed:
    """A source that reads, or once read, as an administrator sees it."""

    force: str
    source: str
    allowed: bool
    cursor: int
    waiting: int
    """Returns that it has not acknowledged"""
    acknowledged_at: datetime | None


@transaction.atomic
def allow(source: Source, *, now: datetime) -> bool:
    """Let a source read the returns of its force, from where it was; False where it could before."""
    return _set(source, True, now)


@transaction.atomic
def refuse(source: Source, *, now: datetime) -> bool:
    """Hand no returns to this source any more; False where it could not before."""
    return _set(source, False, now)


def _set(source: Source, allowed: bool, now: datetime) -> bool:
    reader = Reader.objects.select_for_update().filter(source=source).first()
    if (reader.allowed if reader else False) == allowed:
        return False
    if reader is None:
        reader = Reader(source=source, force_id=source.force_id)
    reader.allowed = allowed
    reader.save()
    act = audit.Act("returns.allowed" if allowed else "returns.refused", "source", str(source.id))
    audit.record(audit.SYSTEM, [act], force=source.force_id, now=now)
    return True


def listing(force: Force | None) -> list[Listed]:
    """The readers of this force, or of all."""
    last = dict(Numbering.objects.values_list("force_id", "last"))
    found = Reader.objects.select_related("source__force").order_by("source__force__slug", "source__name")
    return [
        Listed(
            force=one.source.force.slug,
            source=one.source.name,
            allowed=one.allowed,
            cursor=one.cursor,
            waiting=last.get(one.force_id, 0) - one.cursor,
            acknowledged_at=one.acknowledged_at,
        )
        for one in (found if force is None else found.filter(force=force))
    ]
