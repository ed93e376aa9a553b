"""One push: the stream of events goes out in deliveries, and every row and event is accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from trackmycrime.feed.agent.gateway import STATUSES, Away, Gateway, Result, Unreadable
from trackmycrime.feed.connectors.refusals import Refusal
from trackmycrime.feed.contract import MOST_BYTES, Line, judge, read_body
from trackmycrime.ops.push import record
from trackmycrime.ops.push.inputs import Inputs, Item

_BODY_LIMIT = MOST_BYTES - 64 * 1024
_ALL_UNREADABLE = 20
"""So many events in a row that the gateway cannot read, one by one, are not the events' fault."""


@dataclass
class Sums:
    """What a push came to. Rows and events are counted apart: several rows can share one event."""

    read: int
    turned: int
    skipped: int
    refused: int
    made: int
    statuses: dict[str, int]
    types: dict[str, int]
    sent: bool

    @property
    def hold(self) -> bool:
        """Whether every row and every event is accounted for."""
        rows = self.read == self.turned + self.skipped + self.refused
        return rows and (not self.sent or self.made == sum(self.statuses.values()))

    @property
    def refusals(self) -> int:
        """Rows and events that somebody has to look at."""
        return self.refused + self.statuses.get("quarantined", 0)

    def as_dict(self) -> dict[str, Any]:
        """The sums for a script."""
        rows = {"read": self.read, "turned": self.turned, "skipped": self.skipped, "refused": self.refused}
        return {
            "rows": rows,
            "events": {"made": self.made, "by_type": self.types, **self.statuses},
            "hold": self.hold,
        }

    def as_text(self) -> str:
        """The sums for a person, as equations."""
        lines = [
            f"rows read {self.read:,} = turned into events {self.turned:,}"
            f" + skipped (no identity) {self.skipped:,} + refused {self.refused:,}"
        ]
        if self.sent:
            parts = " + ".join(f"{name} {self.statuses.get(name, 0):,}" for name in STATUSES)
            lines.append(f"events made {self.made:,} = {parts}")
        else:
            parts = ", ".join(f"{name} {count:,}" for name, count in sorted(self.types.items())) or "none"
            lines.append(f"events made {self.made:,} ({parts}); nothing was sent")
        return "\n".join(lines)


@dataclass
class Pusher:
    """Sends one input to one gateway. `step` is told how many steps of the input are behind, `stopped` broken files."""

    inputs: Inputs
    report: record.Report
    progress: record.Progress
    save: Callable[[record.Progress, bool], None]
    batch: int = 500
    step: Callable[[int], None] = lambda _: None
    files_refused: int = 0
    _made: int = 0
    _types: Counter[str] = field(default_factory=Counter)
    _unreadable_in_a_row: int = 0

    def send(self, gateway: Gateway) -> Sums:
        """Send everything that was not sent before. Raises Away and Denied; what was sent stays recorded.

        While one delivery is on its way the next one is made ready.
        """
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="push") as sender:
            under_way: tuple[_Delivery, Future[list[Result | Unreadable]]] | None = None
            try:
                for delivery in self._deliveries():
                    if under_way is not None:
                        self._settle(under_way[0], under_way[1].result())
                    under_way = delivery, sender.submit(self._try, gateway, delivery.items)
                if under_way is not None:
                    self._settle(under_way[0], under_way[1].result())
            finally:
                gateway.stop()
        self.progress.report_bytes = self.report.settle()
        self.save(self.progress, True)
        return self._sums(sent=True)

    def judge(self) -> Sums:
        """Send nothing; write into the report what the gateway would quarantine by the contract alone."""
        statuses: Counter[str] = Counter()
        now = datetime.now(UTC)
        for delivery in self._deliveries():
            for refusal in delivery.refusals:
                self.report.write(refusal.as_line())
            for item in delivery.items:
                line = read_body("application/x-ndjson", None, item.line)[0]
                verdict = judge(Line(0, line.value), now=now, allowed_types=None, digest_key=b"dry run")
                problem = getattr(verdict, "problem", None)
                if problem is not None:
                    statuses["quarantined"] += 1
                    self.report.write(_reported(item, "quarantined", problem.as_dict()))
            self.step(delivery.steps)
        self.report.settle()
        sums = self._sums(sent=False)
        sums.statuses = dict(statuses)
        return sums

    def _deliveries(self) -> Iterator[_Delivery]:
        """The stream in deliveries, each with the refusals before its last event; starts after what is done."""
        delivery = _Delivery()
        for number, thing in enumerate(self.inputs.stream(), 1):
            if isinstance(thing, Refusal):
                self.files_refused += thing.what == "file"
            else:
                self._made += 1
                self._types[thing.type] += 1
            if number <= self.progress.things:
                self.step(0 if isinstance(thing, Refusal) else thing.steps)
                continue
            if not isinstance(thing, Refusal) and not delivery.takes(thing, self.batch):
                yield delivery
                delivery = _Delivery()
            delivery.add(thing, number)
        if delivery.things:
            yield delivery

    def _try(self, gateway: Gateway, items: list[Item]) -> list[Result | Unreadable]:
        """Send the items; where a delivery cannot be read, find the events that make it so by halving."""
        if not items:
            return []
        try:
            results = gateway.send([item.id for item in items], [item.line for item in items])
            self._unreadable_in_a_row = 0
            return list(results)
        except Unreadable as problem:
            if len(items) > 1:
                half = len(items) // 2
                return self._try(gateway, items[:half]) + self._try(gateway, items[half:])
            self._unreadable_in_a_row += 1
            if self._unreadable_in_a_row >= _ALL_UNREADABLE or not items[0].rows:
                raise Away(f"the gateway cannot read what is sent: {problem}") from None
            return [problem]

    def _settle(self, delivery: _Delivery, results: list[Result | Unreadable]) -> None:
        for refusal in delivery.refusals:
            self.report.write(refusal.as_line())
        for item, result in zip(delivery.items, results, strict=True):
            if isinstance(result, Unreadable):
                self.progress.unreadable += 1
                self.progress.unreadable_rows += item.rows
                self.report.write(_reported(item, "refused", result.problem))
                continue
            self.progress.statuses[result.status] = self.progress.statuses.get(result.status, 0) + 1
            if result.status == "quarantined":
                self.report.write(_reported(item, "quarantined", result.problem))
        self.progress.things = delivery.things
        self.progress.report_bytes = self.report.settle()
        self.save(self.progress, False)
        self.step(delivery.steps)

    def _sums(self, *, sent: bool) -> Sums:
        """What the gateway could not read was a row that could not be turned into an event after all."""
        rows, lost = self.inputs.rows, self.progress.unreadable_rows
        return Sums(
            read=rows.read,
            turned=rows.turned - lost,
            skipped=rows.skipped,
            refused=rows.refused + lost,
            made=self._made - self.progress.unreadable,
            statuses={name: self.progress.statuses.get(name, 0) for name in STATUSES} if sent else {},
            types=dict(self._types),
            sent=sent,
        )


@dataclass
class _Delivery:
    """What goes out at once, and the refusals met on the way; `things` is where the stream stands then."""

    items: list[Item] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    things: int = 0
    steps: int = 0
    _bytes: int = 0

    def takes(self, item: Item, most: int) -> bool:
        return len(self.items) < most and (not self.items or self._bytes + len(item.line) < _BODY_LIMIT)

    def add(self, thing: Item | Refusal, number: int) -> None:
        self.things = number
        if isinstance(thing, Refusal):
            self.refusals.append(thing)
        else:
            self.items.append(thing)
            self.steps += thing.steps
            self._bytes += len(thing.line) + 1


def _reported(item: Item, status: str, problem: dict[str, Any] | None) -> dict[str, Any]:
    """An event in the report: which one, what became of it, and why. No value of it."""
    line: dict[str, Any] = {"what": "event", "status": status, "id": item.id, "type": item.type}
    line["subject"] = item.subject
    if item.file:
        line |= {"file": item.file, "line": item.number}
    return line | {"problem": problem}


def save_to(path: Path) -> Callable[[record.Progress, bool], None]:
    """How a Pusher keeps its state in a file."""
    return lambda progress, finished: record.save(path, progress, finished=finished)
