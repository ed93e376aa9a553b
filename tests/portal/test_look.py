"""A look without an account: who holds a contact on file sees the stage and whom to call; others learn nothing."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client

from tests.people.making import Counted
from tests.portal.making import World, join, world
from tests.portal.test_cases import staff
from tests.support.doors import door_client, role
from tests.support.events import update, victim
from trackmycrime import rounds
from trackmycrime.audit.models import Record
from trackmycrime.delivery.models import Dispatch
from trackmycrime.forces.models import Force
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.look import asking
from trackmycrime.people.look.models import Look
from trackmycrime.people.models import Victim
from trackmycrime.publish.models import Case

pytestmark = pytest.mark.django_db
EMAIL, MOBILE = "p1@example.org", "07700 900123"
NOBODY = {"reference": "52/99", "contact": EMAIL}


@pytest.fixture
def made() -> World:
    made = world()
    staff(made)
    made.send(update("52/1", 6, "u1", "note", text={"en": "We found the bicycle."}))
    return made


def ask(client: Client | None = None, **typed: str) -> tuple[Client, Any]:
    """Somebody types a reference and a contact."""
    client = client or door_client("portal")
    given = {"reference": "52/1", "contact": EMAIL} | typed
    return client, client.post("/look/", given)


def work() -> list[Dispatch]:
    """The worker looks; the codes that it sends, the newest last."""
    with role("worker"):
        dict(rounds.PASSES)[asking.BELL](utc_now())
    return list(Dispatch.objects.filter(purpose="code").order_by("id"))


def code_in(dispatch: Dispatch) -> str:
    return re.findall(r"\b\d{6}\b", dispatch.body or "")[0]


def looking(**typed: str) -> Client:
    """A browser that has typed the right code."""
    client, _ = ask(**typed)
    answer = client.post("/look/code/", {"code": code_in(work()[-1])})
    assert answer["Location"] == "/look/case/"
    return client


def plain(answer: Any) -> str:
    """An answer without what is random in each."""
    html = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", answer.content.decode())
    return f"{answer.status_code} {answer.get('Location', '')} {html}"


@pytest.mark.parametrize(
    ("contact", "channel"), [(EMAIL, "email"), (" P1@Example.org ", "email"), (MOBILE, "text")]
)
def test_the_stage_the_unit_and_how_to_reach_it_and_nothing_else(
    made: World, contact: str, channel: str
) -> None:
    client, answer = ask(contact=contact, reference=" 52/1 ")
    assert answer["Location"] == "/look/code/"
    (sent,) = work()
    assert (sent.channel, sent.state) == (channel, "prepared")
    assert not re.search(r"52/1|police|crime|Rhian|Burglary", f"{sent.subject} {sent.body}", re.I)
    assert client.post("/look/code/", {"code": code_in(sent)})["Location"] == "/look/case/"
    page = client.get("/look/case/")
    html = page.content.decode()
    for shown in ("Being investigated", made.force.name, "The Burglary Team", "8am to 6pm", "101"):
        assert shown in html
    for hidden in (
        "52/1",
        "dwelling",
        "Gloucester",
        "Rhian",
        "Okafor",
        "bicycle",
        EMAIL,
        "November",
        "/cases/",
    ):
        assert hidden not in html, hidden
    assert page["Cache-Control"] == "no-store"
    # nothing else opens by it
    case = made.case("52/1")
    for private in ("/cases/", f"/cases/{case}/", "/messages/", "/settings/"):
        assert client.get(private)["Location"].startswith("/sign-in/")
    assert set(Record.objects.filter(action__startswith="look").values_list("action", flat=True)) == {
        "look_code_made",
        "looked_without_account",
    }


CLOSED: dict[str, Any] = {
    "no portal": {"no_portal": True},
    "disguise": {"disguise": True},
    "an officer has switched it off": {"look_off": True},
    "no safe channel": {"safe_channels": []},
    "another channel is safe": {"safe_channels": ["text"]},
    "safe hours half known": {"safe_from": "10:00"},
    "withdrawn": {"live": False},
    "under age, and nobody said what is safe": {"under_age": True},
}


@pytest.mark.parametrize("why", CLOSED)
def test_off_where_safe_contact_says_so(made: World, why: str) -> None:
    Victim.objects.update(**CLOSED[why])
    ask()
    assert work() == []


def test_off_in_a_protected_case_until_somebody_said_what_is_safe(made: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("update cases_crime set switched_on = true")
    ask()
    assert work() == []
    Victim.objects.update(safe_known=True)
    ask()
    assert len(work()) == 1


def test_off_where_the_force_does_not_want_it(made: World) -> None:
    Force.objects.update(policy={"look_without_account": False})
    ask()
    assert work() == []


def test_off_for_a_closed_case_and_for_who_has_an_account(made: World) -> None:
    Case.objects.update(open=False)
    ask()
    assert work() == []
    Case.objects.update(open=True)
    join(made)
    ask()
    assert work() == []


def test_off_where_that_address_said_not_for_me_or_is_shared_with_somebody_for_whom_it_is_not_safe(
    made: World,
) -> None:
    one = Victim.objects.get(person="P1")
    Victim.objects.update(blocked_hashes=[bytes(one.email_hash or b"")])
    ask()
    assert work() == []
    Victim.objects.update(blocked_hashes=[])
    made.send(victim("52/1", 7, "P2", email=EMAIL, mobile=None))
    Victim.objects.filter(person="P2").update(disguise=True)
    ask()
    assert work() == []
    Victim.objects.filter(person="P2").update(disguise=False)
    ask()
    assert len(work()) == 1


def test_the_answer_is_the_same_whatever_there_is(made: World) -> None:
    """Words, status and way on; and the statements that are run, so the time too."""
    said, ran = [], []
    for typed in ({}, {"reference": "52/99"}, {"contact": "nobody@example.org"}, {"contact": "07700 900999"}):
        counted = Counted()
        with connection.execute_wrapper(counted):
            client, answer = ask(**typed)
        work()
        page = client.get("/look/code/")
        with connection.execute_wrapper(counted):
            wrong = client.post("/look/code/", {"code": "12345"})
        said.append([plain(answer), plain(page), plain(wrong)])
        ran.append([re.sub(r'savepoint "[^"]+"', "savepoint", sql) for sql in counted.said])
    assert all(other == said[0] for other in said[1:])
    assert all(other == ran[0] for other in ran[1:])
    assert len(Dispatch.objects.filter(purpose="code")) == 1


def test_five_wrong_codes_end_it_and_the_guesser_is_not_told(made: World) -> None:
    client, _ = ask()
    right = code_in(work()[0])
    said = {
        plain(client.post("/look/code/", {"code": f"{(int(right) + n) % 1_000_000:06d}"}))
        for n in range(1, 6)
    }
    assert len({re.sub(r'value="\d+"', "", each) for each in said}) == 1
    assert (
        "That code is not right or is too old" in client.post("/look/code/", {"code": right}).content.decode()
    )
    assert client.get("/look/case/")["Location"] == "/look/"


def test_a_code_lives_ten_minutes_and_a_look_fifteen(made: World) -> None:
    start = utc_now()
    with time_machine.travel(start, tick=False) as clock:
        client, _ = ask()
        code = code_in(work()[0])
        clock.move_to(start + timedelta(minutes=10))
        assert client.post("/look/code/", {"code": code}).status_code == 200
        client = looking()
        clock.shift(timedelta(minutes=14, seconds=59))
        assert client.get("/look/case/").status_code == 200
        clock.shift(timedelta(seconds=1))
        over = client.get("/look/case/")
        assert over["Location"] == "/look/?ended=over"
        assert "The time is over" in client.get(over["Location"]).content.decode()


@pytest.mark.parametrize(
    "change", [{"disguise": True}, {"no_portal": True}, {"live": False}, {"safe_channels": []}]
)
def test_what_closes_meanwhile_is_not_shown_any_more(made: World, change: dict[str, Any]) -> None:
    client = looking()
    assert client.get("/look/case/").status_code == 200
    Victim.objects.update(**change)
    assert client.get("/look/case/")["Location"] == "/look/?ended=over"


def test_it_is_closed_at_once_by_its_button(made: World) -> None:
    client = looking()
    ended = client.post("/look/end/")
    assert ended["Clear-Site-Data"] == '"cache"'
    assert client.get("/look/case/")["Location"] == "/look/"
    assert not Look.objects.filter(expires_at__gt=utc_now()).exists()


def test_what_the_browser_held_before_the_code_opens_nothing(made: World) -> None:
    """Neither the cookie nor the ticket: both are others from the right code on."""
    client, _ = ask()
    before = client.cookies["portal"].value
    ticket = bytes(Look.objects.get().ticket_hash)
    client.post("/look/code/", {"code": code_in(work()[0])})
    assert client.cookies["portal"].value != before
    assert bytes(Look.objects.get().ticket_hash) != ticket
    other = door_client("portal")
    other.cookies["portal"] = before
    assert other.get("/look/case/")["Location"] == "/look/"
    with role("portal"), connection.cursor() as cursor:
        cursor.execute("select count(*) from publish_look(%s, %s)", [ticket, utc_now()])
        assert cursor.fetchone() == (0,)


def test_what_was_typed_is_forgotten(made: World) -> None:
    ask(**NOBODY)
    ask(contact=MOBILE)
    assert {look.reference for look in Look.objects.all()} == {"52/99", "52/1"}
    work()
    assert {look.reference for look in Look.objects.all()} == {None}
    with time_machine.travel(utc_now() + timedelta(days=1, minutes=11)):
        work()
    assert [look.victim_id is not None for look in Look.objects.all()] == [True]


def test_no_more_codes_than_a_mailbox_can_bear_and_nobody_is_locked_out(made: World) -> None:
    for _ in range(3):
        assert ask()[1].status_code == 302
    again = ask()[1]
    assert again.status_code == 429
    assert "too many tries" in again.content.decode()
    # others, from many addresses, use up what is left for the day
    for n in range(20):
        door_client("portal", REMOTE_ADDR=f"198.51.100.{n}").post(
            "/look/", {"reference": "52/1", "contact": EMAIL}
        )
    assert len(work()) == asking.OF_ONE.most
    # but not for whom the right code was typed at this address before
    with time_machine.travel(utc_now() + timedelta(days=1)):
        mine = door_client("portal", REMOTE_ADDR="203.0.113.7")
        ask(mine)
        mine.post("/look/code/", {"code": code_in(work()[-1])})
        for n in range(20):
            door_client("portal", REMOTE_ADDR=f"198.51.100.{n}").post(
                "/look/", {"reference": "52/1", "contact": EMAIL}
            )
        assert ask(door_client("portal", REMOTE_ADDR="198.51.100.99"))[1].status_code == 429
        assert ask(door_client("portal", REMOTE_ADDR="203.0.113.7"))[1].status_code == 302


def test_what_cannot_be_a_contact_is_said_at_once(made: World) -> None:
    for wrong in ("x", "rhian@", "12", "52/1"):
        answer = ask(contact=wrong)[1]
        assert "Enter all of it" in answer.content.decode(), wrong
    assert not Look.objects.exists()


def test_the_portal_reads_no_look(made: World) -> None:
    ask()
    for wanted in (
        "select 1 from people_look",
        "update people_look set tries = 0",
        "delete from people_look",
    ):
        with (
            role("portal"),
            pytest.raises(Exception, match="permission denied"),
            connection.cursor() as cursor,
        ):
            cursor.execute("savepoint s")
            try:
                cursor.execute(wanted)
            finally:
                cursor.execute("rollback to savepoint s")
