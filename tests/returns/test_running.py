"""The real worker and a real receiver: at once, through every failure, killed at each point, two side by side.

After each of it every return has arrived at least once, of each crime in order, and nothing twice but what was in
flight when a worker was killed.
"""

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from tests.delivery.processes import wait_for, worker
from tests.messages import making
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.scope import bound
from trackmycrime.messages import api as messages
from trackmycrime.returns import webhooks, work
from trackmycrime.returns.models import Post, Return, Webhook

from .making import World, world
from .receiver import RESET, Receiver, receiver

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


@pytest.fixture
def made(there: Receiver) -> World:
    made = world()
    _, secret = webhooks.set_up(made.sender.source, there.url, now=utc_now())
    assert secret
    there.secret = secret
    return made


def write(made: World, *texts: str, of: making.Made | None = None) -> None:
    """A victim writes on the portal."""
    of = of or made.made
    assert of.victim.account is not None
    for text in texts:
        with bound(account=of.victim.account.id):
            messages.write_as_victim(
                of.victim.id, of.case.id, of.victim.account.id, text, uuid4(), now=utc_now()
            )


def others(made: World, number: int) -> list[making.Made]:
    """More victims of other crimes of the same force."""
    return [making.whole(made.made.force, f"52/{n}") for n in range(number)]


def all_done(number: int) -> bool:
    return Post.objects.filter(state="done").count() == number


def why() -> str:
    return str(Counter(Post.objects.values_list("state", "answer", "tries")))


def hurry() -> None:
    """What waits for its next try is due now: the growing pauses are not what is tried here."""
    Post.objects.filter(state="waiting").update(next_try_at=utc_now())


def test_what_a_victim_writes_is_at_the_records_system_within_moments(made: World, there: Receiver) -> None:
    with worker() as running:
        write(made, "canary-rhian: is there news?")
        wait_for(lambda: there.got, why=why)
        wait_for(lambda: all_done(1), why=why)
        assert running.end() == 0
        assert "canary" not in running.said
        assert there.url not in running.said
        assert there.secret not in running.said
    assert there.texts() == ["canary-rhian: is there news?"]
    assert there.got[0].event["data"]["victim"] == made.made.victim.person


def test_through_every_failure_all_arrive_and_of_each_crime_in_order(made: World, there: Receiver) -> None:
    crimes = others(made, 6)
    ways: list[Any] = [500, RESET, 503, (302, {"Location": "/elsewhere"}), 429, 404]
    of_subject = {f"52/{n}": way for n, way in enumerate(ways)}

    def rule(event: dict[str, Any], nth: int) -> Any:
        return of_subject.get(event["subject"], 204) if nth < 3 else 204

    there.rule = rule
    for n, crime in enumerate(crimes):
        write(made, *(f"{n}:{k}" for k in range(3)), of=crime)
    with worker():
        wait_for(lambda: hurry() or all_done(18), why=why)
    assert len(there.got) == 18
    for n in range(6):
        assert [text for text in there.texts() if text.startswith(f"{n}:")] == [f"{n}:{k}" for k in range(3)]


@pytest.mark.parametrize("point", ["claimed", "sent", "completing", "completed"])
def test_killed_at_any_point_it_arrives_and_at_most_what_was_in_flight_twice(
    made: World, there: Receiver, point: str
) -> None:
    write(made, "one", "two", "three")
    with worker(pause_at=point) as first:
        first.wait_until_says(f"paused at {point}")
        first.kill()
    with worker():
        wait_for(lambda: all_done(3), why=why)
    counts = Counter(there.texts())
    assert set(counts) == {"one", "two", "three"}
    assert sum(counts.values()) <= 4
    assert len({one.id for one in there.got}) == 3


def test_killed_again_and_again_while_victims_write_nothing_is_missing(made: World, there: Receiver) -> None:
    crimes, kills = others(made, 4), 4
    for round_ in range(kills):
        for n, crime in enumerate(crimes):
            write(made, f"{n}:{2 * round_}", f"{n}:{2 * round_ + 1}", of=crime)
        before = len(there.got)
        with worker() as running:
            wait_for(partial(more_than, there, before + round_), why=why)
            running.kill()
    with worker():
        wait_for(lambda: all_done(32), why=why)
    assert Return.objects.count() == 32
    first = list(dict.fromkeys(there.texts()))
    assert len(there.got) <= 32 + kills * work.AT_ONCE
    for n in range(4):
        assert [text for text in first if text.startswith(f"{n}:")] == [f"{n}:{k}" for k in range(8)]


def more_than(there: Receiver, number: int) -> bool:
    return len(there.got) > number


def test_killed_before_the_return_is_made_it_is_made_by_the_next(made: World, there: Receiver) -> None:
    """What the portal wrote is a row; whoever lives carries it on, once."""
    with worker() as first:
        first.kill()
    write(made, "one")
    with worker(), worker():
        wait_for(lambda: all_done(1), why=why)
    assert there.texts() == ["one"]
    assert Return.objects.count() == 1


def test_two_workers_side_by_side_send_each_once_and_in_order(made: World, there: Receiver) -> None:
    crimes = others(made, 8)
    with worker(), worker():
        for k in range(4):
            for n, crime in enumerate(crimes):
                write(made, f"{n}:{k}", of=crime)
        wait_for(lambda: all_done(32), why=why)
    assert len(there.got) == 32
    for n in range(8):
        assert [text for text in there.texts() if text.startswith(f"{n}:")] == [f"{n}:{k}" for k in range(4)]


def test_a_rotation_while_deliveries_run_loses_and_forges_nothing(made: World, there: Receiver) -> None:
    crimes = others(made, 5)
    with worker():
        for round_ in range(4):

            def rotate() -> str:
                with transaction.atomic():
                    return webhooks.rotate(Webhook.objects.get(), keep=timedelta(hours=1), now=utc_now())

            if round_ % 2:  # the receiver takes the new one at once: both count for what is sent from now on
                there.secret = rotate()
            for n, crime in enumerate(crimes):
                write(made, f"{n}:{round_}", of=crime)
            # or it goes on with the old one, by which also what is on its way was signed
            new = there.secret if round_ % 2 else rotate()
            wait_for(partial(all_done, 5 * (round_ + 1)), why=why)
            there.secret = new
    assert there.forged == []
    assert len(there.got) == 20
