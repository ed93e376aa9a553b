"""One input of the agent: asked again and again for what has come, which goes into the spool while there is room."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from trackmycrime.feed.agent import clock
from trackmycrime.feed.agent.config import Input
from trackmycrime.feed.agent.gateway import growing
from trackmycrime.feed.agent.lines import CannotBeSent, Ready, named, ready
from trackmycrime.feed.agent.log import Log, kind_and_place
from trackmycrime.feed.agent.reports import Report
from trackmycrime.feed.agent.spool import Full, Spool
from trackmycrime.feed.agent.store import Damaged, Stuck
from trackmycrime.feed.connectors.protocol import Away, Batch, Connector, Unfit

_LONGEST_WAIT = 300.0
_LOOK_FOR_ROOM = 0.1


class _Stopped(Exception):
    pass


@dataclass
class Reader:
    """Reads one input, in a thread of its own, until `stop` or, with `once`, to its end a single time."""

    input: Input
    spool: Spool
    report: Report
    stop: threading.Event
    came: Callable[[], None]
    """Rung when something was kept"""
    once: bool = False
    patience: float = 300.0
    """Seconds that a single reading waits for room"""
    failure: str = ""
    """Why a single reading came to no end"""
    waits_for: str = ""
    """Why it does not read on now"""
    damaged: Damaged | None = None
    fault: str = ""
    """What ended it though nothing should"""
    _log: Log = field(init=False)
    _tries: int = 0
    _connector: Connector | None = None
    """Kept from one round to the next: it knows which files still grow, and has a connection"""

    def __post_init__(self) -> None:
        self._log = Log(f"input {self.input.name}")

    def run(self) -> None:
        """Read until told to stop; never raises."""
        try:
            while not self.stop.is_set():
                self.failure = self._round()
                if self.once:
                    return
                wait = self.input.every
                if self.failure:
                    wait = max(wait, growing(self._tries, _LONGEST_WAIT))
                    self._tries += 1
                self.stop.wait(wait)
        except _Stopped:
            pass
        except Damaged as why:
            self.damaged = why
        except Exception as fault:
            if not self.stop.is_set():  # else it came back late, and the spool is closed
                self.fault = f"input {self.input.name}: {kind_and_place(fault)}"
        finally:
            self._let_go()

    def _round(self) -> str:
        """Read what has come; what went wrong, in words."""
        try:
            if self._connector is None:
                self._connector = self.input.opened(self._log.info)
            connector = self._connector
            for batch in connector.batches(self.spool.mark(self.input.name)):
                self._keep(batch)
                connector.kept(batch)
                self._tries = 0
                if self.stop.is_set():
                    return ""
            self.spool.looked(self.input.name)
        except (_Stopped, Damaged, sqlite3.ProgrammingError):
            raise
        except (Away, Unfit, Stuck) as why:
            self._let_go()
            return self._failed(str(why))
        except Exception as fault:
            self._let_go()
            return self._failed(f"the connector failed: {kind_and_place(fault)}")
        return ""

    def _failed(self, why: str) -> str:
        try:
            self.spool.failed(self.input.name, why)
        except Stuck as stuck:
            self._log.warning(str(stuck))
        self._log.warning(f"cannot be read now: {why}")
        return why

    def _let_go(self) -> None:
        """Close the connector; the next round opens it anew."""
        connector, self._connector = self._connector, None
        try:
            if connector is not None:
                connector.close()
        except Exception as fault:
            self._log.warning(f"the connector did not close: {kind_and_place(fault)}")

    def _keep(self, batch: Batch) -> None:
        """Put the batch into the spool, waiting for room as long as it takes."""
        made, apart = _made(batch, self.input.name)
        lines = [{"input": self.input.name, **one.as_line()} for one in batch.refused] + apart
        size = sum(len(one.line) for one in made)
        tries, since = 0, clock.steady()
        while True:
            if self.stop.is_set():  # another may read this input by now: what was read late is read again
                raise _Stopped
            short = self.spool.short_of(size)
            if not short:
                try:
                    self.report.write(lines)
                    lines = []
                    self.spool.keep(self.input.name, batch, made, len(apart))
                    break
                except Full as why:
                    short = str(why)
                except Stuck as why:
                    short = str(why)
                    tries += 1
            if not self.waits_for:
                self._log.warning(f"reading waits for room: {short}")
            self.waits_for = short
            if self.once and clock.steady() - since > self.patience:
                raise Stuck(f"no room within {self.patience:.0f} seconds: {short}")
            if self.stop.wait(growing(tries, 30.0) if tries else _LOOK_FOR_ROOM):
                raise _Stopped
        self.came()
        if self.waits_for:
            self.waits_for = ""
            self._log.info("there is room again; reading goes on")
        refused = sum(one.rows for one in batch.refused)
        if batch.read != batch.turned + batch.skipped + refused:
            self._log.error("the connector's sums do not hold; that is a fault of it, please report it")
        about = f" of {batch.about}" if batch.about else ""
        if batch.read or made or apart:
            self._log.info(
                f"read {batch.read} rows{about}: turned {batch.turned}, skipped {batch.skipped},"
                f" refused {refused}; kept {len(made)} events"
            )


def _made(batch: Batch, input_: str) -> tuple[list[Ready], list[dict[str, Any]]]:
    """The batch's events as lines, and in the report's words those that no delivery can carry."""
    made: list[Ready] = []
    apart: list[dict[str, Any]] = []
    for event in batch.events:
        try:
            made.append(ready(event))
        except CannotBeSent as why:
            id_, type_, subject = named(event)
            apart.append(reported(input_, "cannot-be-sent", id_, type_, subject, {"detail": str(why)}))
    return made, apart


def reported(
    input_: str, status: str, id_: str, type_: str, subject: str, problem: dict[str, Any] | None
) -> dict[str, Any]:
    """An event in the report: which one, what became of it, and why."""
    return {
        "input": input_, "what": "event", "status": status, "id": id_, "type": type_, "subject": subject,
        "problem": problem,
    }  # fmt: skip
