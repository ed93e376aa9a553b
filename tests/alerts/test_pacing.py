"""Not too many, not too late, by letters that a worker takes: gathering, quiet hours, summaries, danger, disguise."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.doors import role
from trackmycrime.alerts.api import UPSTAIRS, tell
from trackmycrime.alerts.models import Alert
from trackmycrime.delivery.letters import Letter, Outcome
from trackmycrime.delivery.models import Dispatch
from trackmycrime.delivery.work import Holder, Tried, claim, complete
from trackmycrime.kernel.ids import new_id
from trackmycrime.publish.models import Entry
from trackmycrime.tasks.models import Task

from . import making
from .making import NOW, Made

pytestmark = pytest.mark.django_db
WORKER = new_id()
MINUTES, NIGHT = timedelta(minutes=1), NOW.replace(hour=23)
MORNING = datetime(2026, 11, 25, 8, tzinfo=UTC)


@pytest.fixture(autouse=True)
def both_set_up(settings: Any) -> None:
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:1"
    settings.TMC_TEXT_URL = "http://127.0.0.1:1/"
    settings.TMC_EMAIL_FROM_NEUTRAL = "Post <post@letters.example>"


def due(now: datetime, channel: str = "email") -> list[Letter]:
    with role("worker"):
        return claim(Holder(WORKER, channel), most=10, now=now, upstairs=UPSTAIRS)[0]


def sent(now: datetime, channel: str = "email") -> list[Letter]:
    """What goes out now, and is taken by the provider."""
    letters = due(now, channel)
    with role("worker"):
        complete(
            [Tried(each, Outcome("accepted", "250"), now) for each in letters], now=now, upstairs=UPSTAIRS
        )
    return letters


def news(made: Made, key: str, milestone: str = "note", *, now: datetime = NOW, **values: Any) -> None:
    made.entry(key, milestone=milestone, happened_at=now, **values)
    tell(made.force.id, made.news(key, make=False), now=now)


def test_the_first_goes_at_once_and_what_follows_within_ten_minutes_becomes_one_more() -> None:
    made = making.made()
    news(made, "update:1")
    assert len(sent(NOW)) == 1
    for n in (2, 3, 4):
        now = NOW + n * MINUTES
        news(made, f"update:{n}", now=now)
        assert sent(now) == []
    waiting = Alert.objects.get(state="waiting")
    assert (waiting.due_at, waiting.reason) == (NOW + 10 * MINUTES, "gathered")
    assert sent(NOW + 9 * MINUTES) == []
    written = sent(NOW + 10 * MINUTES)  # in other words, now that it is more than one
    (letter,) = written or sent(NOW + 10 * MINUTES)
    assert letter.subject == "You have more than one update"
    assert not Alert.objects.filter(state="waiting").exists()
    assert sent(NOW + 60 * MINUTES) == []


def test_another_that_is_on_its_way_at_this_moment_counts_too() -> None:
    made = making.made()
    news(made, "update:1")
    (first,) = due(NOW)
    news(made, "update:2")
    assert due(NOW) == []
    with role("worker"):
        complete([Tried(first, Outcome("accepted", "250"), NOW)], now=NOW, upstairs=UPSTAIRS)
    assert due(NOW + MINUTES) == []
    assert len(due(NOW + 10 * MINUTES)) == 1


def test_the_night_is_quiet_and_the_alert_says_until_when() -> None:
    made = making.made()
    news(made, "update:1", now=NIGHT)
    assert sent(NIGHT) == []
    alert = Alert.objects.get()
    assert (alert.state, alert.due_at, alert.reason) == ("waiting", MORNING, "quiet hours")
    assert len(sent(MORNING)) == 1
    assert Alert.objects.get().reason == ""


def test_what_is_urgent_takes_along_what_waits() -> None:
    """A note waits for Monday; a hearing, which has a clock of the Code, does not, and the note goes with it."""
    made = making.made(chosen_pace="weekly")
    news(made, "update:1")
    assert sent(NOW) == []
    assert Alert.objects.get().due_at == datetime(2026, 11, 30, 9, tzinfo=UTC)
    later = NOW + timedelta(hours=2)
    news(made, "update:2", "hearing_listed", now=later)
    (letter,) = sent(later) or sent(later)
    assert letter.subject == "You have more than one update"
    assert Alert.objects.count() == 1


def test_a_summary_that_a_provider_cannot_take_at_once_is_tried_again() -> None:
    """It waits longer than a letter lives; its life begins when its day has come."""
    made = making.made(chosen_pace="weekly")
    news(made, "update:1")
    assert due(NOW) == []
    monday = datetime(2026, 11, 30, 9, tzinfo=UTC)
    (letter,) = due(monday)
    with role("worker"):
        complete([Tried(letter, Outcome("later", "451"), monday)], now=monday, upstairs=UPSTAIRS)
    assert Alert.objects.get().state == "waiting"
    assert len(due(monday + timedelta(hours=1))) == 1


@pytest.mark.parametrize(("flags", "goes"), [(["domestic_abuse"], True), ([], False)])
def test_danger_that_an_officer_has_released_goes_at_night(flags: list[str], goes: bool) -> None:
    made = making.made()
    made.crime.flags = flags
    made.crime.save()
    news(made, "update:1", "sentence", now=NIGHT, decision="release")
    assert bool(sent(NIGHT)) == goes


def test_a_forces_own_hours_are_kept() -> None:
    of = making.force("kent", policy={"quiet_from": "23:30", "quiet_to": "09:00", "gather_minutes": 0})
    made = making.made(of)
    news(made, "update:1", now=NIGHT)
    news(made, "update:2", now=NIGHT)
    assert len(sent(NIGHT)) == 1
    news(made, "update:3", now=NIGHT + MINUTES)
    assert len(sent(NIGHT + MINUTES)) == 1
    news(made, "update:4", now=NIGHT + 31 * MINUTES)
    assert sent(NIGHT + 31 * MINUTES) == []
    assert Alert.objects.get(state="waiting").due_at == MORNING.replace(hour=9)


# ---------------------------------------------------------------- disguise


def test_in_disguise_nothing_says_who_writes() -> None:
    made = making.made(disguise=True, safe_channels=["email", "text"])
    news(made, "update:1")
    (letter,) = sent(NOW)
    assert letter.disguised
    words = f"{letter.subject} {letter.body}".lower()
    for said in ("police", "crime", "http", "case", "officer", "victim"):
        assert said not in words


@pytest.mark.parametrize("channels", [None, [], ["text"], ["phone"]])
def test_in_disguise_a_person_tells_where_no_channel_is_named_that_hides_who_writes(channels: Any) -> None:
    made = making.made(disguise=True, safe_channels=channels)
    news(made, "update:1")
    assert due(NOW) == due(NOW, "text") == []
    assert Alert.objects.get().state == "by_person"
    assert Task.objects.get().kind == "tell_yourself"


def test_who_asks_for_disguise_while_a_letter_waits_gets_another_in_disguise() -> None:
    made = making.made(safe_channels=["email"])
    news(made, "update:1")
    made.change(disguise=True)
    assert due(NOW) == []
    old = Dispatch.objects.get(state="cancelled")
    assert (old.reason, old.disguised) == ("disguise changed", False)
    (letter,) = due(NOW)
    assert letter.disguised
    assert Alert.objects.count() == 1


def test_where_the_neutral_sender_is_taken_away_a_person_tells(settings: Any) -> None:
    made = making.made(disguise=True, safe_channels=["email"])
    news(made, "update:1")
    settings.TMC_EMAIL_FROM_NEUTRAL = ""
    assert due(NOW) == []
    assert Alert.objects.get().state == "by_person"


def test_what_has_gone_meanwhile_is_not_waited_for() -> None:
    made = making.made()
    news(made, "update:1", now=NIGHT)
    assert due(NIGHT) == []
    Entry.objects.update(state="gone")
    assert due(MORNING) == []
    assert Alert.objects.get().state == "cancelled"
