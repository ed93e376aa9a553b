"""What could not be applied: found, looked at, judged once more, dropped; and what the desk asked to be done with it.

Nothing is applied here: `trackmycrime.mending` does that, as the pipeline does with a delivery. Everything takes the
force and stays within it; what leads to a change is called under the force's lock.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from trackmycrime.kernel import crypto, setwise

from .accept import Source, digest_key
from .contract import Event, Line, Problem, Refusal, judge, subject_key
from .contract.personal import masked
from .keeping import PLACE
from .merge_patch import merged
from .models import Event as Row

LONG = timedelta(days=1)
"""What waits for another event longer than this is reported to the administrators."""

DROPPED, MENDED, QUARANTINED = "dropped", "mended", "quarantined"


class NotThere(LookupError):
    """There is no such event in this force's quarantine (any more)."""


class StillWrong(ValueError):
    """The event as mended would be quarantined again; `problem` says why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


@dataclass(frozen=True)
class Wanted:
    """Which quarantined events are meant; what is not said does not matter."""

    source: str = ""
    """The source's id"""
    problem: str = ""
    type: str = ""
    subject: str = ""
    since: str = ""
    """A moment in RFC 3339: received then or later"""
    waiting: str = ""
    """``yes``: only what waits for another event; ``no``: only what does not; ``long``: what has waited over a day"""

    def as_dict(self) -> dict[str, str]:
        """What was said of it, as `Wanted(**…)` reads it."""
        return {name: value for name, value in asdict(self).items() if value}

    def sql(self, now: datetime) -> tuple[str, list[Any]]:
        """A condition over ``e`` (feed_event) and its values."""
        parts: list[str] = ["e.status = 'quarantined'"]
        values: list[Any] = []
        for condition, value in (
            ("e.source_id = %s::uuid", self.source),
            ("e.problem->>'type' = %s", self.problem),
            ("e.type = %s", self.type),
            ("e.subject_key = %s", subject_key(self.subject)),
            ("e.received_at >= %s::timestamptz", self.since),
        ):
            if value:
                parts.append(condition)
                values.append(value)
        if self.waiting:
            parts.append("e.waits_for = ''" if self.waiting == "no" else "e.waits_for <> ''")
        if self.waiting == "long":
            parts.append("e.received_at < %s")
            values.append(now - LONG)
        return " and ".join(parts), values


@dataclass(frozen=True)
class Found:
    """A quarantined event, as a list shows it: nothing personal."""

    id: UUID
    source: str
    event_id: str
    type: str
    subject: str
    sequence: int | None
    received_at: datetime
    status: str
    problem: dict[str, str]
    waits_for: str
    """The entity that it waits for, as ``kind:subject:id``"""
    waits_long: bool


@dataclass(frozen=True)
class Look:
    """One event looked into: its attributes, its data with what is personal masked, and what was never kept."""

    found: Found
    envelope: dict[str, Any]
    data: Any
    dropped: list[str]
    """Pointers to what was not kept, because it is unknown or not as the contract says"""


_COLUMNS = (
    "e.id, s.name as source, e.event_id, e.type, e.subject_key as subject, e.sequence, e.received_at, e.status,"
    " e.problem, e.waits_for"
)


def _found(row: dict[str, Any], now: datetime) -> Found:
    row["waits_long"] = bool(row["waits_for"]) and row["received_at"] < now - LONG
    row["problem"] = row["problem"] or {}
    return Found(**row)


def find(
    force: int, wanted: Wanted, *, now: datetime, before: UUID | None = None, most: int = 50, skip: int = 0
) -> list[Found]:
    """The newest `most` of them, after `skip`, or those that came before the event `before`."""
    condition, values = wanted.sql(now)
    if before is not None:
        condition, values = f"{condition} and e.id < %s", [*values, before]
    rows = setwise.fetch(
        f"select {_COLUMNS} from feed_event e join feed_source s on s.id = e.source_id"  # noqa: S608 (constants of ours)
        f" where e.force_id = %s and {condition} order by e.id desc offset %s limit %s",
        [force, *values, skip, most],
    )
    return [_found(row, now) for row in rows]


def count(force: int, wanted: Wanted, *, now: datetime) -> int:
    """How many there are."""
    condition, values = wanted.sql(now)
    sql = f"select count(*) n from feed_event e where e.force_id = %s and {condition}"  # noqa: S608 (constants of ours)
    return int(setwise.fetch(sql, [force, *values])[0]["n"])


def some(force: int, wanted: Wanted, *, now: datetime, after: UUID | None, most: int = 500) -> list[UUID]:
    """The next `most` of them in the order in which they came, for a replay of all, batch by batch."""
    condition, values = wanted.sql(now)
    rows = setwise.fetch(
        f"select e.id from feed_event e where e.force_id = %s and e.id > %s and {condition}"  # noqa: S608 (constants of ours)
        " order by e.id limit %s",
        [force, after or UUID(int=0), *values, most],
    )
    return [row["id"] for row in rows]


def force_of(row: UUID) -> int:
    """The force that this event is of, for an administrator of the installation. Raises NotThere."""
    force = Row.objects.filter(id=row).values_list("force_id", flat=True).first()
    if force is None:
        raise NotThere
    return force


def look(force: int, row: UUID, *, now: datetime) -> Look:
    """What is known of one event that is or was in quarantine. Raises NotThere."""
    rows = setwise.fetch(
        f"select {_COLUMNS}, e.body from feed_event e join feed_source s on s.id = e.source_id"  # noqa: S608 (constants of ours)
        " where e.force_id = %s and e.id = %s and e.status in ('quarantined', 'mended', 'dropped')",
        [force, row],
    )
    if not rows:
        raise NotThere
    kept = crypto.unseal_json(PLACE, row, rows[0].pop("body"))
    found = _found(rows[0], now)
    data, dropped = kept.pop("data", None), kept.pop("dropped", [])
    return Look(found, kept, masked(found.type, data), dropped)


@dataclass(frozen=True)
class Again:
    """A quarantined event judged once more."""

    row: UUID
    problem: str
    """The type of the problem that it had until now"""
    judged: Event | Refusal


def judged_again(force: int, rows: Sequence[UUID], *, now: datetime) -> tuple[dict[Source, list[Again]], int]:
    """Those of these events that may be judged once more as they are kept, by source; and how many may not.

    Not those of which something was not kept: as they are they would say «not known» of it. They are mended, or sent
    again.
    """
    found: dict[Source, list[Again]] = defaultdict(list)
    unkept = 0
    for source, country, row in _rows(force, rows):
        kept = crypto.unseal_json(PLACE, row["id"], row["body"])
        if "dropped" not in kept:
            verdict = _judge(kept, source, country, now)
            found[source].append(Again(row["id"], row["problem"]["type"], verdict))
        else:
            unkept += 1
    return found, unkept


def corrected(force: int, row: UUID, patch: dict[str, Any], *, now: datetime) -> tuple[Source, Event, str]:
    """The event as kept, with an administrator's JSON merge patch. Its source, and the problem that it had.

    Raises NotThere; StillWrong when the contract says no to the event as mended too.
    """
    for source, country, found in _rows(force, [row]):
        kept = crypto.unseal_json(PLACE, row, found["body"])
        known = {name: value for name, value in kept.items() if name != "dropped"}
        verdict = _judge(merged(known, patch), source, country, now)
        if isinstance(verdict, Refusal):
            raise StillWrong(verdict.problem)
        if verdict.digest == bytes(found["digest"]):
            raise StillWrong(
                Problem.of("invalid-data", "Nothing would change. To try it as it is, replay it.")
            )
        return source, verdict, found["problem"]["type"]
    raise NotThere


def _rows(force: int, rows: Sequence[UUID]) -> list[tuple[Source, str, dict[str, Any]]]:
    found = setwise.fetch(
        "select e.id, e.body, e.digest, e.problem, s.id as source_id, s.name, s.live_from, s.types, s.shadow, f.country"
        " from feed_event e join feed_source s on s.id = e.source_id join forces_force f on f.id = e.force_id"
        " where e.force_id = %s and e.id = any(%s::uuid[]) and e.status = 'quarantined' order by e.id",
        [force, list(rows)],
    )
    return [
        (
            Source(
                row["source_id"], force, row["name"], row["live_from"],
                None if row["types"] is None else frozenset(row["types"]), row["shadow"],
            ),
            row["country"],
            row,
        )
        for row in found
    ]  # fmt: skip


def _judge(event: object, source: Source, country: str, now: datetime) -> Event | Refusal:
    return judge(
        Line(0, event), now=now, allowed_types=source.types, digest_key=digest_key(), country=country
    )


def put_away(force: int, row: UUID, status: str, *, wipe: bool = False) -> dict[str, str]:
    """Take one event out of the quarantine as ``mended`` or ``dropped``; `wipe` what it said. Its problem.

    The row stays, so that a repeat of it is still known for one. Raises NotThere.
    """
    found = Row.objects.select_for_update().filter(force_id=force, id=row, status=QUARANTINED).first()
    if found is None:
        raise NotThere
    found.status, found.waits_for = status, ""
    if wipe:
        found.body = {}
    found.save(update_fields=["status", "waits_for", *(["body"] if wipe else [])])
    return dict(found.problem)


def waiting_long(now: datetime) -> list[tuple[int, UUID]]:
    """The sources, each with its force, of which something has waited for another event longer than a day."""
    rows = setwise.fetch(
        "select distinct force_id, source_id from feed_event where waits_for <> '' and received_at < %s",
        [now - LONG],
    )
    return [(row["force_id"], row["source_id"]) for row in rows]
