"""Who may send: sources and their tokens.

A token is shown once, when it is made; only its keyed hash is stored. The gateway finds a source by it through
one function of the database, because nothing is known before; everything else here is the administrator's.
"""

import re
import secrets
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Max, Q

from trackmycrime.audit import api as audit
from trackmycrime.feed.accept import Source as Sender
from trackmycrime.feed.accept import digest_key
from trackmycrime.feed.contract import TYPES
from trackmycrime.feed.contract.moments import read_moment
from trackmycrime.feed.models import Source, Token
from trackmycrime.forces.models import Force
from trackmycrime.kernel import crypto, setwise

__all__ = [
    "CannotDo",
    "Known",
    "Listed",
    "add",
    "change",
    "digest_key",
    "find",
    "listing",
    "load",
    "named",
    "read_live_from",
]
__all__ += ["revoke", "rotate", "say_live_from"]

# Found by secret scanners, and by whoever finds one in a file, for what it is.
PREFIX = "tmc_"
LONGEST_NAME = 120

_token = re.compile(r"tmc_[A-Za-z0-9_-]{43}")


class CannotDo(ValueError):
    """Asked for something that cannot be; the message says what, for the administrator."""


@dataclass(frozen=True)
class Known:
    """A source that a token let in, with what its force decides."""

    sender: Sender
    force: str
    force_name: str
    country: str


@dataclass(frozen=True)
class Listed:
    """A source as an administrator sees it."""

    force: str
    source: str
    live_from: str
    types: tuple[str, ...]
    per_minute: int
    mib_per_minute: int
    shadow: bool
    tokens: int
    last_used_at: datetime | None
    revoked_at: datetime | None


def find(token: str, *, now: datetime) -> tuple[UUID, int] | None:
    """The id of the source that this token is of, and its force; None for every token that does not count.

    Unknown, revoked and run out look the same. Marks the token as used.
    """
    if not _token.fullmatch(token):
        return None
    with connection.cursor() as cursor:
        cursor.execute("select source_id, force_id from feed_source_for(%s, %s)", [_hash(token), now])
        row = cursor.fetchone()
    return None if row is None else (row[0], row[1])


def weigh(source: UUID, *, events: int, size: int, now: datetime) -> int:
    """Count a delivery of so many events and bytes; the seconds that this source has to wait first, 0 for none.

    One statement, which holds across all processes of the gateway. A delivery that is not let in counts too.
    """
    keys = (crypto.blind(f"limit:source {what}", str(source)) for what in ("events", "bytes"))
    with connection.cursor() as cursor:
        cursor.execute(
            "select feed_weigh(%s, %s, %s, %s, %s, %s)", [source, *keys, now, events, -(-size // 1024)]
        )
        return int(cursor.fetchone()[0])


def load(source: UUID) -> Known:
    """The source and its force; inside a transaction bound to the force."""
    row = setwise.fetch(
        "select s.id, s.force_id, s.name, s.live_from, s.types, s.shadow, f.slug, f.name as force_name, f.country"
        " from feed_source s join forces_force f on f.id = s.force_id where s.id = %s",
        [source],
    )[0]
    types = None if row["types"] is None else frozenset(row["types"])
    sender = Sender(row["id"], row["force_id"], row["name"], row["live_from"], types, row["shadow"])
    return Known(sender, row["slug"], row["force_name"], row["country"])


def read_live_from(text: str, *, now: datetime) -> datetime | None:
    """What ``--live-from`` says: ``now``, a moment, or ``always`` (None: everything is live). Raises CannotDo.

    ``now`` is the second that it is in: most records systems tell the time of an event in whole seconds, and what
    happens in this very second is no history.
    """
    if text == "always":
        return None
    if text == "now":
        return now.replace(microsecond=0)
    try:
        return read_moment(text)
    except ValueError:
        raise CannotDo(
            "live-from is «now», «always», or a moment with offset like 2026-03-01T00:00:00Z"
        ) from None


def say_live_from(live_from: datetime | None) -> str:
    """The same, as it is told: a moment in RFC 3339, or ``always``."""
    return "always" if live_from is None else live_from.isoformat().replace("+00:00", "Z")


@transaction.atomic
def add(
    force: Force, name: str, *, live_from: datetime | None, types: Iterable[str] = (), now: datetime
) -> tuple[Source, str]:
    """A new source of this force and its first token; without `types` it may send them all. Raises CannotDo."""
    name = name.strip()
    if not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise CannotDo(f"a source has a name of 1 to {LONGEST_NAME} characters, in one line")
    types = _known(types)
    if Source.objects.filter(force=force, name=name).exists():
        raise CannotDo(f"{force.slug} has a source «{name}» already; `source rotate` gives it a new token")
    source = Source.objects.create(
        force=force, name=name, live_from=live_from, types=types or None, created_at=now
    )
    token = _new_token(source, now)
    _record("source.added", source, now, live_from=say_live_from(live_from), types=source.types)
    return source, token


CHANGED = ("live_from", "types", "per_minute", "mib_per_minute")
MOST = 1_000_000_000
"""Of events in a minute; of MiB a thousandth of it."""


@transaction.atomic
def change(source: Source, values: Mapping[str, Any], *, now: datetime) -> list[str]:
    """Set some of `CHANGED` for what comes from now on; says which are other than before. Raises CannotDo.

    An empty `types` lets it send all types. What has come before stays as it is.
    """
    values = dict(values)
    if "types" in values:
        values["types"] = _known(values["types"] or ()) or None
    if not 0 < values.get("per_minute", 1) <= MOST or not 0 < values.get("mib_per_minute", 1) <= MOST // 1000:
        raise CannotDo(f"a limit is at least 1, and at most {MOST:,} events or {MOST // 1000:,} MiB a minute")
    changed = [name for name, value in values.items() if getattr(source, name) != value]
    for name in changed:
        setattr(source, name, values[name])
    if changed:
        source.save(update_fields=changed)
        told = {
            name: say_live_from(values[name]) if name == "live_from" else values[name] for name in changed
        }
        _record("source.changed", source, now, **told)
    return changed


def _known(types: Iterable[str]) -> list[str]:
    if strange := sorted(set(types) - set(TYPES)):
        raise CannotDo(f"no such event type: {', '.join(strange)}; there are {', '.join(TYPES)}")
    return sorted(set(types))


@transaction.atomic
def rotate(source: Source, *, keep: timedelta, now: datetime) -> str:
    """A new token; those that count now go on counting for `keep`. Raises CannotDo for a revoked source."""
    if source.revoked_at is not None:
        raise CannotDo(f"the source «{source.name}» is revoked, for good; add another one")
    ends = now + keep
    living = Token.objects.filter(source=source, revoked_at=None).filter(
        Q(expires_at=None) | Q(expires_at__gt=ends)
    )
    living.update(expires_at=ends)
    token = _new_token(source, now)
    _record("source.rotated", source, now, old_until=ends.isoformat())
    return token


@transaction.atomic
def revoke(source: Source, *, now: datetime) -> bool:
    """No token of this source counts from now on, and none ever will; False where that was so before.

    What it sent stays, and stays its own.
    """
    changed = Source.objects.filter(pk=source.pk, revoked_at=None).update(revoked_at=now)
    Token.objects.filter(source=source, revoked_at=None).update(revoked_at=now)
    if changed:
        _record("source.revoked", source, now)
    return bool(changed)


def named(force: Force, name: str) -> Source:
    """The source of this force with this name. Raises CannotDo, naming those that there are."""
    source = Source.objects.filter(force=force, name=name.strip()).first()
    if source is None:
        names = ", ".join(
            f"«{one}»" for one in Source.objects.filter(force=force).values_list("name", flat=True)
        )
        raise CannotDo(f"{force.slug} has no source «{name}»; it has {names or 'none yet'}")
    return source


def listing(force: Force | None, *, now: datetime) -> list[Listed]:
    """The sources of this force, or of all, the revoked ones too."""
    used = dict(Token.objects.values_list("source").annotate(Max("last_used_at")))
    counting = Token.objects.filter(revoked_at=None).filter(Q(expires_at=None) | Q(expires_at__gt=now))
    tokens = Counter(counting.values_list("source", flat=True))
    sources = Source.objects.select_related("force").order_by("force__slug", "name")
    return [
        Listed(
            force=source.force.slug,
            source=source.name,
            live_from=say_live_from(source.live_from),
            types=tuple(source.types or TYPES),
            per_minute=source.per_minute,
            mib_per_minute=source.mib_per_minute,
            shadow=source.shadow,
            tokens=tokens[source.id],
            last_used_at=used.get(source.id),
            revoked_at=source.revoked_at,
        )
        for source in (sources if force is None else sources.filter(force=force))
    ]


def _hash(token: str) -> bytes:
    return crypto.blind("source token", token)


def _new_token(source: Source, now: datetime) -> str:
    token = PREFIX + secrets.token_urlsafe(32)
    Token.objects.create(force_id=source.force_id, source=source, token_hash=_hash(token), created_at=now)
    return token


def _record(action: str, source: Source, now: datetime, **detail: object) -> None:
    act = audit.Act(action, "source", str(source.id), detail)
    audit.record(audit.SYSTEM, [act], force=source.force_id, now=now)
