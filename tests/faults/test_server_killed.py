"""Parts of the installation, and all of it, killed with -9 at random moments while records systems send and mails go
out: what was answered is there once, and in the end all is as if nothing had happened.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.faults import processes
from tests.faults.story import story, write
from tests.support.installation import FEED, Installation, counterparts, data_folder, now, rows
from tests.support.processes import TRACKMYCRIME, Background, eventually, processes_of
from tests.support.serving import Serving

pytestmark = pytest.mark.processes
SEED = int(os.environ.get("TMC_TEST_SEED", "20261128"))
LONGER = int(os.environ.get("TMC_TEST_LONGER", "1"))
DISTURBED, UNDISTURBED = "avon-and-somerset", "gwent"
IN_FLIGHT = 64
"""How many mails a worker has under way at most; an answer that is lost with it means one mail more."""
SENT, PUSHED = range(60), range(60, 120)


@dataclass
class Sender(threading.Thread):
    """A records system with a record of its own: what it sent, and what it was answered."""

    url: str
    token: str
    batches: list[list[dict[str, Any]]]
    answered: list[list[str]] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    quiet: threading.Lock = field(default_factory=threading.Lock)
    """Held while somebody wants to look: nothing is sent meanwhile."""

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        for batch in self.batches:
            while not self._sent(batch):
                time.sleep(0.1)
            time.sleep(0.15)  # so that there is load for as long as there are faults

    def has_come_to(self, number: int) -> bool:
        return len(self.answered) >= number

    def _sent(self, batch: list[dict[str, Any]]) -> bool:
        with self.quiet:
            statuses = self._send(batch)
            if statuses is not None:
                self.answered.append(statuses)
            return statuses is not None

    def _send(self, batch: list[dict[str, Any]]) -> list[str] | None:
        headers = {
            "Authorization": f"Bearer {self.token}", "Content-Type": "application/cloudevents-batch+json"
        }  # fmt: skip
        try:
            answer = httpx.post(self.url + FEED, json=batch, headers=headers, timeout=30, trust_env=False)
        except httpx.HTTPError as error:
            self.failures[type(error).__name__] += 1
            return None
        if answer.status_code != 200:
            assert answer.status_code in (500, 502, 503, 504), answer.text
            self.failures[str(answer.status_code)] += 1
            return None
        return [result["status"] for result in answer.json()["results"]]


def pushing(folder: Path, file: Path, url: str, token: str, report: Path) -> Background:
    """`feed push` of this file, in small deliveries."""
    words = ["feed", "push", str(file), "--to", url, "--batch", "20", "--report", str(report), "--json"]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("TMC_", "DJANGO_"))}
    env["TMC_SOURCE_TOKEN"] = token
    return Background([*TRACKMYCRIME, *words, "--patience", "120", "--data", str(report.parent)], env=env)


def batches_of(events: list[dict[str, Any]], size: int = 10) -> list[list[dict[str, Any]]]:
    return [events[at : at + size] for at in range(0, len(events), size)]


def check_answered(folder: Path, sender: Sender) -> None:
    """What was answered is there exactly once; of a delivery that was not, all or nothing."""
    answered = len(sender.answered)
    found = Counter(dict(rows(folder, "select event_id, count(*) from feed_event group by 1")))
    assert not [id_ for id_, count in found.items() if count > 1]
    for number, batch in enumerate(sender.batches):
        there = {found[event["id"]] for event in batch}
        if number < answered:
            assert there == {1}, number
        elif number > answered:
            known = {event["id"] for earlier in sender.batches[: answered + 1] for event in earlier}
            assert {found[event["id"]] for event in batch if event["id"] not in known} <= {0}, number


def came_to(folder: Path, slug: str) -> dict[str, list[tuple[Any, ...]]]:
    """All that matters of a force's cases, in words that are the same in another force of this installation."""
    of = "(select id from forces_force where slug = %s)"
    return {
        "events": rows(
            folder,
            "select event_id, entity, sequence, status in ('applied', 'superseded'), problem->>'type', waits_for"
            f" from feed_event where force_id = {of} order by 1",
            slug,
        ),
        "newest": rows(
            folder, f"select entity, sequence from feed_entity where force_id = {of} order by 1", slug
        ),
        "crimes": rows(
            folder,
            "select reference_key, stage, outcome, officer_id, flags, sequence, withdrawn_reason, live from cases_crime"
            f" where force_id = {of} order by 1",
            slug,
        ),
        "states": rows(
            folder,
            "select c.reference_key, (s ->> 0)::bigint, s ->> 2, s ->> 4 from cases_crime c,"
            f" json_array_elements(c.states) s where c.force_id = {of} order by 1, 2",
            slug,
        ),
        "cases": rows(
            folder,
            "select c.reference_key, p.open, p.stage, p.officer_id, p.next_update_on from publish_case p"
            f" join cases_crime c on c.id = p.crime_id where p.force_id = {of} order by 1",
            slug,
        ),
        "entries": rows(
            folder,
            "select c.reference_key, e.key, e.revision, e.milestone, e.state, e.words_hash, e.hold_reason,"
            " (select array_agg(v.person) from people_victim v where v.id = any(e.victims))"
            " from publish_entry e join publish_case p on p.id = e.case_id join cases_crime c on c.id = p.crime_id"
            f" where e.force_id = {of} and e.state <> 'gone' order by 1, 2",
            slug,
        ),
        "victims": rows(
            folder,
            "select c.reference_key, v.person, v.email_hash, v.live, v.invited_at is not null from people_victim v"
            f" join cases_crime c on c.id = v.crime_id where v.force_id = {of} order by 1, 2",
            slug,
        ),
        "told": rows(
            folder,
            "select c.reference_key, v.person, t.entry, count(*) from alerts_told t join people_victim v"
            " on v.id = t.victim_id join cases_crime c on c.id = v.crime_id"
            f" join publish_case p on p.crime_id = c.id join publish_entry e on e.case_id = p.id and e.key = t.entry"
            f" and e.words_hash = t.words_hash and e.state = 'published'"
            f" where t.force_id = {of} group by 1, 2, 3 order by 1, 2, 3",
            slug,
        ),
    }


FAULTS: dict[str, Callable[[Path], int]] = {
    "gateway": lambda folder: processes.kill(processes.gateway_workers(folder)),
    "backends": lambda folder: processes.kill(processes.backends(folder)),
    "postmaster": lambda folder: processes.kill([processes.postmaster(folder)]),
    "worker": lambda folder: processes.kill(processes.senders(folder)),
    "everything": lambda folder: processes.kill(processes_of(folder)),
}


def test_whatever_is_killed_all_is_as_if_nothing_had_happened(tmp_path: Path) -> None:
    chance, moment = random.Random(SEED), now()
    faults = list(FAULTS) * LONGER
    chance.shuffle(faults)
    ports = processes.free_ports(3)
    words = tuple(
        word
        for door, port in zip(("portal", "desk", "gateway"), ports, strict=True)
        for word in (f"--{door}", f"127.0.0.1:{port}")
    )
    batches = batches_of(story(SENT.start, len(SENT), moment, SEED))
    file = write(tmp_path / "events.ndjson", story(PUSHED.start, len(PUSHED), moment, SEED + 1))
    with counterparts() as (mail, text), data_folder() as folder:
        settings = {"TMC_EMAIL_URL": mail.url, "TMC_TEXT_URL": text.url}
        mail.seconds = 0.05  # so that mails are in flight when something ends
        serving = Serving(folder, settings=settings, words=words)
        try:
            running = Installation(serving.ready(), mail, text)
            running.add_force(DISTURBED, "Avon and Somerset Police")
            running.add_force(UNDISTURBED, "Gwent Police")
            sender = Sender(serving.gateway, running.tokens[DISTURBED], batches)
            sender.start()
            report = tmp_path / "report.ndjson"
            push = pushing(folder, file, serving.gateway, running.tokens[DISTURBED], report)
            for fault in faults:
                wanted = min(len(sender.answered) + 2, len(batches))
                eventually(partial(sender.has_come_to, wanted), 120, f"load before {fault}")
                time.sleep(chance.uniform(0, 0.3))
                assert FAULTS[fault](folder), f"{fault}: nothing was there to be killed"
                if fault == "everything":
                    serving.process.wait()
                    processes.kill([push.process.pid])
                    push.process.wait()
                    serving = Serving(folder, settings=settings, words=words)
                    running.serving = serving.ready()
                    push = pushing(folder, file, serving.gateway, running.tokens[DISTURBED], report)
                eventually(partial(answers, serving), 120, f"an answer after {fault}")
                with sender.quiet:
                    check_answered(folder, sender)
            sender.join(180)
            assert not sender.is_alive(), sender.failures
            assert sender.failures, "nothing was felt of any fault"
            assert push.process.wait(180) in (0, 1), push.complained
            again = pushing(
                folder, file, serving.gateway, running.tokens[DISTURBED], tmp_path / "again.ndjson"
            )
            assert again.process.wait(120) == 0, again.complained
            check_answered(folder, sender)
            for said in (push, again):
                sums = json.loads(said.line(5))
                assert sums["hold"], sums
            assert sums["events"]["duplicate"] == sums["events"]["made"], sums
            check_mails(running, faults)

            for batch in batches:
                running.post(UNDISTURBED, *batch)
            calm = pushing(
                folder, file, serving.gateway, running.tokens[UNDISTURBED], tmp_path / "calm.ndjson"
            )
            assert calm.process.wait(120) == 1, calm.complained
            disturbed, undisturbed = came_to(folder, DISTURBED), came_to(folder, UNDISTURBED)
            for what, found in disturbed.items():
                assert found, what
                assert found == undisturbed[what], what
        finally:
            serving.__exit__(None, None, None)


def answers(serving: Serving) -> bool:
    try:
        return httpx.get(f"{serving.gateway}/healthz", timeout=5, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def check_mails(running: Installation, faults: list[str]) -> None:
    """Everybody has been written to; whoever was twice, only because an answer was lost with a worker."""

    def told() -> bool:
        # what comes soon after an invitation waits for the next day
        due = "state = 'sending' or (state = 'prepared' and next_try_at <= now() + interval '1 hour')"
        return running.rows(f"select count(*) from delivery_dispatch where {due}") == [(0,)]

    eventually(told, 120, "the last mail")
    counted = Counter(running.mail.to())
    assert set(counted) == {f"p{n}@example.org" for n in (*SENT, *PUSHED)}
    assert max(counted.values()) <= 1 + sum(fault in ("worker", "everything") for fault in faults)
    twice = sum(number - 1 for number in counted.values())
    assert twice <= IN_FLIGHT * len(faults)
    ((tried_again,),) = running.rows("select count(*) from delivery_dispatch where tries > 1")
    assert twice <= tried_again, "nothing is sent again that had been written down"
