"""Every delivery or question that was refused is on record, and a flood of them cannot fill the record.

What was sent is in nothing here: the audit holds the source, the type of the problem, and how many there were.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from trackmycrime.audit import api as audit
from trackmycrime.kernel import crypto, limits
from trackmycrime.kernel.scope import bound

EACH = 50
"""So many refusals of one kind in an hour are recorded one by one; after that the 100th, 200th, 400th and so on."""
_HOUR = timedelta(hours=1)


def note(problem: str, status: int, *, source: UUID | None, force: int | None, now: datetime) -> None:
    """Record that something was refused with this type of problem; `source` None: who asked is not known."""
    limit = limits.Limit(f"refused:{problem}", EACH, _HOUR)
    with bound(force=force):
        number = limits.count(limit, str(source or ""), now=now)
        if number <= EACH or _doubled(number):
            detail = {"problem": problem, "status": status, "number": number}
            actor = audit.Actor("source", str(source)) if source else audit.SYSTEM
            audit.record(
                actor, [audit.Act("feed.refused", "source", str(source or ""), detail)], force=force, now=now
            )


def ended(token: str) -> tuple[UUID, int] | None:
    """The source and force whose token this once was, when it was revoked or has run out; None for an unknown one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select source_id, force_id from feed_source_ended(%s)", [crypto.blind("source token", token)]
        )
        row = cursor.fetchone()
    return None if row is None else (row[0], row[1])


def _doubled(number: int) -> bool:
    """Whether this is `EACH` times a power of two."""
    times, rest = divmod(number, EACH)
    return rest == 0 and times & (times - 1) == 0
