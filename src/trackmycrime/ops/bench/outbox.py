"""What a measurement of the letters must do inside; tasks of ``bench.inside``."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from trackmycrime.ops.bench import events
from trackmycrime.ops.bench.report import median

_PILE = """
insert into delivery_dispatch (id, force_id, purpose, owner_id, channel, address, address_hash, subject, body, language,
  words, state, reason, tries, created_at, next_try_at, give_up_at, finished_at, provider_id, disguised)
select gen_random_uuid(), f.id, 'alert', gen_random_uuid(), 'email', a.address, a.address_hash, a.subject, a.body, 'en',
  a.words, %s, '', 1, now() - interval '1 day', case when %s = 'prepared' then now() - interval '1 hour' end, now(),
  case when %s <> 'prepared' then now() end, '', false
from generate_series(1, %s) n
  join lateral (select id from forces_force order by id offset n %% 2 limit 1) f on true
  cross join (select * from delivery_dispatch where subject is not null limit 1) a
"""


def hold(channel: str, force: int | None = None) -> None:
    """As the owner: nothing goes out by that channel."""
    from trackmycrime.audit.api import SYSTEM
    from trackmycrime.delivery import switches
    from trackmycrime.kernel.clock import utc_now

    switches.hold(channel, force=force, reason="exercise", by=SYSTEM, now=utc_now())


def release(channel: str) -> str:
    """As the owner: what was held goes out; the moment of the commit."""
    from trackmycrime.audit.api import SYSTEM
    from trackmycrime.delivery import switches
    from trackmycrime.kernel.clock import utc_now

    switches.release(channel, force=None, by=SYSTEM, now=utc_now())
    return utc_now().isoformat()


def choose(channel: str, first: int, count: int) -> int:
    """As the owner: these victims have chosen that channel, as they do on their settings page."""
    from trackmycrime.people.models import Victim

    names = [events.person(number) for number in range(first, first + count)]
    return Victim.objects.filter(person__in=names).update(chosen_channel=channel)


def tell(force: int, first: int, count: int) -> int:
    """With the gateway's login: an update to each victim of these crimes who has joined, and so an alert to each."""
    from trackmycrime.ops.bench.inside import take

    now = datetime.now(UTC)
    numbers = [number for number in range(first, first + count) if events.joins(number)]
    return take(force, (events.written(events.reference(number), 6_000_001, now) for number in numbers))


def workers() -> int:
    """As the owner: how many workers live."""
    from trackmycrime.delivery.api import living_workers

    return len(living_workers())


def outcome(since: str) -> dict[str, Any]:
    """As the owner: what became of the letters that were written down since then."""
    from trackmycrime.kernel import setwise

    (row,) = setwise.fetch(
        "select count(*) filter (where state = 'accepted') as accepted, count(*) as ended,"
        " extract(epoch from max(finished_at) - %s::timestamptz)::float8 as seconds"
        " from delivery_dispatch where finished_at >= %s::timestamptz",
        [since, since],
    )
    (tries,) = setwise.fetch(
        "select count(*) as tries, count(*) filter (where how = 'again') as again,"
        " count(distinct dispatch_id) as letters from delivery_attempt where at >= %s::timestamptz",
        [since],
    )
    return {**row, **tries}


def pile(count: int, state: str) -> None:
    """As the owner: so many more letters in that state, copies of one, as after a year."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(_PILE, [state, state, state, count])
        cursor.execute("vacuum analyze delivery_dispatch")


def claim(most: int, times: int) -> dict[str, Any]:
    """As the owner, for the plan: what it takes to claim so many letters, in milliseconds, and how PostgreSQL does it.

    What was claimed is let go again.
    """
    from django.db import transaction

    from trackmycrime.delivery import work
    from trackmycrime.kernel.clock import utc_now
    from trackmycrime.kernel.ids import new_id

    by = work.Holder(new_id(), "email")
    millis, found = [], 0
    for _ in range(times):
        with transaction.atomic():
            began = time.perf_counter()
            found = len(work.due(by, most, utc_now()))
            millis.append((time.perf_counter() - began) * 1000)
            transaction.set_rollback(True)
    with transaction.atomic():
        said = work.due(by, most, utc_now(), explain="explain (analyze, costs off, timing off) ")
        plan = [line for row in said for line in row.values()]
        transaction.set_rollback(True)
    return {"found": found, "millis": median(millis), "plan": plan}
