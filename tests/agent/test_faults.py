"""An agent and a whole installation, as real processes, while kills, networks, disks and clocks do their worst.

After each: every event is there exactly once, and the cases are what they are after a run that nobody disturbed.
"""

from __future__ import annotations

import json
import os
import random
import resource
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.agent.conftest import Beside
from tests.agent.disks import filled, small_disk
from tests.agent.plugin import event
from tests.agent.wire import Wire
from tests.support.installation import data_folder, rows
from tests.support.processes import Background, eventually
from tests.support.serving import Serving

pytestmark = pytest.mark.processes
SEED = int(os.environ.get("TMC_TEST_SEED", "20261128"))
FORCE = "avon-and-somerset"
ALL = 1500
"""Events of each run"""
_MiB = 1024**2


@dataclass
class Central:
    """The installation that all agents send to, and what it has of each."""

    serving: Serving
    tokens: dict[str, str] = field(default_factory=dict)

    def join(self, prefix: str) -> str:
        """A new source, whose events begin with the prefix; its token."""
        added = self.serving.json("source", "add", FORCE, prefix, "--live-from", "always")
        return str(added["token"])

    def events(self, prefix: str) -> list[tuple[Any, ...]]:
        """Every event of a prefix, as often as it is there."""
        return rows(
            self.serving.data,
            "select substr(event_id, 2), type, sequence, status from feed_event"
            " where event_id like %s order by sequence, event_id",
            f"{prefix}%",
        )

    def cases(self, prefix: str) -> list[tuple[Any, ...]]:
        """The cases of a source, with their timelines."""
        return rows(
            self.serving.data,
            "select substr(c.reference, 2), c.stage, c.place, c.sequence, p.open, p.stage, e.milestone, e.state,"
            " e.happened_at, e.revision from cases_crime c join publish_case p on p.crime_id = c.id"
            " join publish_entry e on e.case_id = p.id where c.reference like %s"
            " order by 1, e.milestone, e.happened_at",
            f"{prefix}/%",
        )


@pytest.fixture(scope="session")
def central() -> Iterator[Central]:
    """One installation for all of them."""
    with data_folder() as folder, Serving(folder) as serving:
        serving.ready()
        serving.command("force", "add", FORCE, "--name", "Avon and Somerset Police", "--languages", "en")
        yield Central(serving)
        serving.end()


@pytest.fixture(scope="session")
def undisturbed(central: Central, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Any], list[Any]]:
    """What is there after a run in which nothing went wrong: events and cases."""
    beside = beside_of(central, tmp_path_factory.mktemp("calm"), "C")
    beside.numbers(ALL)
    beside.once()
    events, cases = central.events("C"), central.cases("C")
    assert len(events) == ALL
    assert {status for *_, status in events} == {"applied"}
    assert len({reference for reference, *_ in cases}) == 97
    return events, cases


def beside_of(
    central: Central,
    folder: Path,
    prefix: str,
    url: str | None = None,
    spool: Path | None = None,
    pad: int = 0,
    delivery: int = 50,
) -> Beside:
    """An agent whose input is of this prefix, in small deliveries."""
    beside = Beside(folder, url or central.serving.gateway, central.join(prefix))
    gateway = {"batch": delivery, "timeout": 2, "patience": 60}
    beside.spool = spool or beside.spool
    beside.configure(gateway=gateway, inputs=[{"prefix": prefix, "batch": 40, "pad": pad}])
    return beside


def nothing_is_missing(
    central: Central, beside: Beside, prefix: str, undisturbed: tuple[list[Any], list[Any]], rows: int = ALL
) -> dict[str, Any]:
    """Read and send what is left, then compare; gives the status."""
    beside.numbers(ALL)
    beside.once()
    assert central.events(prefix) == undisturbed[0]
    assert central.cases(prefix) == undisturbed[1]
    told = beside.status(0)
    assert told["totals"]["rows"]["read"] == rows
    assert told["totals"]["events"]["made"] == rows
    assert told["totals"]["events"]["unsent"] == 0
    return told


def test_killed_ten_times_at_random_moments_nothing_is_lost_and_nothing_is_there_twice(
    central: Central, undisturbed: tuple[list[Any], list[Any]], tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    beside = beside_of(central, tmp_path, "K")
    dropped = tmp_path / "dropped"
    dropped.mkdir()
    beside.config.write_text(
        beside.config.read_text()
        + f'[[inputs]]\nname = "files"\ntype = "ndjson"\nevery = 0.05\nfolder = "{dropped}"\nrows = 40\nsettle = 0\n'
    )
    at_work = 0
    for kill in range(10):
        beside.numbers(ALL * (kill + 1) // 11)
        drop(dropped, kill)
        with beside.start() as agent:
            eventually(lambda a=agent: a.complained, what="the beginning")  # type: ignore[misc]
            with pytest.raises(subprocess.TimeoutExpired):
                agent.process.wait(chance.uniform(0.0, 0.6))
            agent.process.kill()
            agent.process.wait()
        at_work += any("answered" in line for line in agent.complained)
    assert at_work >= 3, "it was killed at work, not only while it began"
    told = nothing_is_missing(central, beside, "K", undisturbed, rows=2 * ALL)
    assert told["totals"]["events"]["duplicate"] <= 10 * (50 + 40), (
        "only what was in flight or being kept came twice"
    )
    assert central.events("F") == undisturbed[0]
    assert central.cases("F") == undisturbed[1]
    assert len(list((dropped / "done").glob("*.ndjson"))) == 10


def drop(folder: Path, part: int) -> None:
    """The part's tenth of the events, as a file that a records system writes."""
    lines = [
        json.dumps(event(number, prefix="F")) for number in range(ALL * part // 10, ALL * (part + 1) // 10)
    ]
    aside = folder / f"{part}.part"
    aside.write_text("\n".join(lines) + "\n")
    aside.replace(folder / f"{part}.ndjson")


def test_over_a_network_that_is_cut_slowed_and_half_closed_everything_arrives(
    central: Central, undisturbed: tuple[list[Any], list[Any]], tmp_path: Path
) -> None:
    with Wire(central.serving.gateway) as wire:
        beside = beside_of(central, tmp_path, "N", wire.url)

        def complained(agent: Background, words: str) -> Callable[[], bool]:
            before = len(agent.complained)
            return lambda: any(words in line for line in agent.complained[before:])

        with beside.start() as agent:
            for part, harm in enumerate([wire.cut, wire.half_close, lambda: wire.slow(1.0), wire.cut], 1):
                beside.numbers(ALL * part // 6)
                eventually(complained(agent, " events answered"), what="sending")
                harm()
                beside.numbers(ALL * part // 6 + 60)
                eventually(complained(agent, "no answer from"), what="the harm")
                wire.mend()
                eventually(complained(agent, " answers"), timeout=60, what="going on")
            assert beside.status()["gateway"]["last_error"].startswith("no answer from")
            assert agent.end(signal.SIGTERM) == 0
        told = nothing_is_missing(central, beside, "N", undisturbed)
        assert told["totals"]["events"]["superseded"] == 0, (
            "no event went before an earlier one of its subject"
        )


def test_on_a_full_disk_nothing_is_lost_and_it_goes_on_by_itself(
    central: Central, undisturbed: tuple[list[Any], list[Any]], tmp_path: Path
) -> None:
    """A real full disk where one can be mounted, else a limit of the kernel on the size of files."""
    with small_disk(12 * _MiB) as disk, Wire(central.serving.gateway) as wire:
        folder = (disk or tmp_path) / "spool"
        beside = beside_of(central, tmp_path, "D", wire.url, folder, pad=8000, delivery=500)
        wire.cut()
        beside.numbers(200)
        with beside.start() as agent:
            eventually(lambda: beside.kept() == 200, what="reading")
            if disk is None:
                resource.prlimit(agent.process.pid, resource.RLIMIT_FSIZE, (_MiB, resource.RLIM_INFINITY))
            beside.numbers(ALL)
            eventually(lambda: beside.status()["waits_for"] is not None, what="a full disk")
            assert 200 <= beside.status(1)["totals"]["events"]["unsent"] < ALL
            assert agent.end(signal.SIGTERM) == 0
        filler = filled(disk) if disk else None  # somebody else takes the last byte
        with beside.start() as agent:
            wire.mend()
            eventually(lambda: beside.kept() == 0, what="sending on a full disk")
            if (
                filler
            ):  # (what was sent has left room within the spool's own file, so it may be reading again)
                filler.unlink()
            eventually(lambda: beside.status()["totals"]["events"]["applied"] == ALL, what="the rest")
            assert agent.end(signal.SIGTERM) == 0
        nothing_is_missing(central, beside, "D", undisturbed)


def test_under_a_clock_that_jumps_order_and_waiting_are_as_always(
    central: Central, undisturbed: tuple[list[Any], list[Any]], tmp_path: Path
) -> None:
    with Wire(central.serving.gateway) as wire:
        beside = beside_of(central, tmp_path, "J", wire.url)
        beside.numbers(ALL // 2)
        with beside.start(jumping=True) as agent:
            eventually(lambda: any(" events answered" in line for line in agent.complained), what="sending")
            wire.cut()
            beside.numbers(ALL)
            eventually(lambda: any("no answer from" in line for line in agent.complained), what="the cut")
            beside.set_back()
            wire.mend()
            eventually(lambda: beside.status()["totals"]["events"]["unsent"] == 0, what="going on")
            assert beside.status()["inputs"][0]["lag_seconds"] >= 0
            assert agent.end(signal.SIGTERM) == 0
        told = nothing_is_missing(central, beside, "J", undisturbed)
        assert told["totals"]["events"]["superseded"] == 0


def test_the_gateway_takes_a_delivery_of_nothing_by_which_an_unreadable_event_is_told(
    central: Central,
) -> None:
    from trackmycrime.feed.agent.gateway import Gateway

    gateway = Gateway(central.serving.gateway, central.join("E"), patience=5)
    assert gateway.send([], []) == []
    gateway.close()
