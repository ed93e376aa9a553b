"""The date by which victims were promised to hear: the officer is asked before it, once, and not in vain."""

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest
from django.db import connection, transaction

from tests.alerts import making
from trackmycrime import pipeline, rounds
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.ids import new_id
from trackmycrime.publish.models import Case
from trackmycrime.tasks.models import Task

pytestmark = pytest.mark.django_db

NOW = making.NOW
TODAY = NOW.date()


def ask(now: datetime = NOW) -> int:
    return dict(rounds.PASSES)["promises"](now)


def case(*, joined: bool = True, **values: object) -> Case:
    made = making.made(joined=joined)
    Case.objects.filter(id=made.case.id).update(**values)
    return made.case


def test_an_officer_is_asked_three_days_before_once() -> None:
    promised = case(promised_on=TODAY + timedelta(days=3))
    counted = case(next_update_on=TODAY)
    assert ask() == 2
    assert ask() == 0
    asked = {task.crime_id: task for task in Task.objects.filter(kind="update_due")}
    assert set(asked) == {promised.crime_id, counted.crime_id}
    assert {(task.officer_id, task.unit_id) for task in asked.values()} == {("O1", "U1")}


def test_nobody_is_asked_too_early_too_late_or_for_nobody() -> None:
    case(promised_on=TODAY + timedelta(days=4))
    case(
        promised_on=TODAY + timedelta(days=9), next_update_on=TODAY
    )  # what was promised stands before the other
    case(next_update_on=TODAY - timedelta(days=1))
    case(next_update_on=TODAY, open=False)
    case(next_update_on=TODAY, closed_on=TODAY)
    case(next_update_on=TODAY, joined=False)
    assert ask() == 0
    assert not Task.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_promise_of_a_near_day_wakes_the_worker_although_it_looks_seldom() -> None:
    assert "promises" in rounds.SELDOM
    made = making.made()
    staff = SimpleNamespace(account_id=new_id(), force_id=made.force.id, officer_id="O1")
    with connection.cursor() as cursor:
        cursor.execute("listen tmc_bell")
    with transaction.atomic():
        pipeline.set_next_update(staff, made.case.id, TODAY, now=utc_now())
    assert [ring.payload for ring in connection.connection.notifies(timeout=1, stop_after=1)] == ["promises"]
