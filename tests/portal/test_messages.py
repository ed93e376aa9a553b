"""Writing to the police: the warning above, the thread, one message however often it is sent, and who may write."""

import re
import uuid
from typing import Any

import pytest
from django.test import Client

from tests.portal.making import World, join, signed_in, world
from tests.support.events import NOW, crime, victim
from trackmycrime.messages.models import Message
from trackmycrime.people.models import Victim

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> World:
    made = world()
    join(made)
    return made


@pytest.fixture
def client(made: World) -> Client:
    return signed_in()


def text(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def address(made: World, reference: str = "52/1") -> str:
    return f"/cases/{made.case(reference)}/messages/"


def once(client: Client, page: str) -> str:
    """The value that the form was made with."""
    (found,) = re.findall(r'name="once" value="([^"]+)"', client.get(page).content.decode())
    return str(found)


def from_police(made: World, words: str = "Hello from us", person: str = "P1") -> Message:
    part = Victim.objects.get(force=made.force, person=person)
    return Message.objects.create(
        force=made.force, victim=part, case_id=made.case("52/1"), by="police", account_id=uuid.uuid4(),
        shown_as="DC Okafor", text=words, written_at=NOW, once=uuid.uuid4(),
    )  # fmt: skip


def test_the_warning_stands_above_the_form(client: Client, made: World) -> None:
    html = client.get(address(made)).content.decode()
    warning, form = html.index("not watched day and night"), html.index('name="text"')
    assert warning < form
    between = html[warning:form]
    for way in ("tel:999", "<strong>55</strong>", "18000", "tel:101", "You should have an answer by"):
        assert way in between


def test_a_message_is_sent_once_however_often_the_button_is_pressed(client: Client, made: World) -> None:
    page = address(made)
    answer = {"once": once(client, page), "text": "  Is there news?\r\nThank you.  "}
    for _ in range(3):
        response = client.post(page, answer)
        assert response["Location"] == f"{page}?sent=1"
    (message,) = Message.objects.all()
    assert message.text == "Is there news?\nThank you."
    assert message.by == "victim"
    said = text(client.get(f"{page}?sent=1"))
    assert "Your message is sent" in said
    assert "You ·" in said
    assert "Waiting for an officer" in said


def test_nothing_and_too_much_are_refused_and_kept_in_the_form(client: Client, made: World) -> None:
    page = address(made)
    said = client.post(page, {"once": once(client, page), "text": " \n "}).content.decode()
    assert "Your message was not sent" in said
    assert '<a href="#id_text">Write your message before you send it</a>' in said
    assert "<title>Error: Messages" in said
    long = "x" * 4001
    said = client.post(page, {"once": once(client, page), "text": long}).content.decode()
    assert "Make it 4000 characters or fewer" in said
    assert long in said
    assert not Message.objects.exists()


def test_line_ends_count_as_the_page_counts_them(client: Client, made: World) -> None:
    page = address(made)
    written = ("y" * 99 + "\r\n") * 40
    assert client.post(page, {"once": once(client, page), "text": written}).status_code == 302


def test_more_than_anybody_writes_is_stopped_with_words(client: Client, made: World) -> None:
    page = address(made)
    for _ in range(20):
        assert client.post(page, {"once": str(uuid.uuid4()), "text": "again"}).status_code == 302
    said = text(client.post(page, {"once": str(uuid.uuid4()), "text": "again"}))
    assert "You have written a lot in the last hour." in said
    assert Message.objects.count() == 20


def test_an_answer_is_new_until_it_was_shown(client: Client, made: World) -> None:
    message = from_police(made)
    assert "1 new message" in text(client.get("/cases/"))
    assert "Read the new message from police" in text(client.get(f"/cases/{made.case('52/1')}/"))
    said = text(client.get(address(made)))
    assert "New DC Okafor" in said
    assert "Hello from us" in said
    message.refresh_from_db()
    assert message.read_at is not None
    assert "1 new message" not in text(client.get("/cases/"))


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_writes_or_reads_on_anothers_case(client: Client, made: World, method: str) -> None:
    made.send(crime("52/2", 1), victim("52/2", 1, "P2"))
    answer = {"once": str(uuid.uuid4()), "text": "hello"}
    assert getattr(client, method)(address(made, "52/2"), answer).status_code == 404
    assert getattr(client, method)(f"/cases/{uuid.uuid4()}/messages/", answer).status_code == 404
    assert not Message.objects.exists()


def test_another_victim_of_the_crime_has_a_thread_of_their_own(client: Client, made: World) -> None:
    made.send(victim("52/1", 1, "P2"))
    join(made, "P2", "other@example.org")
    from_police(made, "For P2 alone", "P2")
    assert "For P2 alone" not in text(client.get(address(made)))
    assert "For P2 alone" in text(signed_in("other@example.org").get(address(made)))


def test_who_holds_two_parts_of_one_crime_misses_no_answer(client: Client, made: World) -> None:
    made.send(victim("52/1", 1, "P2"))
    join(made, "P2")
    from_police(made, "About your son", "P2")
    from_police(made, "About you", "P1")
    said = text(client.get(address(made)))
    assert "About your son" in said
    assert "About you" in said


def test_with_one_case_messages_are_one_step_away_and_with_two_it_is_asked(
    client: Client, made: World
) -> None:
    assert client.get("/messages/")["Location"] == address(made)
    made.send(crime("52/2", 1), victim("52/2", 1))
    join(made)
    said = text(client.get("/messages/"))
    assert "Which one is it about?" in said
    assert "52/1" in said
    assert "52/2" in said
