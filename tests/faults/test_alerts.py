"""Thousands of alerts through providers that fail in every way, by workers that are killed at random, two of them
each in a network of its own, while PostgreSQL ends and begins again.

Afterwards every alert is in a true state: what is said to be sent was taken, what could not be sent is a person's task;
nobody was left out; and nothing came twice but what was in flight when its answer was lost.
"""

from __future__ import annotations

import http.client
import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from tests.faults import processes
from tests.support.installation import data_folder, rows
from tests.support.processes import TRACKMYCRIME, eventually
from tests.support.serving import Serving
from trackmycrime.ops.bench import events
from trackmycrime.ops.bench.feed import Sender
from trackmycrime.ops.bench.installation import Installation
from trackmycrime.ops.exits import Unreachable
from trackmycrime.ops.tether import tethered

pytestmark = pytest.mark.processes
ALERTS = int(os.environ.get("TMC_TEST_ALERTS", "6000"))
SEED = int(os.environ.get("TMC_TEST_SEED", "20261128"))
BATCH = 500
SENDERS = 8
"""Connections of each island's worker to each of its providers"""
IN_FLIGHT = {"anglesey": 2 * SENDERS, "wight": 2 * SENDERS, "serve": 64 + 16}
"""How many letters a killed worker has on the wire at most"""
ISLANDS = ("anglesey", "wight")
KILLS = 30
"""Somebody is killed each time that another of so many parts of the letters has come to its end."""
PATIENCE = 900.0
OPEN = "state in ('sending', 'prepared')"


@dataclass
class Island:
    """Providers of its own and a worker, in a network that nobody else reaches; begun again whenever it is killed."""

    folder: Path
    data: Path
    env: dict[str, str]
    seed: int
    killed: int = 0
    running: subprocess.Popen[bytes] | None = None
    log: list[Path] = field(default_factory=list)

    def begin(self) -> None:
        self.folder.mkdir(exist_ok=True)
        words = ["--data", str(self.data), "--takeover", "3"]
        words += ["--email-senders", str(SENDERS), "--text-senders", str(SENDERS)]
        self.log.append(self.folder / f"log{len(self.log)}")
        with self.log[-1].open("wb") as said:
            self.running = subprocess.Popen(
                tethered([sys.executable, "-m", "tests.faults.apart", str(self.folder),
                          str(self.seed + self.killed), *TRACKMYCRIME, "worker", *words]),
                env=self.env, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
            )  # fmt: skip

    def kill(self) -> None:
        """The worker and its providers at once, as a machine that loses its power."""
        if self.running is not None:
            self.running.kill()
            self.running.wait()
            self.killed += 1

    def said(self) -> str:
        return "".join(each.read_text("utf-8", "replace") for each in self.log)


def taken(folders: list[Path]) -> dict[str, Counter[str]]:
    """How often each letter came, by its id, for mails and for texts."""
    found: dict[str, Counter[str]] = {"mail": Counter(), "text": Counter()}
    for folder in folders:
        for line in (folder / "taken").read_text("ascii").splitlines():
            what, id_, _ = line.split(" ", 2)
            found[what][id_] += 1
    return found


@contextmanager
def providers(folder: Path) -> Iterator[dict[str, str]]:
    """Bad ones for the worker that `serve` has; their addresses."""
    folder.mkdir()
    mail, text = processes.free_ports(2)
    argv = [sys.executable, "-m", "tests.faults.bad_providers", str(mail), str(text), str(folder), str(SEED)]
    with subprocess.Popen(tethered(argv)) as running:
        try:
            yield {
                "TMC_EMAIL_URL": f"smtp://127.0.0.1:{mail}",
                "TMC_TEXT_URL": f"http://127.0.0.1:{text}/texts",
            }
        finally:
            running.kill()


def news(installation: Installation, numbers: range) -> None:
    """One update for each of these crimes, as a records system sends them: again, where no answer came."""
    sender = Sender(installation, installation.tokens[0])
    made = [events.written(events.reference(number), 5_000_001, datetime.now(UTC)) for number in numbers]
    for first in range(0, len(made), BATCH):
        body = b"\n".join(events.line(event) for event in made[first : first + BATCH])
        while True:
            try:
                results = sender.send(body)
                break
            except (OSError, http.client.HTTPException, Unreachable):
                # PostgreSQL is away; what was sent is sent again
                time.sleep(0.3)
                sender = Sender(installation, installation.tokens[0])
        assert {result["status"] for result in results} <= {"applied", "duplicate"}


def over(data: Path) -> int:
    """How many letters have come to their end; -1 while PostgreSQL does not answer."""
    try:
        return int(rows(data, f"select count(*) from delivery_dispatch where not ({OPEN})")[0][0])
    except psycopg.OperationalError:
        return -1


def still_open(data: Path) -> int:
    """How many letters have not."""
    return int(rows(data, f"select count(*) from delivery_dispatch where {OPEN}")[0][0])


def test_every_alert_ends_in_a_true_state(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    chance = random.Random(SEED)
    tmp_path.chmod(0o755)
    with ExitStack() as stack:
        data = stack.enter_context(data_folder())
        host = tmp_path / "host"
        settings = stack.enter_context(providers(host))
        serving = Serving(data, settings=settings)
        stack.enter_context(serving)
        serving.ready()
        bare = Installation(data, serving.portal, serving.gateway)
        tokens = bare.inside("owner", "prepare")
        bare.inside("gateway", "load", force=1, first=0, count=ALERTS)
        bare.inside("owner", "join", crimes=ALERTS, invited=True)
        installation = Installation(data, serving.portal, serving.gateway, ALERTS, tokens)

        islands = [
            Island(tmp_path / name, data, serving.env, SEED + number * 1000)
            for number, name in enumerate(ISLANDS, 1)
        ]
        for island in islands:
            stack.callback(island.kill)
            island.begin()
        sending = threading.Thread(target=news, args=(installation, range(ALERTS)), daemon=True)
        sending.start()
        kills = Counter[str]()
        began = time.monotonic()

        away = False
        while sending.is_alive() or over(data) < ALERTS * 0.9:
            wanted = over(data) + chance.uniform(0.5, 1.5) * ALERTS / KILLS
            while over(data) < wanted and (sending.is_alive() or over(data) < ALERTS * 0.9):
                time.sleep(0.1)
                assert time.monotonic() - began < PATIENCE, "they do not come to an end"
            whom = chance.choice(["host", *islands])
            if whom == "host":
                # its own one: the islands' workers name the same folder
                kills["serve"] += processes.kill(processes.senders(data, of=serving.process.pid))
            elif isinstance(whom, Island):
                whom.kill()
                kills[whom.folder.name] += 1
                whom.begin()
            if not away and over(data) > ALERTS // 3:
                away = True
                processes.kill([processes.postmaster(data)])
                kills["PostgreSQL"] += 1
        folders = [host, *(island.folder for island in islands)]
        for folder in folders:
            (folder / "calm").touch()
        eventually(lambda: still_open(data) == 0, 240, "the last letter")
        took = time.monotonic() - began
        check(data, folders, kills, took, record_property)
        for island in islands:
            assert "Traceback" not in island.said(), island.said()
        note(
            record_property, "networks of their own", sum("not apart" not in each.said() for each in islands)
        )


def note(record_property: Callable[[str, object], None], name: str, value: object) -> None:
    """Keep it with the test's result, and print it."""
    record_property(name, value)
    sys.stdout.write(f"{name}: {value}\n")


def check(
    data: Path,
    folders: list[Path],
    kills: Counter[str],
    took: float,
    record_property: Callable[[str, object], None],
) -> None:
    """What the database says is what happened."""
    found = taken(folders)
    came = found["mail"] + found["text"]
    alerts = rows(data, "select a.id, a.state, a.channel, v.email_hash is not null from alerts_alert a"
                  " join people_victim v on v.id = a.victim_id where a.about = 'update'")  # fmt: skip
    letters = rows(data, "select id::text, owner_id, state, channel, reason from delivery_dispatch")
    doubtful = dict(
        rows(
            data,
            "select dispatch_id::text, count(*) from delivery_attempt where result = 'unclear' group by 1",
        )
    )
    again = {
        id_
        for (id_,) in rows(
            data,
            "select distinct dispatch_id::text from delivery_attempt"
            " where how = 'again' and result in ('accepted', 'unclear')",
        )
    }
    tasks = {
        victim
        for (victim,) in rows(data, "select victim_id from tasks_task where kind = 'could_not_be_reached'")
    }
    assert len(alerts) == ALERTS
    states = Counter(state for _, state, _, _ in alerts)
    assert set(states) <= {"sent", "failed"}, states

    reached = {owner for id_, owner, _, _, _ in letters if came[id_]}
    by_alert: dict[object, list[str]] = {}
    for id_, owner, state, _, _ in letters:
        by_alert.setdefault(owner, []).append(state)
        # what is said to be accepted was taken; what was taken is accepted, or its answer was lost
        assert state != "accepted" or came[id_], id_
        assert not came[id_] or state == "accepted" or doubtful.get(id_), (id_, state)
    victims = dict(rows(data, "select id, victim_id from alerts_alert"))
    for id_, state, _, _ in alerts:
        assert (state == "sent") == ("accepted" in by_alert[id_]), (id_, state)
        assert state == "sent" or victims[id_] in tasks, id_
        assert by_alert[id_].count("accepted") <= 1, id_
    unreached = [id_ for id_, _, _, _ in alerts if id_ not in reached]
    assert all(victims[id_] in tasks for id_ in unreached)

    repeats = {id_: count - 1 for id_, count in came.items() if count > 1}
    faults = Counter(
        line for folder in folders for line in (folder / "faults").read_text().split("\n") if line
    )
    lost_answers = sum(faults[kind] for kind in ("lost after text", "half after text", "lost"))
    assert set(repeats) <= set(doubtful), "a letter came twice though nothing about it was in doubt"
    assert set(repeats) <= again, "a letter came twice, and our own count of repeats does not know it"
    assert max(repeats.values(), default=0) <= 1
    assert sum(repeats.values()) <= lost_answers + sum(IN_FLIGHT.get(who, 0) * n for who, n in kills.items())
    for fault in ("421", "451 after text", "reset in text", "lost after text", "429", "lost"):
        assert faults[fault], f"{fault} was never met: {faults}"
    refused = {owner for _, owner, _, channel, reason in letters if channel == "email" and "550" in reason}
    assert refused, "nobody was unknown to the mail server"
    texted = {owner for _, owner, state, channel, _ in letters if channel == "text" and state == "accepted"}
    assert refused & texted, "none of them was reached by the next way"
    assert all(kills[who] for who in ("serve", "PostgreSQL", *ISLANDS)), f"somebody was never killed: {kills}"
    for name, value in {
        "alerts": len(alerts), "states": dict(states), "kills": dict(kills), "faults": dict(faults),
        "letters": len(letters), "repeats": sum(repeats.values()), "repeats, as we count": len(again),
        "in doubt": len(doubtful), "seconds": round(took),
    }.items():  # fmt: skip
        note(record_property, name, value)
