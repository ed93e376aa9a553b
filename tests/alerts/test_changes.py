"""An address or number is another now: the new one is asked, another safe route is told, none that is unsafe."""

from typing import Any

import pytest

from tests.alerts.outgoing import MOBILE, goes_to, letters, reached
from tests.desk.people import World, sign_in
from tests.support.events import victim
from trackmycrime.alerts.models import Alert
from trackmycrime.people.models import Victim
from trackmycrime.tasks.models import Task

pytestmark = pytest.mark.django_db
OLD, NEW = "old@example.org", "new@example.org"
TASK = "contact_changed"


@pytest.fixture
def made(settings: Any) -> World:
    return reached(settings, OLD)


def says(made: World, sequence: int = 3, **data: Any) -> None:
    made.send(victim("52/1", sequence, **({"email": OLD, "mobile": MOBILE} | data)))


def test_the_new_address_is_asked_and_the_number_is_told_and_the_old_address_hears_nothing(
    made: World,
) -> None:
    says(made, email=NEW)
    sent = letters()
    assert {letter.address for letter in sent} == {NEW, MOBILE}
    for letter in sent:
        assert "@" not in letter.body
        assert not any(value in letter.body for value in (OLD, NEW, MOBILE, MOBILE[-3:]))
    assert not Task.objects.exists()


def test_a_number_that_is_taken_away_is_told_nowhere_but_by_the_address(made: World) -> None:
    says(made, mobile=None)
    assert goes_to() == {OLD: "alert.contact_told.email"}


def test_where_the_change_calls_the_other_route_unsafe_it_waits_for_an_officer(made: World) -> None:
    says(made, email=NEW, safe_contact={"channels": ["email"], "disguise": False, "no_portal": False})
    assert letters() == []
    task = Task.objects.get(kind=TASK)
    assert (task.victim_id, task.officer_id) == (Victim.objects.get().id, "o1")
    assert NEW not in str(task.detail)
    sign_in(made.force).post(f"/tasks/{task.id}/", {"note": "It is theirs."})
    assert goes_to() == {NEW: "alert.contact_new.email"}


def test_when_both_are_others_neither_hears_of_it_before_an_officer_has_spoken(made: World) -> None:
    says(made, email=NEW, mobile="+447700900124")
    assert letters() == []
    assert Task.objects.filter(kind=TASK, done_at=None).count() == 1


def test_a_new_route_that_is_not_safe_is_not_asked(made: World) -> None:
    says(made, email=NEW, safe_contact={"channels": ["text"], "disguise": False, "no_portal": False})
    assert goes_to() == {MOBILE: "alert.contact_told.text"}


def test_in_disguise_it_says_nothing_of_who_writes(made: World) -> None:
    says(made, mobile=None, safe_contact={"channels": ["email"], "disguise": True, "no_portal": False})
    (letter,) = letters()
    assert letter.disguised
    assert letter.words.startswith("alert.contact_told.disguise.email")
    assert "police" not in letter.body.lower()


def test_of_who_may_not_be_reached_by_a_machine_an_officer_hears(made: World) -> None:
    says(made, email=NEW, safe_contact={"channels": [], "disguise": False, "no_portal": False})
    assert letters() == []
    assert Task.objects.filter(kind=TASK).exists()


def test_the_same_again_and_what_is_no_change_tell_nobody(made: World) -> None:
    says(made)
    says(made, 4, language="en")
    assert letters() == []
    assert not Task.objects.exists()


def test_who_has_not_joined_is_not_told(made: World) -> None:
    Victim.objects.update(account=None, joined_at=None)
    says(made, email=NEW)
    assert not Alert.objects.filter(about__startswith="contact").exists()


def test_a_route_that_changes_before_it_was_told_is_not_told_and_a_person_tells(made: World) -> None:
    """Who changes both, one after the other, is not the only one who hears of it."""
    says(made, email=NEW)
    says(made, 4, email=NEW, mobile="+447700900124")
    sent = goes_to()
    assert MOBILE not in sent
    assert OLD not in sent
    told = Alert.objects.get(about="contact_told", channel="text")
    assert (told.state, told.reason) == ("by_person", "address changed")
    assert Task.objects.filter(kind="tell_yourself").exists()
