"""The cursor rises and shows no gap that later fills, whoever writes and numbers at the same moment.

The trap: a number that is taken before the commit. A reader that has seen 5 never looks for a 4 that comes later.
"""

import random
import threading
import time
from typing import Any

import pytest
from django.db import connection, transaction

from trackmycrime.kernel import setwise
from trackmycrime.returns import api
from trackmycrime.returns.models import Return

from .making import NOW, World, world

pytestmark = pytest.mark.django_db(transaction=True)
WRITERS, EACH = 6, 25


def write(made: World, writer: int, faults: list[BaseException]) -> None:
    chance = random.Random(writer)
    try:
        for n in range(EACH):
            with transaction.atomic():
                made.happened(f"{writer}:{n}", number=False)
                setwise.fetch(
                    "select pg_sleep(%s)", [chance.random() * 0.004]
                )  # commits come in another order
                if chance.random() < 0.2:
                    transaction.set_rollback(True)
    except BaseException as fault:
        faults.append(fault)
    finally:
        connection.close()


def give_numbers(ending: threading.Event, faults: list[BaseException]) -> None:
    try:
        while not ending.is_set():
            with transaction.atomic():
                api.number(NOW, most=7)
    except BaseException as fault:
        faults.append(fault)
    finally:
        connection.close()


def test_a_reader_that_never_stops_sees_every_row_once_and_in_order() -> None:
    made = world()
    ending, faults = threading.Event(), []  # type: ignore[var-annotated]
    writers = [threading.Thread(target=write, args=(made, n, faults)) for n in range(WRITERS)]
    others = [threading.Thread(target=give_numbers, args=(ending, faults)) for _ in range(2)]
    for thread in [*writers, *others]:
        thread.start()
    source, force = made.sender.source.id, made.made.force.id
    seen: list[dict[str, Any]] = []
    cursor, until = 0, time.monotonic() + 60
    while time.monotonic() < until:
        over = not any(thread.is_alive() for thread in writers)
        page = api.page(source, force, cursor, limit=5)
        seen += page.returns
        cursor = page.cursor
        if over and not page.returns and not Return.objects.filter(number=None).exists():
            break
    # what was numbered between the last page and the look
    seen += api.page(source, force, cursor, limit=500).returns
    ending.set()
    for thread in [*writers, *others]:
        thread.join(20)
    assert faults == []
    kept = set(map(str, Return.objects.values_list("id", flat=True)))
    assert len(kept) > WRITERS * EACH // 2
    assert len(seen) == len(kept), "a row was passed over, or came twice"
    assert {one["id"] for one in seen} == kept
    assert [int(one["sequence"]) for one in seen] == list(range(1, len(kept) + 1))


def test_a_row_that_is_committed_late_gets_a_later_number_not_an_earlier_one() -> None:
    made = world()
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                made.happened("slow", number=False)
                begun.set()
                assert go_on.wait(20)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert begun.wait(20)
    made.happened("quick")
    seen = api.page(made.sender.source.id, made.made.force.id, 0)
    go_on.set()
    thread.join(20)
    with transaction.atomic():
        api.number(NOW)
    later = api.page(made.sender.source.id, made.made.force.id, seen.cursor)
    assert [[one["data"]["text"] for one in page.returns] for page in (seen, later)] == [["quick"], ["slow"]]


def test_numbers_go_on_after_the_newest_row_is_gone() -> None:
    """Whatever is one day purged: no number is given a second time, and no cursor goes back."""
    made = world()
    made.happened("one", "two")
    Return.objects.filter(number=2).delete()
    made.happened("three")
    page = api.page(made.sender.source.id, made.made.force.id, 1)
    assert [one["sequence"] for one in page.returns] == ["3"]


def test_numbers_of_one_force_say_nothing_of_another() -> None:
    one, other = world(), world("south-wales")
    one.happened("a", "b")
    other.happened("c")
    page = api.page(other.sender.source.id, other.made.force.id, None)
    assert [each["sequence"] for each in page.returns] == ["1"]
