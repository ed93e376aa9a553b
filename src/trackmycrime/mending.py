"""What follows when an administrator works on the quarantine: `pipeline`'s second page, for what is taken late.

The commands call `replay`, `mend` and `drop` in their own transaction, bound to one force; the desk asks for them
(`feed.handling`), and the worker calls `PASSES`.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction

from trackmycrime.audit.api import Act, Actor, record
from trackmycrime.feed import handling, quarantine
from trackmycrime.feed.accept import Result
from trackmycrime.feed.models import Handling
from trackmycrime.feed.reasons import WIPES
from trackmycrime.kernel.locks import force_lock
from trackmycrime.pipeline import take_events
from trackmycrime.tasks import api as tasks

log = logging.getLogger(__name__)


def replay(force_id: int, rows: Sequence[UUID], *, by: Actor, now: datetime) -> Counter[str]:
    """Judge quarantined events once more, and take those that can be now as a delivery; counts what became of them."""
    force_lock(force_id)
    found, unkept = quarantine.judged_again(force_id, rows, now=now)
    fates, acts = Counter[str](), []
    for source, several in found.items():
        results = take_events(
            source, [one.judged for one in several], now=now, again=[one.row for one in several]
        )
        for one, result in zip(several, results, strict=True):
            fates[result.status] += 1
            if (now_is := result.problem.type if result.problem else result.status) != one.problem:
                acts.append(Act("event.replayed", "event", str(one.row), {"was": one.problem, "is": now_is}))
    record(by, acts, force=force_id, now=now)
    return fates + Counter(unkept=unkept, gone=len(rows) - unkept - fates.total())


def mend(force_id: int, row: UUID, patch: dict[str, Any], *, by: Actor, now: datetime) -> Result:
    """Take a quarantined event as an administrator has corrected it: the mended event comes in as a delivery does.

    All of it or nothing. Raises quarantine.NotThere, quarantine.StillWrong.
    """
    with transaction.atomic():
        force_lock(force_id)
        source, event, was = quarantine.corrected(force_id, row, patch, now=now)
        quarantine.put_away(force_id, row, quarantine.MENDED)
        (result,) = take_events(source, [event], now=now)
        if result.problem and result.problem.type != "waiting-for-crime":
            raise quarantine.StillWrong(result.problem)
        detail = {"was": was, "is": result.status, "fields": sorted(patch)}
        record(by, [Act("event.mended", "event", str(row), detail)], force=force_id, now=now)
    return result


def drop(force_id: int, row: UUID, reason: str, *, by: Actor, now: datetime) -> None:
    """Take an event out of the quarantine for good, for a reason of `reasons.DROPS`. Raises NotThere."""
    force_lock(force_id)
    was = quarantine.put_away(force_id, row, quarantine.DROPPED, wipe=reason == WIPES)
    detail = {"was": was["type"], "why": reason}
    record(by, [Act("event.dropped", "event", str(row), detail)], force=force_id, now=now)


def _handle(now: datetime) -> int:
    """What administrators asked at the desk to be done with quarantined events; a replay of all goes on by batches."""
    one = handling.next_asked()
    if one is None:
        return 0
    over = True
    try:
        with transaction.atomic():
            over = _do(one, now)
    except quarantine.NotThere:
        one.outcome = {"gone": 1}
    except quarantine.StillWrong as why:
        one.outcome = {why.problem.type: 1}
    except (OperationalError, InterfaceError):
        raise  # it passes; the row is still there
    except Exception as fault:
        # one that can never be done must not stand before all others
        log.error("what was asked of the quarantine failed: %s", type(fault).__name__)
        one.outcome = {"failed": 1}
    if over:
        one.done_at, one.patch = now, None  # what it said stands in the event now, or is not wanted
    one.save(update_fields=["after", "done_at", "outcome", "patch"])
    return 1


def _do(one: Handling, now: datetime) -> bool:
    """Do what was asked, or the next batch of it; says whether that was all."""
    force, by = one.force_id, Actor("officer", str(one.asked_by))
    if one.event_id is None:
        wanted = quarantine.Wanted(**one.wanted)
        rows = quarantine.some(force, wanted, now=now, after=one.after)
        one.outcome = dict(Counter(one.outcome) + replay(force, rows, by=by, now=now))
        one.after = max(rows, default=None)
        return not rows
    if one.act == handling.DROP:
        drop(force, one.event_id, one.reason, by=by, now=now)
    elif one.act == handling.MEND:
        one.outcome = {mend(force, one.event_id, one.patch, by=by, now=now).status: 1}
    else:
        one.outcome = dict(replay(force, [one.event_id], by=by, now=now))
    return True


def _report(now: datetime) -> int:
    """Administrators have a task while something of a source has waited in quarantine for more than a day."""
    late: dict[int, list[tasks.Need]] = {}
    for force_id, source in quarantine.waiting_long(now):
        late.setdefault(force_id, []).append(tasks.Need("feed_waits", str(source)))
    tasks.needless_but("feed_waits", [need.once for needs in late.values() for need in needs], now=now)
    return sum(tasks.open_tasks(force, needs, now=now) for force, needs in late.items())


PASSES: tuple[tuple[str, Callable[[datetime], int]], ...] = (
    (handling.BELL, _handle),
    ("quarantine-waits", _report),
)
"""Like `rounds.PASSES`."""
