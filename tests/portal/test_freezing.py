"""«Somebody else may have seen this»: everybody is out at once, nobody comes in again, an officer is asked."""

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction

from tests.portal.making import PASSWORD, join, signed_in, world
from tests.support.doors import denied, door_client, role
from tests.support.events import crime, victim
from trackmycrime.audit.models import Record
from trackmycrime.kernel import setwise
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.models import Account, PortalSession, PushDevice, Victim
from trackmycrime.publish.models import Case
from trackmycrime.tasks.models import Task

pytestmark = pytest.mark.django_db
PAGE = "/account/freeze/"


@pytest.fixture
def account() -> Account:
    made = world()
    made.send(crime("52/2", 1), victim("52/2", 1))
    return join(made)


def test_it_says_first_what_happens_and_changes_nothing(account: Account) -> None:
    html = signed_in().get(PAGE).content.decode()
    assert "Close my account now" in html
    assert "999" in html
    account.refresh_from_db()
    assert account.frozen_at is None
    assert not Task.objects.filter(kind="account_frozen").exists()


def test_it_ends_all_sessions_at_once_and_asks_the_officer_of_each_case(account: Account) -> None:
    mine, other = signed_in(), signed_in()
    PushDevice.objects.create(account=account, endpoint_hash=b"x", detail={}, created_at=utc_now())
    answer = mine.post(PAGE)
    html = answer.content.decode()
    assert "What happens next" in html
    assert "101" in html
    assert answer["Clear-Site-Data"] == '"cache"'
    for client in (mine, other):
        assert "/sign-in/" in client.get("/cases/")["Location"]
    assert not PortalSession.objects.filter(account=account).exists()
    assert not PushDevice.objects.exists()
    tasks = Task.objects.filter(kind="account_frozen")
    assert {task.victim_id for task in tasks} == set(Victim.objects.values_list("id", flat=True))
    assert all(task.due_at and task.due_at <= utc_now() + timedelta(hours=24) for task in tasks)
    assert Record.objects.get(action="account.frozen").object_id == str(account.pk)


def test_nobody_comes_in_again_and_it_looks_like_a_wrong_password(account: Account) -> None:
    signed_in().post(PAGE)
    right, wrong = (
        door_client("portal").post("/sign-in/", {"email": "rhian@example.org", "password": password})
        for password in (PASSWORD, "not the right one")
    )
    assert right.status_code == wrong.status_code == 200
    assert "is not right" in right.content.decode()
    assert not PortalSession.objects.filter(account=account).exists()


def test_a_session_that_begins_at_the_same_moment_shows_nothing(account: Account) -> None:
    """Who signed in while it was being frozen has a session that nobody ended."""
    case = Case.objects.first()
    assert case
    client = signed_in()
    assert client.get(f"/cases/{case.id}/").status_code == 200
    assert str(case.id) in client.get("/cases/").content.decode()
    Account.objects.update(frozen_at=utc_now())
    assert client.get(f"/cases/{case.id}/").status_code == 404
    assert str(case.id) not in client.get("/cases/").content.decode()


def test_it_needs_no_fresh_sign_in_because_it_hurries(account: Account) -> None:
    with time_machine.travel(utc_now(), tick=False) as clock:
        client = signed_in()
        assert client.get("/settings/").status_code == 200
        clock.shift(timedelta(minutes=11))
        assert client.get("/settings/")["Location"] == "/confirm/?next=%2Fsettings%2F"
        assert client.post("/settings/phone/add/", {"subscription": "x"})["Location"].startswith("/confirm/")
        assert "Your account is closed" in client.post(PAGE).content.decode()


def test_done_twice_it_asks_once(account: Account) -> None:
    signed_in().post(PAGE)
    Account.objects.update(frozen_at=None)
    signed_in().post(PAGE)
    assert Task.objects.filter(kind="account_frozen").count() == 2


def test_nobody_freezes_an_account_that_they_are_not_signed_in_to(account: Account) -> None:
    assert "/sign-in/" in door_client("portal").post(PAGE)["Location"]
    with role("portal"), pytest.raises(Exception, match="nobody is signed in"), transaction.atomic():
        setwise.fetch("select people_freeze(%s)", [utc_now()])


def test_the_portal_itself_opens_no_account_again(account: Account) -> None:
    denied("portal", "update people_account set frozen_at = null")
