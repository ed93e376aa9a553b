"""Officers see where they are signed in, end it there or everywhere, and are warned before a session ends."""

import json
import re
from datetime import timedelta

import pytest
import time_machine

from tests.desk.people import sign_in, world
from trackmycrime.audit.models import Record
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.models import DeskSession

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
