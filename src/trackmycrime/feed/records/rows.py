"""The rows that one batch touches: read once, changed in memory, written once per table."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from trackmycrime.feed.contract import ENTITY_KINDS, DateOrMoment, Event, subject_key
from trackmycrime.kernel import setwise
from trackmycrime.people.helping.carrying import Link

_TABLES = (
    "cases_crime", "cases_update", "cases_hearing", "cases_property", "cases_message", "people_victim",
    "people_officer", "forces_unit",
)  # fmt: skip
# What people decided here is never the records system's to overwrite.
_KEPT = {
    "people_victim": frozenset(
        {"chosen_channel", "chosen_language", "chosen_pace", "agreed_days", "chosen_at", "blocked_hashes"}
    ),
    "cases_crime": frozenset({"withheld_here", "switched_on", "shadow"}),
}


class Taken(NamedTuple):
    """An accepted event, and whether it may alert (it happened at or after the source's `live_from`)."""

    event: Event
    live: bool
    shadow: bool = False
    """Whether its source is tried out unseen"""


def as_text(value: DateOrMoment | None) -> str:
    """A date or moment as stored: exactly as precise as it was said; empty when not known."""
    if value is None:
        return ""
    if value.precision == "moment":
        return value.value.isoformat()
    return value.value.isoformat()[: 10 if value.precision == "day" else 7]


def note_said(row: dict[str, Any], state: str, event: Event) -> None:
    """Note in ``row["said"]`` that this was said: by the earliest event that did, when that was, and the latest's
    sequence. Noting the same events in another order comes to the same."""
    sequence, time, latest = row["said"].get(state, (event.sequence, event.time.isoformat(), event.sequence))
    if event.sequence < sequence:
        sequence, time = event.sequence, event.time.isoformat()
    row["said"] = row["said"] | {state: [sequence, time, max(latest, event.sequence)]}


class Rows:
    """Everything of one force that a batch is about. `mark` what was changed; `write` writes just that.

    A row's columns are given new values, not changed within: what has changed is seen by comparing with what was read.
    """

    def __init__(self, force_id: int, now: datetime) -> None:
        self.force_id = force_id
        self.now = now
        self.crimes: dict[str, dict[str, Any]] = {}
        self.victims: dict[tuple[UUID, str], dict[str, Any]] = {}
        self.updates: dict[tuple[UUID, str], dict[str, Any]] = {}
        self.hearings: dict[tuple[UUID, str], dict[str, Any]] = {}
        self.belongings: dict[tuple[UUID, str], dict[str, Any]] = {}
        self.messages: dict[tuple[UUID, str], dict[str, Any]] = {}
        self.staff: dict[tuple[str, str], dict[str, Any]] = {}
        self.in_shadow: set[str] = set()
        """Subjects that a source in shadow speaks of"""
        self.touched: set[UUID] = set()
        """Crimes that something was said about which is no state of the crime, or which another one changes"""
        self.restated: set[UUID] = set()
        """Crimes of which a state was said"""
        self.crimes_new: set[UUID] = set()
        self.merge_targets: set[UUID] = set()
        """Crimes that another one was merged into until now"""
        self.links: list[Link] = []
        """What became of people's parts in merged crimes, for those who were let in to them"""
        self.links_known: set[UUID] = set()
        """The parts to which all links are in `links`"""
        self.messages_touched: set[UUID] = set()
        """Crimes with a message for a victim"""
        self.contacts_touched: set[tuple[str, str]] = set()
        self._read: dict[str, dict[UUID, dict[str, Any]]] = {table: {} for table in _TABLES}
        self._changed: dict[str, dict[UUID, dict[str, Any]]] = {table: {} for table in _TABLES}

    def load(self, taken: Sequence[Taken]) -> None:
        """Read what these events are about: at most one statement for each table."""
        named: dict[str, set[tuple[str, str]]] = {kind: set() for kind in ENTITY_KINDS}
        self.in_shadow = {one.event.subject_key for one in taken if one.shadow}
        for one in taken:
            event = one.event
            named[event.entity.kind].add((event.subject_key, event.entity.id))
            if event.entity.kind not in ("officer", "unit"):
                named["crime"].add((event.subject_key, ""))
            data: Any = event.data
            if event.type == "crime.withdrawn" and data.merged_into:
                named["crime"].add((subject_key(data.merged_into), ""))
        for kind, table in (("crime", "cases_crime"), ("officer", "people_officer"), ("unit", "forces_unit")):
            column = "reference_key" if kind == "crime" else f"{kind}_id"
            for row in self.named(table, {column: sorted(key for key, _ in named[kind])}):
                if kind == "crime":
                    self.crimes[row[column]] = row
                else:
                    self.staff[kind, row[column]] = row
        for kind, table, column, rows in (
            ("victim", "people_victim", "person", self.victims),
            ("update", "cases_update", "update_id", self.updates),
            ("hearing", "cases_hearing", "hearing_id", self.hearings),
            ("property", "cases_property", "property_id", self.belongings),
            ("message", "cases_message", "message_id", self.messages),
        ):
            # pair by pair: each of the ones tried with each of the others would be a million
            pairs = [(self.crimes[key]["id"], id_) for key, id_ in sorted(named[kind]) if key in self.crimes]
            lists = {"crime_id": [crime for crime, _ in pairs], column: [id_ for _, id_ in pairs]}
            for row in self.named(table, lists, *(["not t.by_desk"] if kind == "update" else [])):
                rows[row["crime_id"], row[column]] = row

    def read(self, table: str, where: str, *lists: list[Any]) -> list[dict[str, Any]]:
        """Rows of this force; nothing is asked where a list is empty. Table and condition are ours, never input."""
        if not all(lists):
            return []
        sql = f"select * from {table} where force_id = %s and {where}"  # noqa: S608 (constants of ours)
        return self._keep(table, setwise.fetch(sql, [self.force_id, *lists]))

    def named(self, table: str, lists: Mapping[str, list[Any]], *where: str) -> list[dict[str, Any]]:
        """Rows of this force by the values of some columns, those at one place of the lists together."""
        if not all(lists.values()):
            return []
        kinds = {column: "uuid" if column == "crime_id" else "text" for column in lists}
        sql = f"select t.* {setwise.each_of(table, kinds, 't', 't.force_id = %s', *where)}"
        return self._keep(table, setwise.fetch(sql, [*lists.values(), self.force_id]))

    def _keep(self, table: str, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
        self._read[table] |= {row["id"]: dict(row) for row in found}
        return found

    @property
    def came(self) -> set[UUID]:
        """The victims who have a part now and had none before: new, back again, or come over with a merged crime."""
        before = self._read["people_victim"]
        return {
            id_
            for id_, row in self._changed["people_victim"].items()
            if row["live"] and not (id_ in before and before[id_]["live"])
        }

    @property
    def readdressed(self) -> dict[UUID, set[str]]:
        """The victims who have joined and whose address or number is another now, with the channels that are."""
        before, found = self._read["people_victim"], {}
        for id_, row in self._changed["people_victim"].items():
            old = before.get(id_)
            if old is None or old["account_id"] is None or not (old["live"] and row["live"]):
                continue
            columns = (("email", "email_hash"), ("text", "mobile_hash"))
            if channels := {channel for channel, column in columns if row[column] != old[column]}:
                found[id_] = channels
        return found

    @property
    def crimes_touched(self) -> set[UUID]:
        """Crimes whose published case may have to change."""
        return self.touched | self.restated

    def only_restated(self) -> dict[UUID, list[Any]]:
        """Crimes of which nothing has changed but that one more state is known of their past; the states until now."""
        found: dict[UUID, list[Any]] = {}
        for id_ in self.restated - self.touched:
            row, old = self._changed["cases_crime"][id_], self._read["cases_crime"].get(id_)
            if (
                old
                and row["sequence"] == old["sequence"]
                and _differing([(row, old)], frozenset()) == ["states"]
            ):
                found[id_] = old["states"]
        return found

    def crime(self, event: Event) -> dict[str, Any]:
        """The crime that this event is about, which is known; its published case may have to change."""
        crime = self.crimes[event.subject_key]
        self.touched.add(crime["id"])
        return crime

    def happened(self, crime: dict[str, Any], live: bool) -> None:
        """Something about this crime has happened; from the first live thing on its victims may be told."""
        if live and not crime["live"]:
            crime["live"] = True
            self.mark("cases_crime", crime)

    def mark(self, table: str, row: dict[str, Any]) -> None:
        """Write this row at the end."""
        self._changed[table][row["id"]] = row

    def write(self) -> None:
        """Write what was marked, two statements for each table at most: new rows, and what changed of the others."""
        for table, changed in self._changed.items():
            before = self._read[table]
            new = [row for id_, row in changed.items() if id_ not in before]
            known = [(row, before[id_]) for id_, row in changed.items() if id_ in before]
            if new:
                setwise.insert(table, list(new[0]), new)
            columns = _differing(known, _KEPT.get(table, frozenset()))
            if columns:
                rows = [row for row, old in known if any(row[name] != old[name] for name in columns)]
                setwise.update(table, ["id"], columns, rows)


def _differing(pairs: Iterable[tuple[dict[str, Any], dict[str, Any]]], kept: frozenset[str]) -> list[str]:
    """The columns in which any row is not as it was, but for those that are not the records system's."""
    found: set[str] = set()
    for row, old in pairs:
        for name, value in row.items():
            if value is not (was := old[name]) and value != was:
                found.add(name)
    return sorted(found - kept)
