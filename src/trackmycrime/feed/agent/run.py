"""The agent at work: a reader for each input, one sender, and the signals by which it is told what to do.

SIGTERM and SIGINT end it after the delivery in flight, SIGHUP lets it read its configuration anew. Killed at any moment
it goes on at the next start with nothing lost.
"""

from __future__ import annotations

import os
import signal
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from trackmycrime.feed.agent import clock, config, damage, seal
from trackmycrime.feed.agent.config import Config, SpoolSettings, Wrong
from trackmycrime.feed.agent.gateway import growing
from trackmycrime.feed.agent.lock import InUse, Lock
from trackmycrime.feed.agent.log import Log
from trackmycrime.feed.agent.pushing import Sender
from trackmycrime.feed.agent.reading import Reader
from trackmycrime.feed.agent.reports import Report
from trackmycrime.feed.agent.returns import Puller
from trackmycrime.feed.agent.secret_files import NotSecret
from trackmycrime.feed.agent.spool import Spool
from trackmycrime.feed.agent.store import Damaged, NotOurs, Stuck

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_LOOK = 0.2
_BEAT = 30.0
_PATIENCE_FOR_READERS = 10.0
_DAMAGED = "the spool is damaged; the next start puts it aside and takes over what can be read of it"


class CannotRun(Exception):
    """The agent cannot begin, or go on; the message says why."""


@dataclass
class Ended:
    """How a single run (``--once``) came out: `failures` is what could not be reached, by part."""

    failures: list[str] = field(default_factory=list)
    faults: int = 0
    """Rows refused and events quarantined in this run"""


@contextmanager
def held(settings: SpoolSettings) -> Iterator[Lock]:
    """The spool's folder, made if it is not there, as this process's alone. Raises CannotRun."""
    folder = settings.folder
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if stat.S_IMODE(folder.stat().st_mode) & 0o077:
            raise CannotRun(f"{folder} is open to others; run: chmod 700 {folder}")
        lock = Lock(folder)
    except InUse as why:
        raise CannotRun(str(why)) from None
    except OSError as why:
        raise CannotRun(f"{folder} cannot be used as the spool's folder: {why.strerror}") from None
    try:
        yield lock
    finally:
        lock.release()


def opened(settings: SpoolSettings, log: Log) -> Spool:
    """The spool in a folder that is held. Raises CannotRun, and Stuck where the disk does not take it now."""
    try:
        may_make = not (settings.folder / damage.STORE).exists()
        key = seal.kept_in(settings.key_file, may_make=may_make)
        return damage.opened(settings.folder, key, settings.most_bytes, settings.keep_free_bytes, log.error)
    except (NotSecret, NotOurs) as why:
        raise CannotRun(f"[spool] {why}") from None
    except Damaged as why:
        raise CannotRun(f"the spool in {settings.folder} cannot be opened, even anew: {why}") from None


@dataclass
class Agent:
    """One agent, on one configuration file."""

    settings: Config
    once: bool = False
    _log: Log = field(default_factory=lambda: Log("agent"))

    def run(self) -> Ended:
        """Run until told to end, or with `once` until all is read and sent. Raises CannotRun."""
        os.umask(0o077)
        signal.pthread_sigmask(
            signal.SIG_BLOCK, _SIGNALS
        )  # before any thread, so that only this one takes them
        with held(self.settings.spool) as lock:
            spool = self._opened()
            if spool is None:
                return Ended()
            try:
                return self._run(spool, lock)
            except Stuck as why:
                raise CannotRun(str(why)) from None
            except Damaged as why:
                raise CannotRun(f"{_DAMAGED} ({why})") from None
            finally:
                spool.close()

    def _opened(self) -> Spool | None:
        """The spool, waited for where the disk is full; None when told to end meanwhile."""
        tries = 0
        while True:
            try:
                return opened(self.settings.spool, self._log)
            except Stuck as why:
                if self.once:
                    raise CannotRun(str(why)) from None
                wait = growing(tries, 60.0)
                self._log.error(f"{why}; next try in {wait:.1f} seconds")
                tries += 1
                if signal.sigtimedwait((signal.SIGTERM, signal.SIGINT), wait):
                    return None

    def _run(self, spool: Spool, lock: Lock) -> Ended:
        report = Report(self.settings.spool.folder)
        before = spool.faults()
        self._log.info(f"process {os.getpid()} begins with {len(self.settings.inputs)} inputs")
        while True:
            work = _Work.begun(self.settings, spool, report, self.once)
            try:
                told = self._wait(work, spool, lock)
            finally:
                work.end()
            if work.damaged:
                raise CannotRun(f"{_DAMAGED} ({work.damaged})")
            if work.fault:
                raise CannotRun(
                    f"a fault of this program: {work.fault}; the next start goes on where this one was"
                )
            if told != signal.SIGHUP:
                break
            self._reload()
        self._beat(spool, ended=True)
        self._log.info("ended")
        return Ended(work.failures(), spool.faults() - before)

    def _wait(self, work: _Work, spool: Spool, lock: Lock) -> int:
        """Until a signal comes, or everything has ended by itself: that signal, or 0."""
        beat = 0.0
        while work.alive():
            with suppress(OSError):
                lock.say(work.waits_for())
            if clock.steady() >= beat:
                self._beat(spool)
                beat = clock.steady() + _BEAT
            told = signal.sigtimedwait(_SIGNALS, _LOOK)
            if told:
                self._log.info(f"told to {'reload' if told.si_signo == signal.SIGHUP else 'end'}")
                return int(told.si_signo)
        return 0

    def _beat(self, spool: Spool, *, ended: bool = False) -> None:
        how = ("once" if self.once else "ended") if ended else "running"
        try:
            spool.note(alive_at=clock.wall(), alive=how)
        except Stuck as why:
            self._log.warning(str(why))

    def _reload(self) -> None:
        """Take the configuration as it stands in the file now, if it can be used."""
        try:
            found = config.load(self.settings.file)
            found.must_be_fit()
        except Wrong as why:
            self._log.error(f"the configuration was not taken; the one before holds: {why}")
            return
        if found.spool != self.settings.spool:
            self._log.error("[spool] changes with the next start only; all else is taken now")
            found = replace(found, spool=self.settings.spool)
        self.settings = found
        self._log.info("the configuration was read anew")


@dataclass
class _Work:
    """The threads on one configuration."""

    readers: list[Reader]
    sender: Sender
    stop: threading.Event
    threads: list[threading.Thread]
    puller: Puller | None = None
    pulling: threading.Thread | None = None

    @classmethod
    def begun(cls, settings: Config, spool: Spool, report: Report, once: bool) -> _Work:
        stop = threading.Event()
        sender = Sender(settings.gateway, spool, report, stop, once)
        readers = [
            Reader(each, spool, report, stop, sender.came.set, once, settings.gateway.patience)
            for each in settings.inputs
        ]
        reading = [threading.Thread(target=each.run, name=each.input.name, daemon=True) for each in readers]
        sender.read_all = lambda: not any(thread.is_alive() for thread in reading)
        sending = threading.Thread(target=sender.run, name="gateway", daemon=True)
        work = cls(readers, sender, stop, [*reading, sending])
        if settings.returns:
            work.puller = Puller(settings.returns, settings.gateway, stop, once)
            work.pulling = threading.Thread(target=work.puller.run, name="returns", daemon=True)
            work.pulling.start()
        for thread in work.threads:
            thread.start()
        return work

    def alive(self) -> bool:
        """Whether the work goes on: the sender ends after the readers, and nobody has met damage."""
        lives = self.threads[-1].is_alive() or (self.pulling is not None and self.pulling.is_alive())
        return lives and not self.damaged and not self.fault

    @property
    def fault(self) -> str:
        """What ended a part of it though nothing should."""
        return self.sender.fault or next((one.fault for one in self.readers if one.fault), "")

    @property
    def damaged(self) -> Damaged | None:
        """The damage that somebody met."""
        return self.sender.damaged or next((one.damaged for one in self.readers if one.damaged), None)

    def end(self) -> None:
        """End after the delivery in flight. A reader that its input does not let go is left behind."""
        self.stop.set()
        self.sender.came.set()
        self.threads[-1].join(self.sender.settings.timeout + 30)
        until = clock.steady() + _PATIENCE_FOR_READERS
        for thread in [*self.threads[:-1], *([self.pulling] if self.pulling else [])]:
            thread.join(max(0.0, until - clock.steady()))

    def waits_for(self) -> str:
        """Why inputs are not read, or answers not written down, in words; "" while all goes on."""
        waiting = [
            f"input {one.input.name} is not read: {one.waits_for}" for one in self.readers if one.waits_for
        ]
        if self.puller and (why := self.puller.stands_still()):
            waiting.append(f"returns are not taken: {why}")
        return "; ".join(waiting + [self.sender.waits_for] * bool(self.sender.waits_for))

    def failures(self) -> list[str]:
        """What could not be reached in a single run."""
        of_inputs = [f"input {one.input.name}: {one.failure}" for one in self.readers if one.failure]
        others = {"gateway": self.sender.failure, "returns": self.puller.failure if self.puller else ""}
        return of_inputs + [f"{part}: {failure}" for part, failure in others.items() if failure]
