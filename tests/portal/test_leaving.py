"""A victim signs out here and with it of GOV.UK One Login, whose own session would let the next one in."""

import re
from typing import Any

import pytest

from tests.desk.test_leaving import leads_to
from tests.portal.making import World, join, signed_in, world
from tests.portal.test_one_login import OUT, One, proved, remembered
from tests.support.doors import door_client
from tests.support.provider import Provider, query_of
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.models import Identity
from trackmycrime.people.openid import provider as speaking

pytestmark = [pytest.mark.django_db, pytest.mark.processes]


@pytest.fixture
def one(openid: Provider, honest: None, settings: Any) -> One:
    return One.set_up(openid, settings)


@pytest.fixture
def made() -> World:
    return world()


@pytest.mark.parametrize("way", ["/sign-out/", "/account/devices/end/"])
def test_signing_out_here_signs_out_of_one_login_and_leads_back(one: One, made: World, way: str) -> None:
    join(made)
    one.connect(signed_in())
    client, _answer = one.sign_in()
    assert client.post(way)["Location"] == "/signed-out/"
    there = leads_to(client.get("/signed-out/"))
    asked = query_of(there)
    assert asked["post_logout_redirect_uri"] == OUT
    assert asked["id_token_hint"].count(".") == 2, "One Login leads back only whoever brings it"
    back = one.somebody.leave(there)
    assert not one.somebody.is_remembered()
    assert "of GOV.UK One Login in this browser" in client.get(back).content.decode()
    assert client.get("/cases/").status_code == 302
    assert "prompt" not in client.get("/sign-in/one-login/")["Location"]


def test_who_only_connected_it_is_signed_out_there_too(one: One, made: World) -> None:
    join(made)
    client = signed_in()
    one.connect(client)
    assert client.post("/sign-out/")["Location"] == "/signed-out/"
    assert leads_to(client.get("/signed-out/")).startswith(one.openid.issuer)
    assert signed_in().post("/sign-out/").status_code == 200, "and who signs in without it goes nowhere"


def test_a_frozen_accounts_page_stays_and_offers_to_sign_out_there(one: One, made: World) -> None:
    join(made)
    one.connect(signed_in())
    client, _answer = one.sign_in()
    page = client.post("/account/freeze/")
    assert b'href="/signed-out/"' in page.content
    assert leads_to(client.get("/signed-out/")).startswith(one.openid.issuer)


def test_the_page_says_so_where_one_may_still_be_signed_in(one: One, made: World) -> None:
    client = remembered(one, made)
    one.openid.without("end_session_endpoint")
    speaking.forget()
    client.post("/sign-out/")
    assert "You may still be signed in to GOV.UK One Login" in client.get("/signed-out/").content.decode()
    sent = query_of(client.get("/sign-in/one-login/")["Location"])
    assert (sent["prompt"], sent["max_age"]) == ("login", "0")
    assert one.walk(client, "/sign-in/one-login/").status_code == 403, "it only remembers who was here"
    assert client.get("/cases/").status_code == 302


def test_whom_it_remembers_is_signed_out_there_first_and_then_begins_again(one: One, made: World) -> None:
    client = proved(made)
    one.openid.lie(auth_time=int(utc_now().timestamp()) - 3600)
    answer = one.walk(client, "/start/one-login/")
    assert answer.status_code == 403
    assert b"still remembers who used this browser" in answer.content
    back = client.get(one.somebody.leave(leads_to(client.get("/signed-out/"))))
    assert back["Location"].startswith("/start/one-login/?")
    one.openid.lie()
    one.walk(client, back["Location"])
    assert client.post("/start/one-login/joined/").status_code == 302
    assert Identity.objects.count() == 1
    assert client.post("/sign-out/")["Location"] == "/signed-out/"


def test_nothing_in_an_address_leads_away(one: One, made: World) -> None:
    for query in ("?next=https://elsewhere.example.org", "?state=x"):
        answer = door_client("portal").get(f"/signed-out/{query}")
        assert (answer.status_code, leads_to(answer)) == (200, "")
        assert not re.search(rb'(?:href|action|content)="(?:0; url=)?(?:https?:)?//(?!www)', answer.content)
    join(made)
    assert signed_in().get("/signed-out/")["Location"] == "/cases/"
