"""Limits that hold across connections, and ids that rise with time."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

from tests.support.doors import role
from tests.support.events import NOW
from trackmycrime.kernel.ids import new_id
from trackmycrime.kernel.limits import Limit, clear, clear_ended, hit

FIVE = Limit("test", 5, timedelta(minutes=10))


@pytest.mark.django_db
def test_a_limit_bites_and_ends_with_its_window() -> None:
    with role("portal"):
        assert [hit(FIVE, "p@example.org", now=NOW) for _ in range(7)] == [True] * 5 + [False] * 2
        assert hit(FIVE, "other@example.org", now=NOW)
        assert hit(FIVE, "p@example.org", now=NOW + timedelta(minutes=11))


@pytest.mark.django_db
def test_success_clears_it_and_what_has_ended_is_removed() -> None:
    for _ in range(5):
        hit(FIVE, "p", now=NOW)
    clear(FIVE, "p")
    assert hit(FIVE, "p", now=NOW)
    with role("worker"):
        assert clear_ended(NOW + timedelta(hours=1)) == 1


@pytest.mark.django_db
def test_the_counter_does_not_say_who() -> None:
    hit(FIVE, "p@example.org", now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("select kernel_counter::text from kernel_counter")
        assert "example" not in cursor.fetchone()[0]


@pytest.mark.django_db(transaction=True)
def test_tries_sent_side_by_side_are_counted_one_by_one() -> None:
    within: list[bool] = []

    def try_it() -> None:
        with transaction.atomic():
            within.append(hit(FIVE, "p", now=NOW))
        connection.close()

    threads = [threading.Thread(target=try_it) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(within) == [False] * 7 + [True] * 5


def test_ids_rise_with_time_and_are_version_7() -> None:
    made = [new_id() for _ in range(200)]
    assert {one.version for one in made} == {7}
    assert len(set(made)) == 200
    millis = [one.int >> 80 for one in made]
    assert millis == sorted(millis)
