"""The case page: exactly what the victim sees, and beside it what officers need."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest

import trackmycrime
from tests.desk.people import PASSWORD, World, held, sign_in, world
from tests.support.doors import door_client
from tests.support.events import crime, update, victim
from trackmycrime.audit.models import Record
from trackmycrime.desk.reads import record
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.models import Victim

pytestmark = pytest.mark.django_db


def text(content: bytes) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", content.decode())).split())


def part(content: bytes, start: str, end: str) -> str:
    """The words between two pieces of markup."""
    found = re.search(f"{start}.*?{end}", content.decode(), re.S)
    assert found, content.decode()
    return text(found.group().encode())


@pytest.fixture
def made() -> World:
    made = world()
    now = utc_now()
    made.send(
        update(
            "52/1", 3, "u1", "suspect_arrested", text={"en": "One person.\n\nThey are on bail."}, time=now
        ),
        update("52/1", 4, "u2", "note", victims=["P1"], text={"en": "For you alone."}),
        update("52/1", 5, "u3", "property_recovered", time=now - timedelta(days=2)),
        victim("52/1", 2, "P2", name="Gareth Example", email="p2@example.org"),
    )
    held(made)
    return made


@pytest.mark.parametrize("language", ["en", "cy"])
def test_the_desk_shows_the_very_timeline_that_the_victim_has(made: World, language: str) -> None:
    Victim.objects.update(chosen_language=language)
    portal = door_client("portal")
    portal.post("/sign-in/", {"email": "p1@example.org", "password": PASSWORD})
    portal.get(f"/language/{language}/")
    theirs = portal.get(f"/cases/{made.case().id}/")
    assert theirs.status_code == 200
    ours = sign_in(made.force).get(f"/cases/{made.crime().id}/?v={made.victim().id}")
    shown = part(ours.content, '<div class="tmc-seen__body"', 'class="tmc-grid tmc-far"')
    assert f'<div class="tmc-seen__body" lang="{language}"' in ours.content.decode()
    for start, end in (('<ol class="tmc-line"', "</ol>"), ('<p class="tmc-next__date">', "</p>")):
        one = part(theirs.content, start, end)
        # «new» is about when this account last looked
        for word in ("New ", "Newydd "):
            one = one.replace(word, "")
        assert one in shown
    assert "For you alone." in shown


def test_an_update_for_one_victim_is_not_shown_as_the_others(made: World) -> None:
    client = sign_in(made.force)
    other = client.get(f"/cases/{made.crime().id}/?v={made.victim(person='P2').id}")
    assert b"For you alone." not in other.content
    assert b"What Gareth Example sees now" in other.content


def test_what_is_held_is_on_the_page_and_not_in_what_the_victim_sees(made: World) -> None:
    page = sign_in(made.force).get(f"/cases/{made.crime().id}/")
    words = "The person on bail must not come to your street."
    assert words in text(page.content)
    assert words not in part(page.content, '<section class="tmc-seen"', 'class="tmc-grid tmc-far"')


def test_facts_are_in_plain_words(made: World) -> None:
    made.send(
        crime("52/1", 9, officer="O1", unit="U1", stage="awaiting_charge_decision", flags=["hate_crime"]),
        victim(
            "52/1",
            9,
            name="Rhian Example",
            needs=["large_print", "bsl"],
            safe_contact={
                "channels": ["email", "phone"],
                "hours": {"from": "09:00", "to": "20:30"},
                "disguise": False,
                "no_portal": False,
                "note": "The post is shared",
            },
        ),
    )
    said = text(sign_in(made.force).get(f"/cases/{made.crime().id}/").content)
    for words in (
        "Waiting for a decision on charges",
        "Hate crime",
        "Safe Email and phone",
        "Not safe Text message, push notification, letter and in person",
        "Only from 9am to 8.30pm",
        "Note The post is shared",
        "Mobile 07700 900123",
        "Needs Large print and British Sign Language",
        "Follows the case online",
        "Joined on Sunday 1",
        "Officer DC Okafor Team the Burglary Team",
    ):
        assert words in said, words


def test_a_person_whom_no_machine_may_reach_is_said_to_be_so(made: World) -> None:
    safe = {"channels": [], "disguise": True, "no_portal": True}
    made.send(victim("52/1", 9, name="Rhian Example", safe_contact=safe))
    said = text(sign_in(made.force).get(f"/cases/{made.crime().id}/").content)
    assert "Not safe This site. Tell them yourself." in said
    assert "Nothing may show that police are writing." in said
    assert "Any message sent by machine. Tell them yourself." in said


def test_what_was_sent_and_why_not_is_on_the_page(made: World) -> None:
    client = sign_in(made.force)
    said = text(client.get(f"/cases/{made.crime().id}/?v={made.victim(person='P2').id}").content)
    assert "What was sent The invitation · Email" in said
    assert "this channel is not set up" in said
    assert "alerts of your force wait" in text(client.get("/").content)


def test_a_protected_case_says_why_it_is_closed_and_how_to_open_it(made: World) -> None:
    made.send(
        crime("62/9", 1, officer="O1", flags=["domestic_abuse"]), victim("62/9", 1, "Z1", name="Wei Chen")
    )
    said = text(sign_in(made.force).get(f"/cases/{made.crime('62/9').id}/").content)
    assert "Domestic abuse" in said
    assert "it is off until an officer switches it on" in said
    assert "Nothing: the case is closed to them." in said
    assert "Write an update" not in said


def test_each_opening_is_written_down_with_who_and_what(made: World) -> None:
    client = sign_in(made.force)
    before = Record.objects.count()
    client.get(f"/cases/{made.crime().id}/")
    seen = Record.objects.order_by("id")[before]
    assert (seen.action, seen.object_kind, seen.object_id) == ("case.seen", "crime", str(made.crime().id))
    assert seen.actor_kind == "officer"
    assert seen.detail == {"victim": str(made.victim().id)}
    client.get(f"/messages/{made.victim().id}/")
    client.get(f"/held/{made.held().id}/")
    client.get(f"/people/{made.victim().id}/invitation/")
    actions = list(Record.objects.order_by("id").values_list("action", flat=True)[before + 1 :])
    assert actions == ["thread.seen", "entry.seen", "invitation.seen"]


def test_a_page_that_could_not_be_shown_was_not_seen(made: World, monkeypatch: pytest.MonkeyPatch) -> None:
    client = sign_in(made.force)
    before = Record.objects.count()
    client.raise_request_exception = False
    monkeypatch.setattr("trackmycrime.desk.views.case.render_to_string", lambda *_: 1 / 0)
    assert client.get(f"/cases/{made.crime().id}/").status_code == 500
    assert Record.objects.count() == before


def test_supervisors_read_who_opened_a_case(made: World) -> None:
    sign_in(made.force).get(f"/cases/{made.crime().id}/")
    page = sign_in(made.force, "supervisor", "").get(f"/cases/{made.crime().id}/record/")
    said = text(page.content)
    assert "Opened the case DC Okafor · " in said
    assert re.search(r"Read this list \w+@police\.example\.org · ", said)
    assert "An update was published The service · " in said


def test_whatever_is_written_down_about_a_case_has_words_in_its_record() -> None:
    act = re.compile(r'(?:Act|_record|write_down)\(\s*(?:staff, |request, )?"([a-z_.]+)",\s*"(\w+)"')
    sources = Path(trackmycrime.__file__).parent.rglob("*.py")
    found = {one for source in sources for one in act.findall(source.read_text("utf-8"))}
    actions = {action for action, kind in found if kind in record.KINDS}
    assert {"case.seen", "letter.made", "address.confirmed"} <= actions
    assert actions <= record.ACTIONS.keys()
