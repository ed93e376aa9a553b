"""Silence is the complaint: who has heard nothing for as long as was agreed is told that there is no news yet."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from tests.support.doors import role
from trackmycrime import rounds
from trackmycrime.alerts.api import UPSTAIRS, tell
from trackmycrime.alerts.models import Alert, Told
from trackmycrime.delivery.letters import Letter, Outcome
from trackmycrime.delivery.work import Holder, Tried, claim, complete
from trackmycrime.kernel.ids import new_id
from trackmycrime.tasks.models import Task

from . import making
from .making import NOW, Made

pytestmark = pytest.mark.django_db
WORKER = new_id()
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def set_up(settings: Any) -> None:
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:1"


def look(now: datetime) -> int:
    """What the worker's pass does then."""
    with role("worker"):
        return dict(rounds.PASSES)["quiet"](now)


def sent(now: datetime) -> list[Letter]:
    with role("worker"):
        letters = claim(Holder(WORKER, "email"), most=10, now=now, upstairs=UPSTAIRS)[0]
    with role("worker"):
        tried = [Tried(each, Outcome("accepted", "250"), now) for each in letters]
        complete(tried, now=now, upstairs=UPSTAIRS)
    return letters


def told(now: datetime = NOW, **values: Any) -> Made:
    """Somebody who was told something then."""
    made = making.made(**values)
    tell(made.force.id, made.news(), now=now)
    assert len(sent(now)) == 1
    return made


def test_after_28_days_of_silence_they_are_told_so_and_then_after_28_more() -> None:
    told()
    assert look(NOW + 27 * DAY) == 0
    after = NOW + 28 * DAY
    assert look(after) == 1
    assert look(after) == 0  # it waits already
    (letter,) = sent(after)
    assert letter.subject == "Your regular update"
    assert "no news yet" in letter.body
    assert look(after + 27 * DAY) == 0
    assert look(after + 28 * DAY) == 1


def test_whatever_they_are_told_begins_it_anew() -> None:
    made = told()
    later = NOW + 20 * DAY
    tell(made.force.id, made.news("update:2"), now=later)
    assert len(sent(later)) == 1
    assert look(NOW + 28 * DAY) == 0
    assert look(later + 28 * DAY) == 1


@pytest.mark.parametrize(
    ("days", "agreed", "after"), [(28, 14, 14), (28, 56, 56), (14, None, 14), (14, 28, 28), (28, 0, 0)]
)
def test_the_interval_is_theirs_else_the_forces(days: int, agreed: int | None, after: int) -> None:
    of = making.force("kent", policy={"update_days": days})
    told(of=of, agreed_days=agreed)
    if not after:
        assert look(NOW + 400 * DAY) == 0
        return
    assert look(NOW + (after - 1) * DAY) == 0
    assert look(NOW + after * DAY) == 1


@pytest.mark.parametrize(
    "values", [{"open": False}, {"closed_on": NOW.date()}, {"readable_until": NOW + DAY}]
)
def test_of_a_case_that_is_over_nothing_is_said(values: dict[str, Any]) -> None:
    made = told()
    type(made.case).objects.update(**values)
    assert look(NOW + 28 * DAY) == 0


def test_news_that_comes_before_it_has_gone_out_takes_its_place(settings: Any) -> None:
    made = told()
    after = NOW + 28 * DAY
    assert look(after) == 1
    tell(made.force.id, made.news("update:2"), now=after)
    (letter,) = sent(after)
    assert letter.subject == "You have an update"
    assert set(Alert.objects.filter(about="no_news").values_list("state", "reason")) == {
        ("cancelled", "news came")
    }


def test_a_case_that_closes_before_it_has_gone_out_stops_it() -> None:
    made = told()
    after = NOW + 28 * DAY
    assert look(after) == 1
    type(made.case).objects.update(closed_on=after.date())
    assert sent(after) == []


def test_whom_a_person_tells_a_person_tells_this_too() -> None:
    made = making.made(preferred_channel="phone")
    tell(made.force.id, made.news(), now=NOW)
    assert look(NOW + 28 * DAY) == 1
    task = Task.objects.get(kind="tell_no_news")
    assert (task.victim_id, task.officer_id) == (made.victim.id, "O1")
    # Tuesday the 22nd of December: by the end of Wednesday
    assert task.due_at is not None
    assert task.due_at.date().isoformat() == "2026-12-23"


def test_two_workers_at_once_say_it_once() -> None:
    told()
    after = NOW + 28 * DAY
    assert look(after) == 1
    Alert.objects.filter(about="no_news").update(state="sent", sent_at=None, finished_at=NOW)
    assert look(after) == 0
    assert Told.objects.filter(entry__startswith="no-news:").count() == 1


def test_it_goes_at_no_hour_that_is_not_safe() -> None:

    told(safe_from=time(14), safe_to=time(15))
    after = NOW.replace(hour=9) + 28 * DAY
    assert look(after) == 1
    assert sent(after) == []
    assert len(sent(after.replace(hour=14, minute=30))) == 1
