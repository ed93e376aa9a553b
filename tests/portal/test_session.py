"""Signing in and out by the page."""

import pytest

from tests.portal.making import PASSWORD, join, signed_in, world
from tests.support.doors import door_client
from trackmycrime.people.models import Account

pytestmark = pytest.mark.django_db
WRONG = "The email address or the password is not right"


@pytest.fixture
def account() -> Account:
    return join(world())


def test_the_right_password_leads_to_the_cases(account: Account) -> None:
    client = door_client("portal")
    response = client.post("/sign-in/", {"email": "Rhian@Example.org ", "password": PASSWORD})
    assert response["Location"] == "/cases/"
    assert client.get("/cases/").status_code == 200
    assert client.get("/")["Location"] == "/cases/"


def test_one_goes_on_to_the_page_that_was_asked_for(account: Account) -> None:
    client = door_client("portal")
    page = client.get("/sign-in/?next=/settings/").content.decode()
    assert '<input type="hidden" name="next" value="/settings/">' in page
    answer = {"email": "rhian@example.org", "password": PASSWORD, "next": "/settings/"}
    assert client.post("/sign-in/", answer)["Location"] == "/settings/"


def test_nobody_is_led_to_another_website(account: Account) -> None:
    answer = {"email": "rhian@example.org", "password": PASSWORD, "next": "https://evil.example/"}
    assert door_client("portal").post("/sign-in/", answer)["Location"] == "/cases/"


@pytest.mark.parametrize("email", ["rhian@example.org", "nobody@example.org"])
def test_wrong_and_unknown_get_one_answer(account: Account, email: str) -> None:
    response = door_client("portal").post("/sign-in/", {"email": email, "password": "wrong"})
    html = response.content.decode()
    assert WRONG in html
    assert "<title>Error: Sign in – TrackMyCrime</title>" in html
    assert "wrong" not in html.replace("Wrong", "")


def test_an_officer_does_not_exist_here(account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(kind="officer")
    response = door_client("portal").post("/sign-in/", {"email": "rhian@example.org", "password": PASSWORD})
    assert WRONG in response.content.decode()


def test_nothing_filled_in_says_what_to_do_and_where(account: Account) -> None:
    html = door_client("portal").post("/sign-in/", {}).content.decode()
    assert '<a href="#id_email">Enter your email address</a>' in html
    assert '<a href="#id_password">Enter your password</a>' in html


def test_too_many_tries_close_the_door_for_a_while(account: Account) -> None:
    client = door_client("portal")
    for _ in range(10):
        client.post("/sign-in/", {"email": "rhian@example.org", "password": "wrong"})
    response = client.post("/sign-in/", {"email": "rhian@example.org", "password": PASSWORD})
    assert response.status_code == 429
    assert "There have been too many tries. Wait 15 minutes" in response.content.decode()


def test_signing_out_ends_it(account: Account) -> None:
    client = signed_in()
    assert client.get("/sign-out/").status_code == 405
    response = client.post("/sign-out/")
    assert "You are signed out" in response.content.decode()
    assert "Sign out" not in response.content.decode()
    assert response["Clear-Site-Data"] == '"cache"'
    assert client.get("/cases/").status_code == 302


def test_who_was_signed_out_for_doing_nothing_is_told(account: Account) -> None:
    assert (
        "had not used the page for a while" in door_client("portal").get("/sign-in/?ended=1").content.decode()
    )


def test_the_chosen_language_comes_along_to_another_device(account: Account) -> None:
    Account.objects.filter(pk=account.pk).update(language="cy")
    answer = {"email": "rhian@example.org", "password": PASSWORD}
    assert door_client("portal").post("/sign-in/", answer).cookies["language"].value == "cy"
    here = door_client("portal")
    here.cookies["language"] = "en"
    assert "language" not in here.post("/sign-in/", answer).cookies
