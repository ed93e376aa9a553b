"""Ends that come from outside a letter's own way: the victim has looked, the case is closed; and what sweeps mend."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from trackmycrime.delivery import api as delivery
from trackmycrime.delivery.api import Finished, OnFinished
from trackmycrime.kernel import setwise

from .looking import finished
from .reading import OVER
from .rules import MACHINE

OVERDUE = timedelta(minutes=2)
"""An alert whose letter ended without the alert hearing of it is looked at this long after it was due."""


def seen(case_id: UUID, *, now: datetime) -> int:
    """The signed-in account has looked at this case (portal, in a transaction bound to it): what its own victims were
    told about it is opened, and what has not gone out need not. Says how many alerts that were.

    But that an address is another now is still told to the route that it was to be told to: whoever changed it may be
    looking. One statement, and no write where there is nothing new.
    """
    rows = setwise.fetch("select alerts_seen(%s, %s) as changed", [case_id, now])
    return int(rows[0]["changed"])


def cancel_for_crimes(force: int, crime_ids: Sequence[UUID], reason: str, *, now: datetime) -> int:
    """Nothing more goes out about these crimes (withheld, or not eligible any more). Says how many alerts that were.

    What they told of counts as not told. A letter that is being sent at this moment is not stopped.
    """
    rows = setwise.fetch(
        "select a.id from alerts_alert a where a.state <> all(%s) and a.victim_id = any(array("
        "select v.id from people_victim v where v.force_id = %s and v.crime_id = any(%s)))",
        [list(OVER), force, list(crime_ids)],
    )
    # the letters come first, as everywhere, and decide: one that is in flight will be sent, and its alert says so
    stopped = delivery.cancel([row["id"] for row in rows], reason, now=now)
    return _cancelled(list(stopped), reason, now)


def mend(now: datetime, *, most: int = 500, heard: OnFinished = finished) -> int:
    """Keep two promises, now and then: no alert waits whose letter has ended, and none hides that its channel has no
    provider. For the worker; returns how many alerts were changed. `heard` takes note of letters that have ended."""
    return _hear_of_the_ended(now, most, heard) + _say_what_is_not_set_up(now)


def _cancelled(ids: Sequence[UUID], reason: str, now: datetime) -> int:
    if not ids:
        return 0
    return len(
        setwise.fetch(
            "update alerts_alert set state = 'cancelled', reason = %s, finished_at = %s"
            " where id = any(%s) and state <> all(%s) returning id",
            [reason, now, list(ids), list(OVER)],
        )
    )


def _hear_of_the_ended(now: datetime, most: int, heard: OnFinished) -> int:
    rows = setwise.fetch(
        "select a.id as owner, d.id, d.force_id, d.purpose, d.channel, d.state, d.reason, d.address_hash"
        " from alerts_alert a"
        " join lateral (select * from delivery_dispatch x where x.owner_id = a.id"
        "   order by x.created_at desc, x.id desc limit 1) d on true"
        " where a.state in ('waiting', 'not_set_up') and a.due_at < %s"
        " and d.state in ('accepted', 'delivered', 'failed', 'cancelled') order by a.due_at limit %s",
        [now - OVERDUE, most],
    )
    ended = [
        Finished(
            row["id"],
            row["force_id"],
            row["purpose"],
            row["owner"],
            row["channel"],
            row["state"],
            row["reason"],
            bytes(row["address_hash"]),
        )
        for row in rows
        if row["state"] != "cancelled"
    ]
    heard(ended, now)
    for row in rows:
        if row["state"] == "cancelled":
            _cancelled([row["owner"]], row["reason"], now)
    return len(rows)


def _say_what_is_not_set_up(now: datetime) -> int:
    workers = delivery.living_workers()
    if not workers:
        return 0
    able = frozenset().union(*workers.values())
    changed = 0
    for channel in MACHINE:
        before, after = ("not_set_up", "waiting") if channel in able else ("waiting", "not_set_up")
        changed += len(
            setwise.fetch(
                "update alerts_alert set state = %s where state = %s and state in ('waiting', 'not_set_up')"
                " and channel = %s and due_at <= %s returning id",
                [after, before, channel, now],
            )
        )
    return changed
