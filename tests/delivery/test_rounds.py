"""The worker's rounds: each pass in its turn, a ring at once, and no failure that holds up another."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest

from trackmycrime.delivery import api, work
from trackmycrime.delivery.letters import Upstairs
from trackmycrime.delivery.models import Dispatch
from trackmycrime.delivery.work import Holder
from trackmycrime.forces.models import Force
from trackmycrime.kernel.ids import new_id
from trackmycrime.ops.worker import Pass, Rounds, Worker, pause_points

from .letters import NOW, letter
from .processes import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def running(*passes: Pass) -> Iterator[Rounds]:
    rounds = Rounds(passes)
    rounds.start()
    try:
        yield rounds
    finally:
        rounds.stop()
        rounds.join(10)
        assert not rounds.is_alive()


class Counted:
    """A pass that counts how often it was called, and has something to do for the first few times."""

    def __init__(self, work: int = 0) -> None:
        self.calls, self.work, self.moments = 0, work, list[datetime]()

    def __call__(self, now: datetime) -> int:
        self.calls += 1
        self.moments.append(now)
        return int(self.calls <= self.work)


def test_a_pass_that_found_something_is_called_again_soon_and_one_that_did_not_rests() -> None:
    busy, idle = Counted(work=3), Counted()
    with running(("busy", busy), ("idle", idle)):
        wait_for(lambda: busy.calls == 4, seconds=3)
        time.sleep(0.2)
    assert (busy.calls, idle.calls) == (4, 1)
    assert all(moment.utcoffset() is not None for moment in busy.moments)


def test_a_ring_is_for_the_pass_of_its_name_and_an_unknown_one_for_all() -> None:
    codes, messages = Counted(), Counted()
    with running(("codes", codes), ("messages", messages)) as rounds:
        wait_for(lambda: messages.calls == 1)
        rounds.ring("message")
        wait_for(lambda: messages.calls == 2)
        assert codes.calls == 1
        rounds.ring("something new")
        wait_for(lambda: (codes.calls, messages.calls) == (2, 3))


def test_a_pass_that_looks_for_days_comes_seldom_but_at_once_when_it_is_rung_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("trackmycrime.ops.worker.ROUND_EVERY", 0.02)
    promises, others = Counted(), Counted()
    with running(("promises", promises), ("others", others)) as rounds:
        wait_for(lambda: others.calls > 5)
        assert promises.calls == 1
        rounds.ring("promises")
        wait_for(lambda: promises.calls == 2)


def test_a_pass_that_fails_holds_up_no_other_and_shows_nothing(caplog: pytest.LogCaptureFixture) -> None:
    def fails(now: datetime) -> int:
        raise LookupError("rhian.pritchard@example.org")

    after = Counted()
    with caplog.at_level("INFO"), running(("fails", fails), ("after", after)):
        wait_for(lambda: after.calls == 1)
    assert "pass fails failed: LookupError" in caplog.text
    assert "rhian" not in caplog.text


def test_a_worker_that_was_cut_off_itself_takes_nothing_over(settings: Any) -> None:
    """What cut it off may have cut off the others too: their silence means something only once it has listened again
    for as long."""
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:1"
    force = Force.objects.create(slug="kent", name="Kent Police", languages=["en"], created_at=NOW)
    api.prepare([letter(force=force.id)], now=NOW)
    dead, nobody = Holder(new_id(), "email"), Upstairs(lambda letters, now: {}, lambda ended, now: None)
    assert len(work.claim(dead, most=1, now=NOW, upstairs=nobody)[0]) == 1
    one = Worker(senders={"email": 1}, unseen=timedelta(seconds=20))
    for listens_for, took in ((None, 0), (10.0, 0), (21.0, 1)):
        one._listener._since = None if listens_for is None else time.monotonic() - listens_for
        assert one._sweep(NOW) == took
    assert Dispatch.objects.get().state == "prepared"


def test_nothing_pauses_unless_a_test_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMC_TEST_PAUSE_AT", raising=False)
    at = pause_points()
    done = threading.Event()

    def pass_by() -> None:
        for point in ("claimed", "sent", "completing", "completed", ""):
            at(point)
        done.set()

    threading.Thread(target=pass_by, daemon=True).start()
    assert done.wait(2)
