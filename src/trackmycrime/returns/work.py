"""What a worker does with posts, in the database: make them, claim, write down, take over. Nothing here sends.

Order: of one crime, a return is posted to a webhook only when no earlier one waits or is being sent; crimes do not
wait for each other. What was claimed by a worker that is gone is claimed again: the receiver knows it by its id.
"""

import json
import logging
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from trackmycrime.audit import api as audit
from trackmycrime.kernel import bell, crypto, setwise
from trackmycrime.tasks import api as tasks

from . import retry
from .posting import Outcome, Post
from .reading import cloud_event

log = logging.getLogger(__name__)

BELL = "posts"
"""What is rung when there is something to post."""
MOST = 1000
"""Posts made for one webhook in one transaction"""
AT_ONCE = 2
"""How many a webhook is sent at the same time, so that one that hangs leaves senders to the others"""
LEASE = timedelta(minutes=2)
"""Longer than the slowest try; it matters only for a sender that hangs in a worker that lives."""
DEAD, GONE = "webhook_dead", "webhook_gone"
"""Kinds of task for administrators"""

_MAY = """
join feed_source s on s.id = w.source_id and s.revoked_at is null
join returns_reader a on a.source_id = w.source_id and a.allowed
"""
_BEHIND = f"""
select w.id, w.force_id, w.position, n.last from returns_webhook w {_MAY}
join returns_numbering n on n.force_id = w.force_id
where w.state = 'on' and w.position < n.last order by w.id for update of w
"""  # noqa: S608 (constants of ours)
_MAKE = """
insert into returns_post (id, force_id, webhook_id, return_id, number, subject, state, tries, next_try_at, answer)
select gen_random_uuid(), force_id, %s, id, number, subject, 'waiting', 0, %s, '' from returns_return
where force_id = %s and number > %s and number <= %s on conflict (webhook_id, number) do nothing returning id
"""
_DUE = f"""
select p.id from returns_webhook w {_MAY}
cross join lateral (
    select q.id, q.next_try_at, q.number from returns_post q
    where q.webhook_id = w.id and q.state = 'waiting' and q.next_try_at <= %s and not exists (
        select from returns_post e where e.webhook_id = q.webhook_id and e.subject = q.subject
          and e.number < q.number and e.state in ('waiting', 'sending'))
    order by q.next_try_at, q.number limit greatest(0, %s - (
        select count(*) from returns_post b where b.webhook_id = w.id and b.state = 'sending'))) p
where w.state = 'on' order by p.next_try_at, p.number limit %s
"""  # noqa: S608 (constants of ours)
# a claim by another worker in the same moment is waited for, and its row is then not «waiting» any more
_HOLD = """
update returns_post p set state = 'sending', tries = p.tries + 1, lease_by = %s, lease_until = %s,
  first_try_at = coalesce(p.first_try_at, %s)
from returns_webhook w, returns_return r, forces_force f
where p.id = any(%s) and p.state = 'waiting' and w.id = p.webhook_id and r.id = p.return_id and f.id = p.force_id
returning p.id, p.webhook_id, p.force_id, p.return_id, p.tries, p.first_try_at, w.url, w.secret, w.old_secret,
  w.old_until, r.number, r.type, r.subject, r.data, r.happened_at, f.slug
"""
_WRITE = """
update returns_post p set state = n.state, answer = n.answer, next_try_at = coalesce(n.at, p.next_try_at),
  lease_until = null, finished_at = case when n.state in ('done', 'dead') then %s end
from unnest(%s::uuid[], %s::int[], %s::text[], %s::text[], %s::timestamptz[]) as n (id, tries, state, answer, at)
where p.id = n.id and p.tries = n.tries and p.state in ('sending', 'waiting') returning p.id, p.state, p.webhook_id
"""


@dataclass(frozen=True)
class Tried:
    """One try of one post, as the sender saw it."""

    post: Post
    outcome: Outcome


def spread(now: datetime) -> int:
    """Make a post of each numbered return for each webhook that may have it; says how many. In the worker's round."""
    made = 0
    for hook in setwise.fetch(_BEHIND):
        up_to = min(hook["last"], hook["position"] + MOST)
        made += len(setwise.fetch(_MAKE, [hook["id"], now, hook["force_id"], hook["position"], up_to]))
        setwise.fetch(
            "update returns_webhook set position = %s where id = %s returning id", [up_to, hook["id"]]
        )
    if made:
        bell.ring(BELL)
    return made


def turn(tried: Sequence[Tried], worker: UUID, *, most: int, now: datetime) -> list[Post]:
    """Write down what became of these, then claim up to `most`, all in one transaction."""
    with transaction.atomic():
        _write_down(tried, now)
        return _claim(worker, most, now) if most else []


def sweep(living: Collection[UUID], *, now: datetime, most: int = 500) -> int:
    """Take back what is held by workers that are gone, or by any for longer than a lease: it is sent again."""
    rows = setwise.fetch(
        "update returns_post set state = 'waiting', next_try_at = %s, lease_until = null, answer = 'worker lost'"
        " where id = any(array(select id from returns_post where state = 'sending'"
        "   and (lease_until < %s or not lease_by = any(%s::uuid[]))"
        "   order by lease_until limit %s for update skip locked)) returning id",
        [now, now, list(living), most],
    )
    if rows:
        bell.ring(BELL)
        log.warning("took back %d posts of workers that are silent", len(rows))
    return len(rows)


def _claim(worker: UUID, most: int, now: datetime) -> list[Post]:
    due = [row["id"] for row in setwise.fetch(_DUE, [now, AT_ONCE, most])]
    if not due:
        return []
    posts, broken = [], []
    for row in setwise.fetch(_HOLD, [worker, now + LEASE, now, due]):
        try:
            posts.append(_post(row, now))
        except Exception as fault:  # of whatever kind: one that cannot be made must not hold up all others
            log.error("post %s cannot be made: %s", row["id"], type(fault).__name__)
            broken.append(Tried(_unopened(row), Outcome("later", "cannot be opened")))
    _write_down(broken, now)
    return posts


def _post(row: dict[str, Any], now: datetime) -> Post:
    def opened(column: str) -> str:
        return crypto.unseal(f"returns_webhook.{column}", row["webhook_id"], row[column])

    secrets = [opened("secret")]
    if row["old_secret"] is not None and row["old_until"] > now:
        secrets.append(opened("old_secret"))
    event = cloud_event({**row, "id": row["return_id"]})
    return _unopened(row, opened("url"), tuple(secrets), json.dumps(event, ensure_ascii=False))


def _unopened(row: dict[str, Any], url: str = "", secrets: tuple[str, ...] = (), body: str = "") -> Post:
    return Post(
        row["id"], row["webhook_id"], row["force_id"], row["return_id"], url, secrets, body, row["tries"],
        row["first_try_at"],
    )  # fmt: skip


def _write_down(tried: Sequence[Tried], now: datetime) -> None:
    if not tried:
        return
    steps = [_next(each, now) for each in tried]
    written = setwise.fetch(
        _WRITE,
        [
            now,
            [each.post.id for each in tried],
            [each.post.tries for each in tried],
            [state for state, _at in steps],
            [each.outcome.answer[:60] for each in tried],
            [at for _state, at in steps],
        ],
    )
    of_hook = {each.post.webhook_id: each for each in tried}
    dead = {row["webhook_id"] for row in written if row["state"] == "dead"}
    gone = {hook for hook in sorted(of_hook) if _note(hook, tried, now)}
    for kind, hooks in ((DEAD, dead), (GONE, gone)):
        for hook in sorted(hooks):
            force = of_hook[hook].post.force
            tasks.open_tasks(force, [tasks.Need(kind, once=str(hook))], now=now)
            if kind == GONE:
                audit.record(
                    audit.SYSTEM, [audit.Act("webhook.gone", "webhook", str(hook))], force=force, now=now
                )


def _next(each: Tried, now: datetime) -> tuple[str, datetime | None]:
    if each.outcome.result == "accepted":
        return "done", None
    if each.outcome.result == "gone":
        return "waiting", now
    post = each.post
    chance = random.random()  # noqa: S311 (spreads tries; hides nothing)
    at = retry.after(post.tries, first=post.first_try_at, now=now, chance=chance, wished=each.outcome.wished)
    return ("dead", None) if at is None else ("waiting", at)


def _note(hook: UUID, tried: Sequence[Tried], now: datetime) -> bool:
    """Keep how it went with a webhook; says whether it has just said that it is gone."""
    outcomes = [each.outcome for each in tried if each.post.webhook_id == hook]
    failed = [each for each in outcomes if each.result != "accepted"]
    gone = any(each.result == "gone" for each in outcomes)
    there = setwise.fetch(
        "update returns_webhook set accepted_at = case when %s then %s else accepted_at end,"
        " failed_at = case when %s then %s else failed_at end, answer = coalesce(%s, answer),"
        " state = case when %s then 'gone' else state end where id = %s returning id",
        [
            len(failed) < len(outcomes),
            now,
            bool(failed),
            now,
            failed[-1].answer[:60] if failed else None,
            gone,
            hook,
        ],
    )
    return gone and bool(there)
