"""The whole installation killed with -9 while a records system sends and mails go out: nothing lost, nothing twice."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections import Counter
from typing import Any

import httpx
import pytest

from tests.support.events import crime, victim
from tests.support.installation import Installation, counterparts, data_folder, now, started
from tests.support.processes import eventually, processes_of

pytestmark = pytest.mark.processes
SLUG = "avon-and-somerset"
SENDERS = 64
"""How many mails a worker has in flight at most; that many may be sent again, for their answers were lost."""


def batch(number: int, size: int = 20) -> list[dict[str, Any]]:
    """The events of `size` new crimes, each with a victim who has an address of their own."""
    moment, made = now(), []
    for n in range(number * size, (number + 1) * size):
        made.append(crime(f"52/{n}", 1, reported_at=moment.date().isoformat(), time=moment))
        made.append(victim(f"52/{n}", 1, f"P{n}", mobile=None, time=moment))
    return made


class Sender(threading.Thread):
    """A records system that sends one batch after the other until it is not answered any more."""

    def __init__(self, running: Installation, batches: list[list[dict[str, Any]]]) -> None:
        super().__init__(daemon=True)
        self.running, self.batches = running, batches
        self.answered = 0

    def run(self) -> None:
        for events in self.batches:
            try:
                statuses = self.running.post(SLUG, *events)
            except (httpx.HTTPError, AssertionError):  # no answer, or one that says «not now»
                return
            assert set(statuses) == {"applied"}
            self.answered += 1


def test_what_was_answered_is_there_once_and_everybody_is_told_once() -> None:
    batches = [batch(number) for number in range(60)]
    with counterparts() as behind, data_folder() as folder:
        with started(folder, behind) as running:
            running.add_force(SLUG, "Avon and Somerset Police")
            running.mail.seconds = 0.05  # so that mails are in flight when it ends
            sender = Sender(running, batches)
            sender.start()
            eventually(
                lambda: sender.answered >= 8 and len(running.mail.mails) >= 20, 60, "some batches and mails"
            )
            everything = processes_of(folder)  # the supervisor, the doors, the worker, PostgreSQL
            assert running.serving.process.pid in everything
            for pid in everything:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            running.serving.process.wait()
            sender.join(60)
            assert not sender.is_alive()
            assert sender.answered < len(batches), "it was killed while it was sent to"
            tokens = running.tokens

        with started(folder, behind) as again:  # at once
            again.tokens = tokens
            results = [again.post(SLUG, *events) for events in batches]
            for number, statuses in enumerate(results):
                # what was answered is known; a batch that was not answered is in as a whole or not at all
                assert len(set(statuses)) == 1, number
                assert number >= sender.answered or set(statuses) == {"duplicate"}, number
                assert number <= sender.answered or set(statuses) == {"applied"}, number
            events = sum(map(len, batches))
            assert again.rows("select count(*), count(distinct event_id) from feed_event") == [
                (events, events)
            ]
            assert again.rows("select count(*), count(distinct reference_key) from cases_crime") == [
                (events // 2, events // 2)
            ]

            def told() -> bool:
                return again.rows("select count(*) from delivery_dispatch where state <> 'accepted'") == [
                    (0,)
                ]

            eventually(told, 120, "the last mail")
            counted = Counter(again.mail.to())
            assert set(counted) == {f"p{n}@example.org" for n in range(events // 2)}
            assert max(counted.values()) <= 2
            twice = sum(1 for number in counted.values() if number > 1)
            assert twice <= SENDERS
            ((tried_again,),) = again.rows("select count(*) from delivery_dispatch where tries > 1")
            assert twice <= tried_again, "nothing is sent again that had been written down"
            assert again.rows("select count(*), count(distinct victim_id) from people_invitation") == [
                (events // 2, events // 2)
            ]
