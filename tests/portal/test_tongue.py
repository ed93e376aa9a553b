"""In Wales a victim of whom nobody knows is asked once in which language to write; until then it is both."""

from typing import Any

import pytest
from django.test import Client

from tests.portal.making import PASSWORD, World, join, signed_in, world
from tests.support.doors import door_client
from tests.support.events import crime, victim
from trackmycrime.alerts.words import language_for
from trackmycrime.people.models import Account, ContactChange, Victim

pytestmark = pytest.mark.django_db
ASKED = "/settings/language/?next=%2Fcases%2F"


@pytest.fixture
def welsh() -> World:
    made = world("south-wales", ("cy", "en"))
    made.send(victim("52/1", 2, language=None))
    join(made)
    return made


def sign_in(client: Client | None = None, **more: str) -> Any:
    said = {"email": "rhian@example.org", "password": PASSWORD, **more}
    return (client or door_client("portal")).post("/sign-in/", said)


def written_in() -> str:
    """In which language this victim is written to now."""
    one = next(v for v in Victim.objects.select_related("force") if v.crime_id and v.person == "P1")
    return language_for(one.chosen_language, one.language, one.force.languages)


def test_who_comes_in_is_asked_in_both_languages_and_goes_on_to_where_they_wanted(welsh: World) -> None:
    client = door_client("portal")
    response = sign_in(client, next="/rights/")
    assert response["Location"] == "/settings/language/?next=%2Frights%2F"
    html = client.get(response["Location"]).content.decode()
    assert "In which language should we write to you?" in html
    assert '<p lang="cy">Ym mha iaith y dylem ysgrifennu atoch?' in html
    assert written_in() == "cy+en"
    answer = client.post("/settings/language/", {"language": "cy", "next": "/rights/"})
    assert (answer["Location"], client.cookies["language"].value) == ("/rights/", "cy")
    assert written_in() == "cy"
    assert Account.objects.get().language == "cy"
    change = ContactChange.objects.get()
    assert (change.language, change.changed) == ("cy", ["language"])


def test_both_is_an_answer_and_nobody_is_asked_twice(welsh: World) -> None:
    client = door_client("portal")
    sign_in(client)
    assert client.post("/settings/language/", {"language": "both"})["Location"] == "/cases/"
    assert written_in() == "cy+en"
    assert not ContactChange.objects.exists()
    assert sign_in()["Location"] == "/cases/"


def test_who_does_not_answer_reads_their_cases_all_the_same_and_gets_both(welsh: World) -> None:
    client = signed_in()
    assert client.get("/cases/").status_code == 200
    assert written_in() == "cy+en"
    assert sign_in()["Location"] == ASKED


@pytest.mark.parametrize("language", ["cy", "en-GB"])
def test_of_whom_the_records_system_knows_is_not_asked(welsh: World, language: str) -> None:
    welsh.send(victim("52/1", 3, language=language))
    assert sign_in()["Location"] == "/cases/"
    assert signed_in().get("/settings/language/")["Location"] == "/cases/"


def test_another_language_is_no_answer_for_it_is_none_that_we_write(welsh: World) -> None:
    welsh.send(victim("52/1", 3, language="pl"))
    assert sign_in()["Location"] == ASKED


def test_in_england_nobody_is_asked() -> None:
    made = world()
    made.send(victim("52/1", 2, language=None))
    join(made)
    assert sign_in()["Location"] == "/cases/"
    assert signed_in().get("/settings/language/")["Location"] == "/cases/"


def test_what_was_chosen_holds_for_a_case_that_is_joined_later(welsh: World) -> None:
    client = door_client("portal")
    sign_in(client)
    client.post("/settings/language/", {"language": "en"})
    welsh.send(crime("52/2", 1), victim("52/2", 1, language=None))
    join(welsh)
    assert sign_in()["Location"] == "/cases/"
    assert set(Victim.objects.values_list("chosen_language", flat=True)) == {"en"}


def test_the_answer_changes_nothing_else_that_was_chosen(welsh: World) -> None:
    Victim.objects.update(chosen_channel="text", chosen_pace="weekly", agreed_days=14)
    client = signed_in()
    client.post("/settings/language/", {"language": "cy"})
    kept = Victim.objects.get()
    assert (kept.chosen_channel, kept.chosen_pace, kept.agreed_days) == ("text", "weekly", 14)


@pytest.mark.parametrize("said", [{}, {"language": "fr"}, {"language": "cy+en"}])
def test_anything_else_is_no_answer(welsh: World, said: dict[str, str]) -> None:
    answer = signed_in().post("/settings/language/", said)
    assert answer.status_code == 422
    assert Account.objects.get().language_asked_at is None


def test_nobody_is_led_to_another_website(welsh: World) -> None:
    client = signed_in()
    answer = client.post("/settings/language/", {"language": "cy", "next": "https://evil.example/"})
    assert answer["Location"] == "/cases/"


def test_nobody_answers_for_somebody_else(welsh: World) -> None:
    welsh.send(victim("52/1", 2, "P2", language=None))
    join(welsh, "P2", "gareth@example.org")
    client = signed_in()
    client.post("/settings/language/", {"language": "cy"})
    assert dict(Victim.objects.values_list("person", "chosen_language")) == {"P1": "cy", "P2": ""}
