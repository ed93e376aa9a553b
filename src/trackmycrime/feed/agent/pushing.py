"""What waits in the spool, sent to the gateway: in order for each subject, one delivery at a time."""

from __future__ import annotations

import ssl
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from trackmycrime.feed.agent import clock
from trackmycrime.feed.agent.config import GatewaySettings, Wrong
from trackmycrime.feed.agent.gateway import Away, Denied, Gateway, Result, Unreadable, growing
from trackmycrime.feed.agent.lines import MOST_LINE
from trackmycrime.feed.agent.log import Log, kind_and_place
from trackmycrime.feed.agent.reading import reported
from trackmycrime.feed.agent.reports import Report
from trackmycrime.feed.agent.spool import Answered, Kept, Spool, subject_key
from trackmycrime.feed.agent.store import Damaged, Stuck

_LONGEST_WAIT = 60.0
_LONGEST_ASKED = 3600.0
_LONGEST_BAR = 600.0
_IDLE = 1.0
_TRIES_BEFORE_HALVING = 2
"""How often a delivery at which the gateway fails is sent as it is, before it is asked which event it fails at"""
_SMALL_STEP = 10
"""Events that are let go at once where the disk is so full that it does not take more"""
_ALL_FAIL = 20
"""At so many events in a row, one by one, it is not the events at which the gateway fails"""


def connected(settings: GatewaySettings, token: str, *, patience: float = 0.0) -> Gateway:
    """A client of the gateway. Raises Wrong where certificates cannot be used."""
    trusted = None
    if settings.ca or settings.cert:
        try:
            trusted = ssl.create_default_context(cafile=settings.ca)
            if settings.cert:
                trusted.load_cert_chain(settings.cert, settings.key)
        except OSError as why:
            raise Wrong(f"[gateway] ca, cert or key cannot be used: {why.strerror or why}") from None
    return Gateway(
        settings.url, token, patience, name="trackmycrime-agent", timeout=settings.timeout, trusted=trusted
    )


@dataclass
class Sender:
    """Sends, in a thread of its own, until `stop`; with `once` until `read_all` and nothing waits.

    In flight is one delivery at a time, so that after a kill no more than that is sent again.
    """

    settings: GatewaySettings
    spool: Spool
    report: Report
    stop: threading.Event
    once: bool = False
    read_all: Callable[[], bool] = lambda: False
    failure: str = ""
    """Why a single sending came to no end"""
    waits_for: str = ""
    """Why it does not send on now, where that is for want of a disk that takes what was answered"""
    damaged: Damaged | None = None
    fault: str = ""
    """What ended it though nothing should"""
    came: threading.Event = field(default_factory=threading.Event)
    """Rung when there is something to send"""
    _log: Log = field(default_factory=lambda: Log("gateway"))
    _gateway: Gateway | None = None
    _reached: bool = False
    _tries: int = 0
    _failing: int = 0
    _barred: dict[str, float] = field(default_factory=dict)
    _since: float = field(default_factory=clock.steady)

    def run(self) -> None:
        """Send until told to stop; never raises."""
        try:
            while not self.stop.is_set() and not self._finished():
                self._round()
        except Damaged as why:
            self.damaged = why
        except Stuck as why:
            self.failure = str(why)
        except Exception as fault:
            self.fault = f"gateway: {kind_and_place(fault)}"
        finally:
            if self._gateway is not None:
                self._gateway.close()

    def _finished(self) -> bool:
        if not self.once:
            return False
        if self.failure and clock.steady() - self._since >= self.settings.patience:
            return True
        return self.read_all() and not self.spool.waiting()

    def _round(self) -> None:
        """Send one delivery, or wait for one."""
        now = clock.steady()
        self._barred = {subject: until for subject, until in self._barred.items() if until > now}
        try:
            kept = self.spool.next(self.settings.batch, MOST_LINE, self._barred)
            if not kept:
                self._wait_for_more()
                return
            self._deliver(kept, halving=False)
        except Away as why:
            asked = min(why.after, _LONGEST_ASKED) if why.after is not None else None
            self._failed(str(why), growing(self._tries, _LONGEST_WAIT) if asked is None else asked)
        except (Denied, Wrong) as why:
            self._denied(str(why))
        except Stuck as why:
            self._failed(str(why), growing(self._tries, _LONGEST_WAIT))
        except Damaged:
            raise
        except Exception as fault:
            self._failed(f"sending failed: {kind_and_place(fault)}", growing(self._tries, _LONGEST_WAIT))

    def _wait_for_more(self) -> None:
        self.spool.rest()
        self.came.wait(0.05 if self.once else _IDLE)
        self.came.clear()

    def _deliver(self, kept: Sequence[Kept], *, halving: bool) -> None:
        """Send these, in order; where the gateway cannot read them or fails at them, find by halving at which."""
        if not kept or (halving and self.stop.is_set()):
            return
        try:
            results = self._open().send([one.id or None for one in kept], [one.line for one in kept])
        except Unreadable as problem:
            if len(kept) == 1:
                self._set_apart(kept[0], problem)
                return
        except Away as why:
            if why.status != 500 or not (halving or self._tries >= _TRIES_BEFORE_HALVING):
                raise
            if len(kept) == 1:
                self._bar(kept[0], why)
                return
        else:
            self._settle(kept, results)
            return
        half = len(kept) // 2
        self._deliver(kept[:half], halving=True)
        self._deliver([one for one in kept[half:] if _key(one) not in self._barred], halving=True)

    def _settle(self, kept: Sequence[Kept], results: Sequence[Result]) -> None:
        """Write down what was answered; kept at until the disk takes it."""
        lines, answers = [], []
        for one, result in zip(kept, results, strict=True):
            problem = result.problem or {}
            fault = result.status == "quarantined" and problem.get("type") != "waiting-for-crime"
            answers.append(Answered(one.number, one.input, result.status, fault))
            if result.status == "quarantined":
                lines.append(
                    reported(one.input, "quarantined", one.id, one.type, one.subject, result.problem)
                )
        sums = Counter(one.status for one in answers)
        self._write_down(lines, answers)
        self._answered()
        said = ", ".join(f"{name} {sums[name]}" for name in sorted(sums))
        self._log.info(f"{len(kept)} events answered: {said}")

    def _set_apart(self, one: Kept, problem: Unreadable) -> None:
        """An event that the gateway cannot read even alone, if it can read a delivery of nothing."""
        try:
            self._open().send([], [])
        except Unreadable:
            raise Away(f"the gateway can read nothing that is sent: {problem}") from None
        line = reported(one.input, "unreadable", one.id, one.type, one.subject, problem.problem)
        self._write_down([line], [Answered(one.number, one.input, "quarantined", True)])
        self._answered()
        self._log.error(f"event {one.id} cannot be read by the gateway; it was set apart, see the report")

    def _write_down(self, lines: list[dict[str, object]], answers: list[Answered]) -> None:
        """Report, count and let go; kept at until the disk takes it, in small steps where it does not take it whole."""
        tries, step = 0, len(answers)
        while answers:
            try:
                self.report.write(lines)
                lines = []
                self.spool.settle(answers[:step])
                del answers[:step]
            except Stuck as why:
                if self.spool.make_room():
                    continue
                if step > _SMALL_STEP:
                    step = max(_SMALL_STEP, step // 4)
                    continue
                self.waits_for = str(why)
                if not tries:
                    self._log.warning(f"what was answered cannot be written down yet: {why}")
                tries += 1
                if self.stop.wait(growing(tries, 30.0)):
                    raise  # sent again after the next start, and known there as duplicates
        self.waits_for = ""

    def _bar(self, one: Kept, why: Away) -> None:
        """The gateway fails at this event: it and what follows of its subject wait, the others go on."""
        self._failing += 1
        if self._failing >= _ALL_FAIL:
            self._failing, self._barred = 0, {}
            raise Away(str(why), after=_LONGEST_WAIT)
        self._barred[_key(one)] = clock.steady() + growing(one.tries + 3, _LONGEST_BAR)
        self.spool.postpone([one], str(why))
        self._note(error=f"at event {one.id}: {why}", error_at=clock.wall())
        self._log.error(f"the gateway fails at event {one.id} ({why}); its subject waits, others go on")

    def _open(self) -> Gateway:
        if self._gateway is None:
            self._gateway = connected(self.settings, self.settings.token())
            if self._gateway.open_wire:
                self._log.error(
                    f"{self.settings.url} is not https: whoever is in between can read everything"
                )
        return self._gateway

    def _answered(self) -> None:
        self._tries = self._failing = 0
        self._since, self.failure = clock.steady(), ""
        if not self._reached:
            self._reached = True
            # what is said is written down first, so that whoever reads it finds the same in the status
            self._note(reachable_since=clock.wall(), denied="")
            self._log.info(f"{self.settings.url} answers")

    def _failed(self, why: str, wait: float) -> None:
        self._reached = False
        self._tries += 1
        self.failure = why
        self._note(error=why, error_at=clock.wall(), reachable_since="")
        self._log.warning(f"{why}; next try in {wait:.1f} seconds")
        left = self.settings.patience - (clock.steady() - self._since)
        self.stop.wait(min(wait, max(0.0, left)) if self.once else wait)

    def _denied(self, why: str) -> None:
        """The token or a certificate does not do: try again with what is in their files by then."""
        if self._gateway is not None:
            self._gateway.close()
            self._gateway = None
        self._reached = False
        self.failure = why
        wait = growing(self._tries + 2, _LONGEST_WAIT)
        self._tries += 1
        self._note(error=why, error_at=clock.wall(), denied=why, reachable_since="")
        self._log.error(f"NOTHING IS SENT: {why}. Inputs are still read. Next try in {wait:.0f} seconds")
        if self.once:
            self._since = clock.steady() - self.settings.patience - 1
            return
        self.stop.wait(wait)

    def _note(self, **facts: str | float) -> None:
        try:
            self.spool.note(**facts)
        except Stuck as why:
            self._log.warning(str(why))


def _key(one: Kept) -> str:
    return subject_key(one.subject, one.number)
