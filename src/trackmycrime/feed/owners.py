"""Handing entities over from one source of a force to another, as when a force changes its records system."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from trackmycrime.audit import api as audit
from trackmycrime.cases.models import Crime
from trackmycrime.kernel.locks import force_lock

from .contract import ENTITY_KINDS, subject_key
from .contract.envelope import MOST_SEQUENCE
from .models import Event, Source
from .sources import CannotDo


@transaction.atomic
def hand_over(
    giver: Source, taker: Source, *, now: datetime, subject: str = "", kind: str = ""
) -> tuple[int, int]:
    """Let `taker` speak of what `giver` has spoken of: all of it, one kind of entity, or all about one subject.

    The taker may count from 0 again: whatever it says sorts after all that was said before. Returns how many entities
    there were, and how many events of the taker wait in quarantine because it was not allowed to speak of something:
    they can be replayed. Raises CannotDo.
    """
    if giver.force_id != taker.force_id or giver.id == taker.id:
        raise CannotDo("entities go from one source of a force to another one of it")
    if taker.revoked_at is not None:
        raise CannotDo(f"the source «{taker.name}» is revoked; nothing more comes from it")
    force_lock(giver.force_id)
    for source in (giver, taker):
        source.refresh_from_db()
        if source.shadow:
            raise CannotDo(f"«{source.name}» is in shadow; take it out first: source shadow … off")
    condition, values = _which(subject, kind)
    sql = (
        "update feed_entity set source_id = %s, base = least(sequence, %s) + 1"  # noqa: S608 the condition is ours
        f" where force_id = %s and source_id = %s and {condition}"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [taker.id, MOST_SEQUENCE - 1, giver.force_id, giver.id, *values])
        count = int(cursor.rowcount)
    if count:
        detail: dict[str, Any] = {"to": str(taker.id), "entities": count}
        if kind:
            detail["kind"] = kind
        if subject:
            crime = Crime.objects.filter(force_id=giver.force_id, reference_key=subject_key(subject)).first()
            detail["crime"] = str(crime.id) if crime else ""
        act = audit.Act("source.handed_over", "source", str(giver.id), detail)
        audit.record(audit.SYSTEM, [act], force=giver.force_id, now=now)
    waiting = Event.objects.filter(
        force_id=giver.force_id, source=taker, status="quarantined", problem__type="not-allowed"
    )
    return count, waiting.count()


def _which(subject: str, kind: str) -> tuple[str, list[Any]]:
    """A condition over ``entity``, which is ``kind:subject:id``."""
    if kind:
        return "starts_with(entity, %s)", [f"{kind}:"]
    if not subject:
        return "true", []
    key = subject_key(subject)
    whole = [f"{each}:{key}:" for each in ENTITY_KINDS]
    within = [name for name in whole if not name.startswith(("officer:", "unit:"))]
    return (
        "(entity = any(%s) or exists (select from unnest(%s::text[]) w (start) where starts_with(entity, w.start)))",
        [whole, within],
    )
