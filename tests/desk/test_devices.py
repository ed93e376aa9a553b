"""Officers see where they are signed in, end it there or everywhere, and are warned before a session ends."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from tests.desk.people import sign_in, staff, world
from tests.support.doors import door_client, role
from trackmycrime.audit.models import Record
from trackmycrime.kernel import setwise
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.scope import bound
from trackmycrime.people.models import DeskSession, Staff

pytestmark = pytest.mark.django_db
PAGE = "/account/devices/"


def test_an_officer_sees_their_sessions_alone_and_ends_them() -> None:
    made = world()
    other, client = sign_in(made.force, "supervisor"), sign_in(made.force)
    html = client.get(PAGE).content.decode()
    assert html.count("This browser") == 1
    assert not re.findall(rf'action="{PAGE}\w+/end/"', html), "a colleague's is not there"
    for row in DeskSession.objects.all():
        client.post(f"{PAGE}{bytes(row.key).hex()}/end/")
        break
    assert other.get("/").status_code == 200
    again = sign_in(made.force)
    assert again.post(f"{PAGE}end/")["Location"] == "/sign-in/"
    assert "/sign-in/" in again.get("/")["Location"]
    record = Record.objects.get(action="session.all_ended")
    assert (record.actor_kind, record.force_id) == ("officer", made.force.id)


def whose(answer: Any) -> str:
    """Whose password a page asks for, as it tells the browser that keeps it."""
    (who,) = re.findall(r'value="([^"]+)" autocomplete="username"', answer.content.decode())
    return str(who)


def test_an_officer_sets_a_new_password_and_every_other_browser_is_signed_out() -> None:
    made = world()
    account = staff(made.force).account
    other, client = (door_client("desk") for _ in range(2))
    for one in (other, client):
        one.enter(account, "password", "app")
    page = "/account/password/"
    assert whose(client.get(page)) == whose(client.get("/confirm/")) == account.email
    for easy in ("policepolice", f"{made.force.name}!"):
        assert "harder to guess" in client.post(page, {"password": easy}).content.decode()
    assert client.post(page, {"password": "seven quiet otters"})["Location"].startswith("/account/")
    assert client.get("/").status_code == 200
    assert "/sign-in/" in other.get("/")["Location"]
    record = Record.objects.get(action="password_changed")
    assert (record.actor_kind, record.object_id, record.force_id) == (
        "officer",
        str(account.pk),
        made.force.id,
    )
    account.refresh_from_db()
    assert account.check_password("seven quiet otters")
    with time_machine.travel(utc_now() + timedelta(minutes=11)):
        assert client.get(page)["Location"].startswith("/confirm/")


def test_whom_a_provider_vouches_for_has_no_password_here() -> None:
    made = world()
    client = sign_in(made.force)
    who = Staff.objects.get(account_id=DeskSession.objects.get().account_id)
    with role("desk"), bound(force=made.force.id, account=who.pk):
        assert setwise.fetch("select people_officer_password('x') as done") == [{"done": True}]
    assert "/account/password/" in client.get("/account/").content.decode()
    Staff.objects.update(by_provider=True)
    with role("desk"), bound(force=made.force.id, account=who.pk):
        assert setwise.fetch("select people_officer_password('y') as done") == [{"done": False}]


def test_what_is_left_is_told_to_the_warning_and_staying_makes_it_longer() -> None:
    made = world()
    with time_machine.travel(utc_now(), tick=False) as clock:
        client = sign_in(made.force)
        assert "data-session" in client.get("/").content.decode()
        clock.shift(timedelta(minutes=43))
        assert json.loads(client.get("/session/").content) == {"left": 120, "after": 2700}
        assert client.post("/session/stay/").status_code == 204
        assert json.loads(client.get("/session/").content)["left"] == 2700
        clock.shift(timedelta(minutes=46))
        assert json.loads(client.get("/session/").content)["left"] == 0
