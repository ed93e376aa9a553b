"""Whether a configuration would work: each thing that an agent needs, tried once and said. Nothing is kept or sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from trackmycrime.feed.agent import lock, returns
from trackmycrime.feed.agent.config import Config, Input, Wrong
from trackmycrime.feed.agent.gateway import Away, Denied, Gateway, Unreadable
from trackmycrime.feed.agent.lines import MOST_LINE, CannotBeSent, Ready, ready
from trackmycrime.feed.agent.log import Log, kind_and_place
from trackmycrime.feed.agent.pushing import connected
from trackmycrime.feed.agent.returns_settings import ReturnsSettings
from trackmycrime.feed.agent.run import CannotRun, held, opened
from trackmycrime.feed.agent.spool import Spool
from trackmycrime.feed.agent.store import Stuck
from trackmycrime.feed.connectors import protocol

T = TypeVar("T")
FINE, FAULTY, UNREACHABLE = "fine", "faulty", "unreachable"


@dataclass(frozen=True)
class Found:
    """One thing that was tried: what, how it came out (FINE, FAULTY, UNREACHABLE), in a sentence."""

    what: str
    how: str
    said: str

    def as_dict(self) -> dict[str, Any]:
        """For a script."""
        return {"what": self.what, "how": self.how, "said": self.said}


def checked(config: Config) -> Iterator[Found]:
    """Try everything, one after the other."""
    yield Found("config", FINE, f"{config.file} can be used; {len(config.inputs)} inputs")
    samples: list[tuple[Input, list[Ready]]] = []
    running = _running(config)
    if running:
        said = f"an agent runs on it, as process {running}; spool and inputs are its own and were not opened"
        yield Found("spool", FINE, said)
    else:
        yield from _spool_and_inputs(config, samples)
    yield from _gateway(config, samples)


def _running(config: Config) -> str | None:
    try:
        found = lock.holder(config.spool.folder)
    except OSError:
        return None  # said when the spool is opened
    return found.process if found else None


def _spool_and_inputs(config: Config, samples: list[tuple[Input, list[Ready]]]) -> Iterator[Found]:
    try:
        with held(config.spool):
            spool = opened(config.spool, Log("spool"))
            try:
                short = spool.short_of()
                said = f"{config.spool.folder} can be written and is encrypted with {config.spool.key_file}"
                yield Found("spool", FAULTY, short) if short else Found("spool", FINE, said)
                for each in config.inputs:
                    yield _input(each, spool, samples)
            finally:
                spool.close()
    except (CannotRun, Stuck) as why:
        yield Found("spool", FAULTY, str(why))


def _input(each: Input, spool: Spool, samples: list[tuple[Input, list[Ready]]]) -> Found:
    what = f"input {each.name}"
    try:
        connector = each.opened(lambda _: None)
        try:
            batch = next(iter(connector.batches(spool.mark(each.name))), None)
        finally:
            connector.close()
    except protocol.Unfit as why:
        return Found(what, FAULTY, str(why))
    except protocol.Away as why:
        return Found(what, UNREACHABLE, str(why))
    except Exception as fault:
        return Found(what, FAULTY, f"the connector failed: {kind_and_place(fault)}")
    if batch is None:
        return Found(what, FINE, "it can be read; it has nothing new now")
    lines: list[Ready] = []
    total = 0
    for event in batch.events:
        try:
            line = ready(event)
        except CannotBeSent as why:
            return Found(what, FAULTY, f"one of its events cannot be sent: {why}")
        total += len(line.line) + 1
        if total > MOST_LINE or len(lines) == 1000:
            break
        lines.append(line)
    samples.append((each, lines))
    said = (
        f"it can be read; the first rows: read {batch.read}, turned {batch.turned}, skipped {batch.skipped}"
    )
    if batch.refused:
        first = batch.refused[0]
        return Found(
            what, FAULTY, f"{said}, refused {len(batch.refused)}: {first.reason}; right: {first.right}"
        )
    return Found(what, FINE, said)


def _gateway(config: Config, samples: list[tuple[Input, list[Ready]]]) -> Iterator[Found]:
    try:
        gateway = connected(config.gateway, config.gateway.token())
    except (Wrong, ValueError) as why:
        yield Found("gateway", FAULTY, str(why))
        return
    try:
        who, found = _asked("gateway", gateway.whoami)
        if found:
            yield found
            return
        open_wire = "; NOT over https: whoever is in between can read everything" if gateway.open_wire else ""
        force, source = (str((who or {}).get(name)) for name in ("force", "source"))
        yield Found("gateway", FAULTY if open_wire else FINE, f"this is «{source}» of {force}{open_wire}")
        for each, lines in samples:
            if lines:
                yield _validated(each, lines, gateway)
        if config.returns:
            yield _returns(config.returns, "returns" in ((who or {}).get("scopes") or ()))
    finally:
        gateway.close()


def _returns(settings: ReturnsSettings, may: bool) -> Found:
    if not may:
        said = (
            "this source may not read returns; an administrator allows it: trackmycrime source returns allow"
        )
        return Found("returns", FAULTY, said)
    try:
        returns.opened(settings).close()
    except returns.NotKept as why:
        return Found("returns", UNREACHABLE, str(why))
    return Found("returns", FINE, f"they are written as {settings.type}: {settings.folder or settings.table}")


def _validated(each: Input, lines: list[Ready], gateway: Gateway) -> Found:
    what = f"events of {each.name}"
    ids = [one.id or None for one in lines]
    results, found = _asked(what, lambda: gateway.send(ids, [one.line for one in lines], validate=True))
    if found or results is None:
        return found or Found(what, FAULTY, "no answer")
    for one, result in zip(lines, results, strict=True):
        problem = result.problem or {}
        if result.status == "quarantined" and problem.get("type") != "waiting-for-crime":
            said = f"{problem.get('type')} at {problem.get('pointer') or '/'}: {problem.get('detail')}"
            return Found(what, FAULTY, f"the gateway would not apply event {one.id}: {said}")
    return Found(what, FINE, f"the gateway would take the first {len(lines)} events")


def _asked(what: str, ask: Callable[[], T]) -> tuple[T | None, Found | None]:
    try:
        return ask(), None
    except Denied as why:
        return None, Found(what, FAULTY, f"the gateway does not let this token in: {why}")
    except Unreadable as why:
        return None, Found(what, FAULTY, f"the gateway cannot read them: {why}")
    except Away as why:
        return None, Found(what, UNREACHABLE, str(why))
