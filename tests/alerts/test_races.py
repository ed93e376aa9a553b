"""Two at once, on connections of their own."""

import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection, transaction

from trackmycrime.alerts.api import UPSTAIRS, tell
from trackmycrime.alerts.looking import A_MOMENT
from trackmycrime.alerts.models import Alert, Told
from trackmycrime.delivery.models import Dispatch
from trackmycrime.delivery.work import Holder, claim
from trackmycrime.kernel.ids import new_id

from . import making
from .making import NOW

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def both_set_up(settings: Any) -> None:
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:1"
    settings.TMC_TEXT_URL = "http://127.0.0.1:1/"


def aside(do: Callable[[], Any]) -> Any:
    """Do it on another connection, and give what came of it."""
    found: list[Any] = []

    def run() -> None:
        try:
            found.append(do())
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    assert found, "it did not come back"
    return found[0]


@transaction.atomic
def told(made: making.Made, news: list[making.News]) -> Counter[str]:
    """Told and committed."""
    return tell(made.force.id, news, now=NOW)


def take() -> int:
    """How many letters a worker of its own takes."""
    return len(claim(Holder(new_id(), "email"), most=5, now=NOW, upstairs=UPSTAIRS)[0])


def test_the_same_news_told_by_many_at_once_is_told_once() -> None:
    made = making.made()
    news = made.news("update:1", "update:2", "update:3")
    start = threading.Barrier(6)

    def go() -> None:
        start.wait()
        try:
            with transaction.atomic():
                tell(made.force.id, news, now=NOW)
        finally:
            connection.close()

    threads = [threading.Thread(target=go) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Dispatch.objects.count() == Alert.objects.count() == 1
    assert Told.objects.count() == 3


def test_an_alert_does_not_leave_while_something_joins_it() -> None:
    """It would reach the victim before what it tells of can be seen."""
    made = making.made()
    told(made, made.news("update:1"))

    with transaction.atomic():
        assert tell(made.force.id, made.news("update:2"), now=NOW)["joined"] == 1
        assert aside(take) == 0
    assert aside(take) == 1


def test_what_is_just_being_taken_is_not_joined() -> None:
    made = making.made()
    told(made, made.news("update:1"))
    news = made.news("update:2")
    with transaction.atomic():
        assert take() == 1
        assert aside(lambda: told(made, news))["alerts"] == 1
    assert Dispatch.objects.count() == 2


def test_two_workers_do_not_take_two_alerts_of_one_victim_at_the_same_moment() -> None:
    """Neither sees yet that the other sends: they would arrive together, and two channels might."""
    made, other = making.made(), making.made()
    told(made, made.news("update:1"))
    news, others = made.news("update:2"), other.news("update:3")
    with transaction.atomic():
        assert take() == 1
        assert aside(lambda: told(made, news))["alerts"] == 1
        assert aside(take) == 0
        waiting = Dispatch.objects.get(state="prepared")
        assert waiting.next_try_at == NOW + A_MOMENT
        aside(lambda: told(other, others))
        assert aside(take) == 1, "nobody waits for another victim"
    assert aside(take) == 0
