"""A declarative mapping: which columns of a row make which events, compiled once, shared by SQL and CSV.

mapping = read_mapping(table, settings)     raises Unfit: every name in it is known to the contract
mapping.missing(header)                     the columns that it needs and this header has not
mapping.turn(row)                           what one row makes
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trackmycrime.feed.connectors.events import numbered, problem_with
from trackmycrime.feed.connectors.mapping.compiling import TEXT, Compiler, zone_of
from trackmycrime.feed.connectors.mapping.conditions import Condition, conditions
from trackmycrime.feed.connectors.mapping.fields import Column, Object, Row
from trackmycrime.feed.connectors.mapping.shape import shape_of
from trackmycrime.feed.connectors.mapping.values import Dates, Point, microseconds, text_of
from trackmycrime.feed.connectors.options import Options, meant
from trackmycrime.feed.connectors.protocol import Settings, Unfit
from trackmycrime.feed.connectors.refusals import Wrong
from trackmycrime.feed.contract import MODELS, TYPES

__all__ = ["Mapped", "Turned", "Wrong", "read_mapping"]


@dataclass
class Turned:
    """What one row made: events in order, and what of it could not be made and why.

    A row that makes neither was skipped. What is wrong with one event of a row does not hold up its others.
    """

    events: list[dict[str, Any]] = field(default_factory=list)
    wrong: list[Wrong] = field(default_factory=list)


@dataclass(frozen=True)
class _Event:
    """One event that a row can make."""

    type: str
    subject: Column
    time: tuple[str, Dates]
    sequence: Column | None
    data: Object
    when: Sequence[Condition]

    @property
    def columns(self) -> Iterable[str]:
        yield self.subject.column
        yield self.time[0]
        if self.sequence is not None:
            yield self.sequence.column
        yield from self.data.columns
        yield from (condition.column for condition in self.when)


@dataclass(frozen=True)
class Mapped:
    """A compiled mapping."""

    source: str
    country: str
    events: Sequence[_Event]
    required: Sequence[str]
    skip: Sequence[Condition]

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that it reads, once, as it is written there."""
        every = [column for event in self.events for column in event.columns]
        every += [*self.required, *(condition.column for condition in self.skip)]
        return tuple({column.casefold(): column for column in reversed(every)}.values())[::-1]

    def missing(self, header: Iterable[str]) -> list[str]:
        """The columns that it reads and that `header` does not have, compared without case."""
        have = {name.strip().casefold() for name in header}
        return [column for column in self.columns if column.casefold() not in have]

    def turn(self, row: Row) -> Turned:
        """What a row makes; `row` has the columns by their names in small letters. Never raises."""
        turned = Turned()
        try:
            if any(condition.holds(row) for condition in self.skip):
                return turned
            for column in self.required:
                if text_of(row[column.casefold()], column) is None:
                    turned.wrong.append(Wrong(column, "it is empty", "a value, as the mapping requires"))
            if turned.wrong:
                return turned
        except Wrong as wrong:
            turned.wrong.append(wrong)
            return turned
        for event in self.events:
            try:
                if all(condition.holds(row) for condition in event.when):
                    turned.events.append(self._made(event, row))
            except Wrong as wrong:
                turned.wrong.append(Wrong(wrong.column, f"no {event.type}: {wrong}", wrong.right))
        return turned

    def _made(self, event: _Event, row: Row) -> dict[str, Any]:
        subject = event.subject.make(row)[0]
        if subject is None:
            raise Wrong(event.subject.column, "it is empty", "the subject of the event")
        column, dates = event.time
        moment = dates.moment(row[column.casefold()], column)
        if moment is None:
            raise Wrong(column, "it is empty", "when the record was changed")
        sequence = microseconds(moment) if event.sequence is None else event.sequence.make(row)[0]
        if sequence is None or (event.sequence is None and sequence < 0):
            blamed = column if event.sequence is None else event.sequence.column
            raise Wrong(blamed, "it gives no sequence", "a number or moment that rises with each change")
        made = numbered(
            type=event.type,
            subject=str(subject),
            source=self.source,
            time=Point(moment, "moment").text(),
            sequence=sequence,
            data=event.data.make(row)[0] or {},
        )
        self._judged(event, made)
        return made

    def _judged(self, event: _Event, made: dict[str, Any]) -> None:
        """Raises Wrong for an event that the contract would refuse, whenever it were sent."""
        problem = problem_with(made, self.country)
        if problem is not None:
            path = problem.pointer.strip("/").split("/")
            blamed = event.data.column_at(path[1:]) if path[0] == "data" else ""
            envelope = {"id": event.subject.column, "subject": event.subject.column, "time": event.time[0]}
            blamed = envelope.get(path[0], blamed)  # an id begins with the subject
            raise Wrong(blamed, "it is not as the contract says", problem.detail)


def read_mapping(table: Mapping[str, Any], settings: Settings) -> Mapped:
    """Compile a mapping. Raises Unfit that names what is wrong in it."""
    options = Options(table, "mapping")
    zone = zone_of(options.text("timezone", settings.timezone), options)
    country = options.text("country", "GB")
    required = options.texts("required")
    skip = conditions(options.value("skip"), "mapping: skip")
    said = options.value("event")
    if not isinstance(said, list) or not said or not all(isinstance(one, Mapping) for one in said):
        raise options.unfit("event", "must be there, as [[event]], once for each event that a row makes")
    options.done()
    events = [_event(one, number, zone) for number, one in enumerate(said, start=1)]
    return Mapped(settings.source, country, events, required, skip)


def _event(table: Mapping[str, Any], number: int, zone: Any) -> _Event:
    options = Options(table, f"mapping: event {number}")
    type_ = options.text("type")
    if type_ not in MODELS:
        raise options.unfit("type", f"«{type_}» is no event type{meant(type_, TYPES)}")
    where = f"mapping: event {number} ({type_})"
    compiler = Compiler(where, zone)
    for key in ("subject", "time", "data"):
        if not options.given(key):
            raise Unfit(f"{where}: «{key}» is required")
    subject = compiler.field(options.value("subject"), TEXT, "subject")
    if not isinstance(subject, Column):
        raise Unfit(f"{where}: «subject» must be made of one column")
    time = compiler.dates(options.value("time"), "time")
    sequence = compiler.sequence(options.value("sequence")) if options.given("sequence") else None
    data = options.value("data")
    if not isinstance(data, Mapping):
        raise Unfit(f"{where}: «data» must be a table of the contract's fields")
    when = conditions(options.value("when"), f"{where}: when")
    options.done()
    return _Event(type_, subject, time, sequence, compiler.data(data, shape_of(type_)), when)
