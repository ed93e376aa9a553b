"""Webhooks, for administrators: where returns of a source are sent, their secrets, and what was given up.

A secret is shown once, when it is made, and kept encrypted, because it must be signed with.
"""

import base64
import json
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q, QuerySet

from trackmycrime.audit import api as audit
from trackmycrime.feed.models import Source
from trackmycrime.forces.models import Force
from trackmycrime.kernel import bell
from trackmycrime.kernel.ids import new_id
from trackmycrime.tasks.models import Task

from . import address, work
from .models import Post, Reader, Webhook
from .posting import Outcome, Poster
from .posting import Post as Ready
from .reading import said

PREFIX = "whsec_"
TEST = "webhook.test"
"""The type of what `test` sends; no return has it."""


class CannotDo(ValueError):
    """Asked for something that cannot be; the message says what, for the administrator."""


@dataclass(frozen=True)
class Listed:
    """A webhook as an administrator sees it: never its secret."""

    force: str
    source: str
    url: str
    state: str
    waiting: int
    dead: int
    accepted_at: datetime | None
    failed_at: datetime | None
    answer: str
    old_until: datetime | None


@transaction.atomic
def set_up(source: Source, url: str, *, now: datetime) -> tuple[Webhook, str | None]:
    """Send this source's returns to that address from now on; a new webhook comes with its secret, shown once.

    A new one begins after what the source has acknowledged; one that is there goes on where it was, also after a 410,
    and what waits is tried at once. Raises CannotDo.
    """
    try:
        target = address.read(url)
    except address.WrongAddress as why:
        raise CannotDo(str(why)) from None
    reader = Reader.objects.filter(source=source, allowed=True).first()
    if reader is None or source.revoked_at is not None:
        raise CannotDo(f"«{source.name}» may not read returns; `trackmycrime source returns allow` lets it")
    hook = Webhook.objects.select_for_update().filter(source=source).first()
    secret = None
    if hook is None:
        secret = _new_secret()
        hook = Webhook(
            source=source, force_id=source.force_id, secret=secret, position=reader.cursor, created_at=now
        )
    hook.url, hook.state, hook.answer = target.url, Webhook.State.ON, ""
    hook.save()
    waiting = Post.objects.filter(webhook=hook, state="waiting")
    waiting.update(next_try_at=now, first_try_at=None, tries=0)
    _settle_task(hook, work.GONE, now)
    _record("webhook.set", hook, now)
    bell.ring(work.BELL)
    return hook, secret


@transaction.atomic
def rotate(hook: Webhook, *, keep: timedelta, now: datetime) -> str:
    """A new secret, shown once; for `keep` what is sent is signed with the old one as well."""
    secret = _new_secret()
    hook = Webhook.objects.select_for_update().get(pk=hook.pk)
    hook.old_secret, hook.old_until = (hook.secret, now + keep) if keep else (None, None)
    hook.secret = secret
    hook.save(update_fields=["secret", "old_secret", "old_until"])
    _record("webhook.rotated", hook, now, old_until=said(now + keep))
    return secret


@transaction.atomic
def remove(hook: Webhook, *, now: datetime) -> int:
    """Send nothing to it any more, and forget its secrets; says how many returns it had not taken (to be pulled)."""
    left = Post.objects.filter(webhook=hook, state__in=["waiting", "sending", "dead"]).count()
    for kind in (work.DEAD, work.GONE):
        _settle_task(hook, kind, now)
    _record("webhook.removed", hook, now, left=left)
    hook.delete()
    return left


def of_source(source: Source) -> Webhook:
    """The webhook of this source. Raises CannotDo."""
    hook = Webhook.objects.filter(source=source).first()
    if hook is None:
        raise CannotDo(f"«{source.name}» has no webhook; `trackmycrime source webhook set` makes one")
    return hook


def listing(force: Force | None) -> list[Listed]:
    """The webhooks of this force, or of all."""
    counts = Post.objects.values("webhook_id").annotate(
        waiting=Count("id", filter=Q(state__in=["waiting", "sending"])),
        dead=Count("id", filter=Q(state="dead")),
    )
    left = {row["webhook_id"]: (row["waiting"], row["dead"]) for row in counts}
    found = Webhook.objects.select_related("source__force").order_by("source__force__slug", "source__name")
    return [
        Listed(
            hook.source.force.slug, hook.source.name, hook.url, hook.state, *left.get(hook.id, (0, 0)),
            hook.accepted_at, hook.failed_at, hook.answer, hook.old_until,
        )
        for hook in (found if force is None else found.filter(force=force))
    ]  # fmt: skip


def test(hook: Webhook, poster: Poster, *, now: datetime) -> Outcome:
    """Send it something that is no return, at once, and say what it answered. It changes nothing."""
    id_ = new_id()
    event: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(id_),
        "source": f"urn:trackmycrime:{hook.source.force.slug}",
        "type": TEST,
        "time": said(now),
        "data": {},
    }
    keys = [hook.secret, *([hook.old_secret] if hook.old_until and hook.old_until > now else [])]
    ready = Ready(id_, hook.id, hook.force_id, id_, hook.url, tuple(keys), json.dumps(event), 1, now)
    return poster.send(ready, now=now)


def dead(hook: Webhook, *, most: int = 1000) -> list[Post]:
    """What was given up for this webhook, oldest first."""
    found = Post.objects.filter(webhook=hook, state="dead").select_related("returned")
    return list(found.order_by("number")[:most])


@transaction.atomic
def replay(hook: Webhook, returns: Collection[UUID] | None, *, now: datetime) -> int:
    """Send again what was given up: these returns, or all; for three days anew. Says how many there are."""
    count = _dead(hook, returns).update(
        state="waiting", tries=0, first_try_at=None, next_try_at=now, finished_at=None, answer="replayed"
    )
    _put_away(hook, "webhook.replayed", count, now)
    bell.ring(work.BELL)
    return count


@transaction.atomic
def drop(hook: Webhook, returns: Collection[UUID] | None, *, reason: str, now: datetime) -> int:
    """Never send these, or all that were given up. They can still be pulled. Says how many there are."""
    count = _dead(hook, returns).update(state="dropped", finished_at=now)
    _put_away(hook, "webhook.dropped", count, now, why=reason)
    return count


def _dead(hook: Webhook, returns: Collection[UUID] | None) -> QuerySet[Post]:
    found = Post.objects.filter(webhook=hook, state="dead")
    return found if returns is None else found.filter(returned_id__in=returns)


def _put_away(hook: Webhook, action: str, count: int, now: datetime, **detail: str) -> None:
    if count:
        _record(action, hook, now, count=count, **detail)
    if not Post.objects.filter(webhook=hook, state="dead").exists():
        _settle_task(hook, work.DEAD, now)


def _settle_task(hook: Webhook, kind: str, now: datetime) -> None:
    Task.objects.filter(force_id=hook.force_id, kind=kind, once=str(hook.id), done_at=None).update(
        done_at=now, detail={"closed": "by itself"}
    )


def _new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def _record(action: str, hook: Webhook, now: datetime, **detail: object) -> None:
    act = audit.Act(action, "webhook", str(hook.id), {"source": str(hook.source_id), **detail})
    audit.record(audit.SYSTEM, [act], force=hook.force_id, now=now)
