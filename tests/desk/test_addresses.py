"""An address that is lost is used again when somebody who knows says so: officer, victim, records system."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.desk.people import sign_in
from tests.portal.making import World, join, signed_in, world
from tests.support.doors import role
from tests.support.events import victim
from trackmycrime import rounds
from trackmycrime.alerts import api as alerts
from trackmycrime.alerts.losing import address_lost
from trackmycrime.alerts.models import Alert
from trackmycrime.audit.models import Record
from trackmycrime.delivery import addresses
from trackmycrime.delivery.letters import Lost
from trackmycrime.delivery.models import Address
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people import invitations
from trackmycrime.people.models import Victim
from trackmycrime.tasks.models import Task

pytestmark = pytest.mark.django_db


@pytest.fixture
def made(settings: Any) -> World:
    settings.TMC_EMAIL_URL, settings.TMC_TEXT_URL = "smtp://127.0.0.1:1", "http://127.0.0.1:1"
    made = world()
    join(made)
    return made


def lose(state: str = "bounced", **values: Any) -> Lost:
    """The victim's email address is lost, as a letter to it has shown, and an officer is asked."""
    mine = Victim.objects.get(person="P1")
    said: dict[str, Any] = {"written_at": utc_now()} | values
    now = said.pop("now", utc_now())
    owner = Alert.objects.create(
        force_id=mine.force_id, victim=mine, case_id=uuid4(), about="update", channel="email", state="sent",
        decided_at=now, due_at=now,
    )  # fmt: skip
    lost = Lost(mine.force_id, bytes(mine.email_hash), "email", state, "5.1.1", "alert", owner.id, **said)
    with role("worker"):
        address_lost(addresses.lose([lost], now=now), now)
    return lost


def is_used() -> bool:
    mine = Victim.objects.get(person="P1")
    (person,) = alerts.people([mine.id]).values()
    return bytes(mine.email_hash) not in person.contact.blocked


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("bounced", "address_bounced"),
        ("complained", "agree_another_way"),
        ("unsubscribed", "agree_another_way"),
    ],
)
def test_an_officer_who_has_asked_confirms_it(made: World, state: str, kind: str) -> None:
    lose(state)
    assert not is_used()
    task = Task.objects.get(kind=kind)
    client = sign_in(made.force)
    page = client.get(f"/tasks/{task.id}/").content.decode()
    assert "confirm the address" in page
    answer = client.post(f"/tasks/{task.id}/", {"note": "Asked on the phone: it is right.", "confirm": "1"})
    assert answer.status_code == 303
    assert is_used()
    task.refresh_from_db()
    assert task.done_at
    assert Record.objects.filter(action="address.confirmed", object_id=str(task.victim_id)).count() == 1


def test_who_agreed_another_way_leaves_the_address_alone(made: World) -> None:
    lose("unsubscribed")
    task = Task.objects.get(kind="agree_another_way")
    sign_in(made.force).post(f"/tasks/{task.id}/", {"note": "They want to be phoned."})
    task.refresh_from_db()
    assert task.done_at
    assert not is_used()


def test_other_tasks_and_a_note_that_is_missing_confirm_nothing(made: World) -> None:
    lose()
    task = Task.objects.get(kind="address_bounced")
    client = sign_in(made.force)
    assert client.post(f"/tasks/{task.id}/", {"note": "", "confirm": "1"}).status_code == 422
    Task.objects.update(kind="could_not_be_reached")
    assert client.post(f"/tasks/{task.id}/", {"note": "Phoned.", "confirm": "1"}).status_code >= 400
    assert not is_used()
    task.refresh_from_db()
    assert task.done_at is None


def test_a_victim_who_signs_in_confirms_it(made: World) -> None:
    lose("unsubscribed")
    client = signed_in()
    page = client.get("/settings/").content.decode()
    assert "We no longer write to your email address" in page
    assert "p1@example.org" not in page
    mine = Victim.objects.get(person="P1")
    answer = client.post("/settings/address/", {"victim": str(mine.id), "channel": "email"})
    assert (answer.status_code, answer["Location"]) == (302, "/settings/?saved=1")
    assert is_used()
    assert not Task.objects.filter(kind="agree_another_way", done_at=None).exists()
    assert "We no longer write" not in client.get("/settings/").content.decode()
    assert Record.objects.filter(action="address.confirmed", actor_kind="victim").count() == 1


def test_nobody_confirms_what_is_not_theirs_or_not_lost(made: World) -> None:
    lose()
    mine = Victim.objects.get(person="P1")
    other = uuid4()
    client = signed_in()
    for wrong in (
        {"victim": str(mine.id), "channel": "text"},
        {"victim": str(mine.id), "channel": "push"},
        {"victim": str(other), "channel": "email"},
        {},
    ):
        assert client.post("/settings/address/", wrong).status_code == 404
    Victim.objects.filter(id=mine.id).update(account=None)
    assert client.post("/settings/address/", {"victim": str(mine.id), "channel": "email"}).status_code == 404
    assert Address.objects.get().confirmed_at is None


@pytest.mark.parametrize(
    ("state", "used"), [("bounced", True), ("complained", False), ("unsubscribed", False)]
)
def test_the_records_system_names_it_anew(made: World, state: str, used: bool) -> None:
    told_at = Victim.objects.get(person="P1").told_at
    assert told_at is not None
    lose(state, now=told_at + timedelta(seconds=1))
    assert not is_used()
    made.send(victim("52/1", 9, email="p1@example.org", mobile="+447700900123"))
    Victim.objects.filter(person="P1").update(told_at=told_at + timedelta(seconds=2))
    assert is_used() is used


def test_a_bounce_of_a_letter_from_before_it_was_confirmed_says_nothing_new(made: World) -> None:
    lost = lose()
    addresses.confirm(lost.force, [lost.address_hash], now=utc_now())
    lose(written_at=utc_now() - timedelta(hours=1))
    assert is_used()
    lose(written_at=utc_now() + timedelta(hours=1))
    assert not is_used()


def test_the_rounds_know_what_is_asked_and_told() -> None:
    assert rounds.UPSTAIRS.address_lost is alerts.address_lost
    assert rounds.UPSTAIRS.over_cap is alerts.over_cap


def test_a_new_invitation_goes_another_way_than_the_one_that_came_back(made: World) -> None:
    lose()
    Victim.objects.filter(person="P1").update(account=None, joined_at=None)
    mine = Victim.objects.get(person="P1")
    with role("worker"):
        (again,) = invitations.renew(made.force, [mine], flagged=set(), now=utc_now())
    assert again.way == "text"
