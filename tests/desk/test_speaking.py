"""What changes how safe somebody is: an officer speaks with them first; in time, or a supervisor is asked."""

from datetime import timedelta
from typing import Any

import pytest

from tests.desk.people import World, sign_in, world
from tests.support.doors import role
from tests.support.events import event, update, victim
from trackmycrime import rounds
from trackmycrime.alerts.models import Alert, Told
from trackmycrime.kernel.clock import utc_now
from trackmycrime.publish.models import Entry
from trackmycrime.tasks.models import Task

pytestmark = pytest.mark.django_db
SPEAK, OVERDUE = "speak_before_release", "speak_overdue"


@pytest.fixture
def made(settings: Any) -> World:
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:1"
    made = world()
    made.send(victim("52/1", 2, enhanced_rights=True))
    Alert.objects.update(state="sent")
    return made


def says(made: World, milestone: str = "sentence", update_id: str = "d1", **data: Any) -> Entry:
    made.sequence += 1
    made.send(update("52/1", made.sequence, update_id, milestone, **data))
    return Entry.objects.get(key=f"update:{update_id}")


def told(entry: Entry) -> int:
    return Told.objects.filter(entry=entry.key).count()


def ask_supervisors(later: timedelta = timedelta(hours=25)) -> int:
    with role("worker"):
        return dict(rounds.PASSES)["unspoken"](utc_now() + later)


@pytest.mark.parametrize(
    "milestone", ["released_on_bail", "bail_changed", "appeal_lodged", "sentence", "verdict"]
)
def test_a_danger_is_a_task_first_and_told_when_it_is_done(made: World, milestone: str) -> None:
    entry = says(made, milestone)
    assert (entry.state, told(entry)) == ("held", 0)
    task = Task.objects.get(kind=SPEAK)
    assert task.due_at
    assert task.due_at <= utc_now() + timedelta(hours=24)
    assert task.officer_id == "o1"
    sign_in(made.force).post(f"/tasks/{task.id}/", {"note": "Spoke on the phone at noon."})
    entry.refresh_from_db()
    assert (entry.state, told(entry)) == ("published", 1)
    assert Alert.objects.get(id=Told.objects.get(entry=entry.key).alert_id).state == "waiting"


def test_in_words_that_have_changed_since_somebody_has_to_speak_again(made: World) -> None:
    says(made, text={"en": "Two years."})
    old = Task.objects.get(kind=SPEAK)
    entry = says(made, text={"en": "Three years."})
    sign_in(made.force).post(f"/tasks/{old.id}/", {"note": "Told them: two years."})
    entry.refresh_from_db()
    assert (entry.state, told(entry)) == ("held", 0)
    assert Task.objects.filter(kind=SPEAK, done_at=None).exists()


def test_where_nobody_speaks_in_time_a_supervisor_is_asked_once_and_it_still_waits(made: World) -> None:
    entry = says(made)
    assert ask_supervisors(timedelta(hours=23)) == 0
    assert ask_supervisors() == 1
    assert ask_supervisors() == 0
    entry.refresh_from_db()
    assert (entry.state, told(entry)) == ("held", 0)
    task = Task.objects.get(kind=OVERDUE)
    assert (task.crime_id, task.unit_id) == (made.crime().id, "u1")
    sign_in(made.force, "supervisor").post(f"/tasks/{task.id}/", {"note": "Called them myself."})
    entry.refresh_from_db()
    assert (entry.state, told(entry)) == ("published", 1)
    assert not Task.objects.filter(kind__in=[SPEAK, OVERDUE], done_at=None).exists()


@pytest.mark.parametrize("unit", ["u1", ""])
def test_it_is_on_the_lists_of_supervisors_and_of_no_officer(made: World, unit: str) -> None:
    says(made)
    assert ask_supervisors() == 1
    Task.objects.filter(kind=OVERDUE).update(unit_id=unit)
    supervisor, officer = sign_in(made.force, "supervisor"), sign_in(made.force)
    for path, listed in (("/", 1), ("/?who=mine", 0), ("/?who=force", 1)):
        assert supervisor.get(path).content.decode().count("No one has spoken to them yet") == listed
        assert "No one has spoken to them yet" not in officer.get(path).content.decode()


def test_no_supervisor_is_asked_of_what_was_withdrawn(made: World) -> None:
    says(made)
    made.send(event("update.withdrawn", "52/1", 90, {"update": "d1", "reason": "mistake"}))
    assert ask_supervisors() == 0


def test_of_words_that_changed_while_nobody_spoke_a_supervisor_is_asked_once_as_they_are_now(
    made: World,
) -> None:
    says(made, text={"en": "Two years."})
    entry = says(made, text={"en": "Three years."})
    assert ask_supervisors() == 1
    task = Task.objects.get(kind=OVERDUE)
    sign_in(made.force, "supervisor").post(f"/tasks/{task.id}/", {"note": "Told them: three years."})
    entry.refresh_from_db()
    assert (entry.state, told(entry)) == ("published", 1)
    assert not Task.objects.filter(kind__in=[SPEAK, OVERDUE], done_at=None).exists()
    assert ask_supervisors() == 0


def test_a_forces_own_time_to_speak_is_kept(settings: Any) -> None:
    made = world(speak_hours=2)
    made.send(victim("52/1", 2, enhanced_rights=True))
    says(made)
    assert ask_supervisors(timedelta(hours=3)) == 1
