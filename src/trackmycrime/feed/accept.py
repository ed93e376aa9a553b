"""Taking events: duplicates, order, ownership, what waits and what it waits for. Set-wise: a bounded number of
statements for any number of events.

Must run inside a transaction bound to the source's force, holding the force's lock (`kernel.locks.force_lock`), so
that nothing about this force changes between what is read here and what is written.
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from trackmycrime.kernel import crypto, setwise

from . import records
from .aside import aside
from .contract import Event, Line, Problem, Refusal, judge, subject_key
from .contract.envelope import MOST_SEQUENCE
from .keeping import JUDGED, PLACE, quarantine, row_of, seen, write
from .naming import name_of, needs
from .records import Taken


def digest_key() -> bytes:
    """The key of the digests by which repeated content is recognised; it lasts as long as the look-up key does."""
    return crypto.blind("feed digest", "key")


@dataclass(frozen=True)
class Source:
    """Who sends: what the token decided."""

    id: UUID
    force_id: int
    name: str
    live_from: datetime | None
    types: frozenset[str] | None
    shadow: bool = False
    """Tried out unseen: what it speaks of is kept apart, and closed to victims"""

    def live(self, time: datetime) -> bool:
        """Whether what happened then may alert and invite; before `live_from` it is history."""
        return self.live_from is None or time >= self.live_from

    def apart(self, event: Event) -> Event:
        """The event as it is applied: what a source in shadow says is about things of its own, even of one name."""
        return aside(event, self.id) if self.shadow else event


class Result(NamedTuple):
    """What became of one event, in the order sent."""

    id: str | None
    status: str
    problem: Problem | None = None


@dataclass
class Accepted:
    """The results, and what may look different to victims now."""

    results: list[Result]
    crimes: set[UUID] = field(default_factory=set)
    known: dict[UUID, dict[str, Any]] = field(default_factory=dict)
    """Rows of crimes as they stand now, of those that had to be read"""
    restated: dict[UUID, list[Any]] = field(default_factory=dict)
    """Crimes of which nothing has changed but that one more state is known of their past; the states until now"""
    new_crimes: set[UUID] = field(default_factory=set)
    contacts: set[tuple[str, str]] = field(default_factory=set)
    messages: set[UUID] = field(default_factory=set)
    """Crimes with a message for a victim that may not stand in their thread yet"""
    came: set[UUID] = field(default_factory=set)
    """Victims who have a part in a crime since now"""
    readdressed: dict[UUID, set[str]] = field(default_factory=dict)
    """Victims who have joined and whose addresses are others now, with the channels"""


@dataclass(slots=True)
class Item:
    """One event on its way: `position` in the batch (None: it waited in the database), its row, its fate."""

    event: Event
    source: Source
    row: dict[str, Any]
    position: int | None
    status: str = ""
    problem: Problem | None = None
    name: str = field(init=False)
    """Of the entity that it is about"""
    needs: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.name = name_of(self.event.entity)
        self.needs = needs(self.event)


class Taking:
    """One batch being taken. Holds what the database knew, and what this batch has added to it so far."""

    def __init__(self, source: Source, now: datetime, again: Sequence[UUID]) -> None:
        self.source = source
        self.now = now
        self.again = list(again)
        self.known: dict[str, tuple[UUID, int]] = {}
        self.bases: dict[str, int] = {}
        self.looked_up: set[str] = set()
        self.sequences: dict[tuple[str, int], tuple[UUID, str]] = {}
        self.touched: dict[str, dict[str, Any]] = {}
        self.fresh: list[str] = []
        self.waiting: dict[str, list[Item]] = defaultdict(list)
        self.taken: list[Item] = []

    def look_up(self, items: Sequence[Item]) -> None:
        """Read, once for all, the entities that these events are about or need, and the sequences already used."""
        names = {item.name for item in items}
        for item in items:
            names.update(item.needs)
        names -= self.looked_up
        self.looked_up |= names
        for row in setwise.fetch(
            "select entity, source_id, sequence, base from feed_entity where force_id = %s and entity = any(%s)",
            [self.source.force_id, sorted(names)],
        ):
            self.known[row["entity"]] = (row["source_id"], row["sequence"])
            if row["base"]:
                self.bases[row["entity"]] = row["base"]
        if self.bases:
            self._count_on(items)
        # only what is not newer than all that is known of its entity can have been used before
        pairs = sorted(
            {
                (item.name, item.event.sequence)
                for item in items
                if item.name in self.known and item.event.sequence <= self.known[item.name][1]
            }
        )
        if not pairs:
            return
        for row in setwise.fetch(
            "select e.entity, e.sequence, e.source_id, e.event_id from feed_event e"
            " join unnest(%s::text[], %s::bigint[]) as w (entity, sequence)"
            " on e.entity = w.entity and e.sequence = w.sequence"
            " where e.force_id = %s and e.status in ('applied', 'superseded')",
            [[name for name, _ in pairs], [number for _, number in pairs], self.source.force_id],
        ):
            self.sequences[row["entity"], row["sequence"]] = (row["source_id"], row["event_id"])

    def _count_on(self, items: Iterable[Item]) -> None:
        """What a source says of an entity that was handed over to it sorts after all that was said before."""
        for item in items:
            base = self.bases.get(item.name)
            if base and self.known[item.name][0] == item.source.id:
                item.event = replace(item.event, sequence=min(item.event.sequence + base, MOST_SEQUENCE))

    def take(self, items: Iterable[Item]) -> None:
        """Decide each event's fate in order; what it was that others waited for sets those going too."""
        queue = deque(items)
        while queue:
            item = queue.popleft()
            item.problem = self._why_not(item)
            if item.problem:
                item.status = "quarantined"
                if item.problem.type == "waiting-for-crime":
                    self.waiting[self.missing(item)].append(item)
                continue
            name = item.name
            newest = self.known.get(name)
            item.status = "superseded" if newest and item.event.sequence < newest[1] else "applied"
            self.sequences[name, item.event.sequence] = (item.source.id, item.event.id)
            self.taken.append(item)
            if item.status == "applied":
                self.known[name] = (item.source.id, item.event.sequence)
                self.touched[name] = {
                    "entity": name,
                    "source_id": item.source.id,
                    "sequence": item.event.sequence,
                }
            if newest is None:
                self.fresh.append(name)
                released = sorted(self.waiting.pop(name, []), key=lambda waiter: waiter.event.sequence)
                queue.extendleft(reversed(released))

    def missing(self, item: Item) -> str:
        """The first that this event needs and that has not arrived, or ""."""
        for name in item.needs:
            if name not in self.known:
                return name
        return ""

    def _why_not(self, item: Item) -> Problem | None:
        event = item.event
        owner = self.known.get(item.name)
        if owner and owner[0] != item.source.id:
            return Problem.of(
                "not-allowed",
                "Another source of this force sent this first; it belongs to that source.",
                "/subject",
            )
        used = self.sequences.get((item.name, event.sequence))
        if used:
            return Problem.of(
                "sequence-reused",
                "Another event about the same thing has this sequence. Give each change a higher one.",
                "/sequence",
            )
        data: Any = event.data
        if (
            event.type == "crime.withdrawn"
            and data.merged_into
            and subject_key(data.merged_into) == event.subject_key
        ):
            return Problem.of("invalid-data", "A crime cannot be merged into itself.", "/data/merged_into")
        missing = self.missing(item)
        if not missing:
            return None
        kind, _, rest = missing.partition(":")
        if kind == "victim":
            pointer = "/data/victims" if event.type == "update.published" else "/data/victim"
            return Problem.of("waiting-for-crime", "A victim that this names has not arrived yet.", pointer)
        pointer = "/subject" if rest.rstrip(":") == event.subject_key else "/data/merged_into"
        return Problem.of("waiting-for-crime", "The crime that this names has not arrived yet.", pointer)

    def waiters(self) -> list[Item]:
        """The events that waited in the database for what has just become known, in their order."""
        names, self.fresh = self.fresh, []
        if not names:
            return []
        rows = setwise.fetch(
            "select e.id, e.body, s.id as source_id, s.name, s.live_from, s.shadow, f.country from feed_event e"
            " join feed_source s on s.id = e.source_id join forces_force f on f.id = e.force_id"
            " where e.force_id = %s and e.waits_for = any(%s) and e.waits_for <> '' and e.id <> all(%s::uuid[])"
            " order by e.sequence, e.id",
            [self.source.force_id, names, self.again],
        )
        items = []
        for row in rows:
            kept = crypto.unseal_json(PLACE, row["id"], row["body"])
            event = judge(
                Line(0, kept),
                now=self.now,
                allowed_types=None,
                digest_key=digest_key(),
                country=row["country"],
            )
            if isinstance(event, Event):
                known = row["source_id"], self.source.force_id, row["name"], row["live_from"], None
                source = Source(*known, row["shadow"])
                items.append(Item(source.apart(event), source, {"id": row["id"]}, None))
        return items


@contextmanager
def accept(
    source: Source, judged: Sequence[Event | Refusal], *, now: datetime, again: Sequence[UUID] = ()
) -> Iterator[Accepted]:
    """Keep every event of one delivery, apply those that can be, and say what became of each.

    `again` are the rows under which these events are kept already, in quarantine, when they are judged once more.

    All of it is in the caller's transaction: after it commits every event is durable, the quarantined ones too. Within
    the block the records are changed; at its end the events themselves are written down, so that the caller can first
    ask what it wants to know of the records (`setwise.ahead`).
    """
    results: list[Result | None] = [None] * len(judged)
    taking = Taking(source, now, again)
    rows: list[dict[str, Any]] = []
    items: list[Item] = []
    known = seen(source, judged, again)
    for position, one in enumerate(judged):
        before = known.setdefault(one.id or "", {})
        if one.digest in before:
            results[position] = Result(one.id, "duplicate")
            continue
        # a refused event does not use up its id: mending it means sending it again
        reused = any(before.values()) and one.id is not None
        before[one.digest] = isinstance(one, Event)
        row = row_of(one)
        if again:
            row["id"] = again[position]
        rows.append(row)
        if isinstance(one, Refusal):
            quarantine(row, one.problem)
            results[position] = Result(one.id, "quarantined", one.problem)
        elif reused:
            problem = Problem.of("id-reused", "This source sent this id before with other content.", "/id")
            quarantine(row, problem)
            row["entity"] = name_of(one.entity)
            results[position] = Result(one.id, "quarantined", problem)
        else:
            items.append(Item(source.apart(one), source, row, position))
            row["entity"] = items[-1].name
    taking.look_up(items)
    taking.take(items)
    waited: list[Item] = []
    while more := taking.waiters():
        waited += more
        taking.look_up(more)
        taking.take(more)
    for item in items:
        item.row["status"] = item.status
        item.row["sequence"] = item.event.sequence
        if item.problem:
            quarantine(item.row, item.problem)
            item.row["waits_for"] = taking.missing(item)
        assert item.position is not None
        results[item.position] = Result(item.event.id, item.status, item.problem)
    changed = records.apply(
        source.force_id,
        [
            Taken(i.event, i.source.live(i.event.time), i.source.shadow)
            for i in taking.taken
            if not (i.source.shadow and i.event.entity.kind in ("officer", "unit"))
        ],
        now=now,
    )
    assert all(result is not None for result in results)
    yield Accepted(
        [result for result in results if result is not None],
        changed.crimes_touched,
        {crime["id"]: crime for crime in changed.crimes.values()},
        changed.only_restated(),
        changed.crimes_new,
        changed.contacts_touched,
        changed.messages_touched,
        changed.came,
        changed.readdressed,
    )
    if again:
        setwise.update("feed_event", ["id"], JUDGED, rows)
        rows = []
    write(source, rows, waited, taking, now)
