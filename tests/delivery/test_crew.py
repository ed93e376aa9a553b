"""A crew by itself: one letter at which the rooms above break holds up no other, and is not lost."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from trackmycrime.delivery import api
from trackmycrime.delivery import crew as crews
from trackmycrime.delivery.channels import Channel
from trackmycrime.delivery.crew import Crew
from trackmycrime.delivery.letters import Finished, Letter, Outcome, Upstairs, Verdict
from trackmycrime.delivery.models import Attempt, Dispatch
from trackmycrime.delivery.settling import Tried
from trackmycrime.delivery.work import Holder
from trackmycrime.forces.models import Force
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.ids import new_id
from trackmycrime.ops.worker import Worker

from .letters import letter
from .processes import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


class Takes(Channel):
    """A channel that takes everything."""

    def __init__(self) -> None:
        self.sent: Counter[UUID] = Counter()
        self._lock = threading.Lock()

    def send(self, letter: Letter) -> Outcome:
        with self._lock:
            self.sent[letter.id] += 1
        return Outcome("accepted", "250")

    def close(self) -> None:
        pass


@pytest.mark.parametrize("where", ["looking", "hearing"])
def test_one_at_which_the_rooms_above_break_holds_up_no_other(where: str) -> None:
    force = Force.objects.create(slug="kent", name="Kent Police", languages=["en"], created_at=utc_now())
    letters = [letter(force=force.id, due_at=utc_now()) for _ in range(5)]
    bad = letters[2].id

    def still_allowed(looked_at: Sequence[Letter], now: datetime) -> dict[UUID, Verdict]:
        if where == "looking" and bad in {each.id for each in looked_at}:
            raise LookupError("rhian.pritchard@example.org cannot be looked at")
        return {}

    def finished(ended: Sequence[Finished], now: datetime) -> None:
        if where == "hearing" and bad in {each.id for each in ended}:
            raise LookupError("rhian.pritchard@example.org cannot be heard of")

    channel = Takes()
    crew = Crew(Holder(new_id(), "email"), lambda: channel, Upstairs(still_allowed, finished), senders=3)
    api.prepare(letters, now=utc_now())
    crew.start()
    try:
        others = {each.id for each in letters} - {bad}
        wait_for(lambda: Dispatch.objects.filter(id__in=others, state="accepted").count() == 4)
        wait_for(lambda: Attempt.objects.filter(dispatch_id=bad).exists())
    finally:
        crew.stop()
        assert crew.join(10)
    assert set(channel.sent.values()) == {1}
    held = Dispatch.objects.get(id=bad)
    # looked at in vain it waits for another try; sent, it is written down although nobody above heard of it
    assert held.state == ("prepared" if where == "looking" else "accepted")
    assert (bad in channel.sent) == (where == "hearing")


def clock(monkeypatch: pytest.MonkeyPatch, sleeping: Callable[[], None] = lambda: None) -> list[float]:
    """A crew's clock that passes only while it sleeps: how many seconds have passed. `sleeping` happens meanwhile."""
    passed = [0.0]

    class Clock:
        monotonic = staticmethod(lambda: passed[0])

        @staticmethod
        def sleep(seconds: float) -> None:
            passed[0] += seconds
            sleeping()

    monkeypatch.setattr(crews, "time", Clock)
    return passed


def a_crew(senders: int, rests: float = 0.0) -> Crew:
    nobody = Upstairs(lambda letters, now: {}, lambda ended, now: None)
    return Crew(Holder(new_id(), "email"), Takes, nobody, senders=senders, rests=rests)


@pytest.mark.parametrize(("took", "waits"), [(0.0, 0.04), (0.1, 0.2), (10.0, 0.5)])
def test_on_a_busy_machine_a_clerk_waits_for_a_fuller_turn_but_not_for_long(
    took: float, waits: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    passed = clock(monkeypatch)
    one = a_crew(senders=2)
    one._took, one._out = took, 2  # two are out, and neither comes back
    one._gather()
    assert waits <= passed[0] < waits + 0.01
    one._out, passed[0] = 0, 0.0  # all are idle: whatever rang is looked at at once
    one._gather()
    assert passed[0] == 0


@pytest.mark.parametrize(
    ("rests", "took", "waits"), [(0.0, 0.1, 0.0), (3.0, 0.1, 0.3), (3.0, 10.0, 1.0), (3.8, 0.0, 0.0)]
)
def test_a_crew_that_lets_others_go_first_rests_after_a_turn_and_then_needs_one_turn_for_all(
    rests: float, took: float, waits: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = a_crew(senders=2, rests=rests)
    passed = clock(monkeypatch, sleeping=one.ring)
    one._has_taken(took)
    one.ring()
    one._pause()
    assert passed[0] == pytest.approx(waits)
    # what rang while it rested is seen by the turn that follows, and asks for no other
    assert not one._look.is_set()
    # and who rings when it has rested waits for nothing
    one._has_taken(took)
    passed[0] += waits
    one.ring()
    one._pause()
    assert passed[0] == pytest.approx(2 * waits)


def test_only_a_worker_that_is_to_let_others_go_first_rests(settings: Any) -> None:
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:1"
    for nice, rests in ((0, 0.0), (15, 3.0)):
        (crew,) = Worker(senders={"email": 1}, nice=nice)._crews
        assert crew._rests == rests


def test_a_backlog_asks_for_more_connections_and_a_server_that_turns_some_away_gets_fewer() -> None:
    crew = a_crew(senders=64)
    sizes = []
    for _ in range(4):
        crew._fit(True)
        sizes.append(crew._size)
    assert sizes == [32, 64, 64, 64]
    crew._out = 64
    refused = Tried(letter(), Outcome("later", "connect-421"), utc_now())
    crew._note([refused] * 14)
    assert crew._size == 50  # as many as it took
    crew._out = 0
    for _ in range(3):
        crew._fit(False)
    assert crew._size == 16
    for _ in range(40):
        crew._note([Tried(letter(), Outcome("accepted", "250"), utc_now())])
    assert crew._bound == 64
