"""An officer signs out at the desk of a shared computer: nobody is let in by one click after them."""

import base64
import json
import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection

from tests.desk.people import sign_in
from tests.desk.test_provider import OUT, Desk, acts
from tests.support.doors import DoorClient, door_client
from tests.support.provider import Provider, query_of
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.models import DeskSession, ForceProvider
from trackmycrime.people.openid import leaving
from trackmycrime.people.openid import provider as speaking
from trackmycrime.people.openid import staff as officers
from trackmycrime.people.sessions.desk import SessionStore

pytestmark = [pytest.mark.django_db, pytest.mark.processes, pytest.mark.usefixtures("honest")]


@pytest.fixture
def desk(openid: Provider) -> Desk:
    return Desk(openid)


def leads_to(answer: Any) -> str:
    """Where the page sends the browser at once, by itself; empty where it stays."""
    html = answer.content.decode()
    _, found, rest = html.partition('http-equiv="refresh" content="0; url=')
    return unescape(rest.partition('"')[0]) if found else ""


def sign_out(client: DoorClient, address: str = "/sign-out/") -> Any:
    """Press the button; the page that comes then."""
    answer = client.post(address)
    assert (answer.status_code, answer["Location"]) == (302, "/signed-out/")
    return client.get("/signed-out/")


@pytest.mark.parametrize("address", ["/sign-out/", "/account/devices/end/"])
def test_signing_out_here_signs_out_there_and_leads_back(desk: Desk, address: str) -> None:
    client = desk.come_in()
    there = leads_to(sign_out(client, address))
    asked = query_of(there)
    assert there.startswith(f"{desk.openid.issuer}/")
    assert asked["post_logout_redirect_uri"] == OUT
    token = asked["id_token_hint"]
    assert speaking.identify(theirs(desk), token, nonce=nonce_of(token), now=utc_now())
    assert desk.somebody.is_remembered()
    back = desk.somebody.leave(there)
    assert not desk.somebody.is_remembered()
    assert query_of(back) == {"state": asked["state"]}
    page = client.get(back).content.decode()
    assert "You are signed out of the desk, and at Avon And Somerset in this browser." in page, page
    assert client.get(f"/sign-in/with/{desk.force.slug}/")["Location"].count("prompt") == 0


def kept(client: DoorClient) -> dict[str, Any]:
    """What the browser's session holds."""
    return SessionStore(client.cookies["desk"].value).load()


def theirs(desk: Desk) -> speaking.Provider:
    their = officers.speaking_of(desk.force.slug)
    assert their
    return their


def nonce_of(token: str) -> str:
    part = token.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["nonce"])


def test_who_comes_next_is_asked_who_they_are_until_the_provider_has_led_back(desk: Desk) -> None:
    client = desk.come_in()
    sign_out(client)  # and then the browser was closed, or the provider did not answer
    page = client.get("/signed-out/").content.decode()
    assert "You may still be signed in at" in page
    assert "id_token_hint" not in page, "what was handed on is kept no longer"
    assert f"client_id={desk.client_id}" in unescape(page)
    sent = client.get(f"/sign-in/with/{desk.force.slug}/")["Location"]
    assert (query_of(sent)["prompt"], query_of(sent)["max_age"]) == ("login", "0")
    assert client.get(desk.somebody.walk(sent, desk.name))["Location"] == "/"
    client.post("/sign-out/")
    assert client.get("/signed-out/").content.count(b"id_token_hint"), "the next time as the first"


def test_a_provider_that_remembers_all_the_same_lets_nobody_in_before_it_has_signed_them_out(
    desk: Desk,
) -> None:
    client = desk.come_in()
    sign_out(client)
    desk.openid.lie(auth_time=int(utc_now().timestamp()) - 600)
    answer = desk.walk(client, f"/sign-in/with/{desk.force.slug}/?next=/cases/")
    assert answer.status_code == 403
    assert "still remembers who used this browser" in answer.content.decode()
    assert client.get("/").status_code == 302
    assert acts(desk.force)[-1] == "provider_refused"
    back = client.get(desk.somebody.leave(leads_to(client.get("/signed-out/"))))
    assert back["Location"] == f"/sign-in/with/{desk.force.slug}/?next=/cases/"
    desk.openid.lie()
    assert desk.walk(client, back["Location"])["Location"] == "/cases/"


@pytest.mark.parametrize("how", ["none", "not https", "no answer", "switched off"])
def test_where_it_cannot_be_signed_out_there_the_page_says_so(
    desk: Desk, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = desk.come_in()
    if how == "none":
        desk.openid.without("end_session_endpoint")
        speaking.forget()
    elif how == "not https":
        said = speaking.metadata(theirs(desk)) | {"end_session_endpoint": "http://192.0.2.1/out"}
        monkeypatch.setattr(speaking, "metadata", lambda _provider: said)
    elif how == "no answer":
        ForceProvider.objects.update(issuer="http://127.0.0.1:1")
    else:
        ForceProvider.objects.update(active=False)
    answer = sign_out(client)
    page = answer.content.decode()
    assert (answer.status_code, leads_to(answer)) == (200, "")
    assert "You may still be signed in at Avon And Somerset." in page
    assert client.get("/").status_code == 302


def test_nothing_in_an_address_leads_away_or_claims_that_one_is_signed_out(desk: Desk) -> None:
    for query in ("?next=https://elsewhere.example.org", "?state=x", "?post_logout_redirect_uri=//elsewhere"):
        answer = door_client("desk").get(f"/signed-out/{query}")
        assert (answer.status_code, leads_to(answer)) == (200, "")
        assert not re.search(r'(?:href|action|content)="(?:0; url=)?(?:https?:)?//', answer.content.decode())
    client = desk.come_in()
    assert client.get("/signed-out/?state=x")["Location"] == "/", "who is signed in is not told otherwise"
    client.post("/sign-out/")
    unsent = kept(client)[leaving.KEPT]["state"]
    assert leads_to(client.get(f"/signed-out/?state={unsent}&next=//elsewhere")).startswith(
        desk.openid.issuer
    )
    assert "may still be" in client.get("/signed-out/?state=of-somebody-else").content.decode()


def test_another_site_signs_nobody_out(desk: Desk) -> None:
    client = desk.come_in()
    client.handler.enforce_csrf_checks = True
    assert client.post("/sign-out/").status_code == 403
    response = client.get("/sign-out/")
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert "This page cannot be opened by itself" in response.content.decode()
    assert client.get("/").status_code == 200
    assert desk.somebody.is_remembered()


def test_a_local_officer_goes_nowhere_and_the_token_is_sealed_and_gone_with_the_session(desk: Desk) -> None:
    local = sign_in(desk.force)
    assert local.post("/sign-out/").status_code == 200
    assert "may still be" not in local.get("/signed-out/").content.decode()
    client = desk.come_in()
    token = kept(client)[leaving.HELD]["token"]
    with connection.cursor() as cursor:
        cursor.execute("select data from people_desk_session")
        assert all(token.encode() not in bytes(row[0]) for row in cursor.fetchall())
    sign_out(client)
    assert token not in str(kept(client))
    assert not DeskSession.objects.filter(account=desk.account).exists()


def test_a_token_that_is_too_long_for_an_address_is_not_put_into_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(leaving, "LONGEST", 10)
    there = leads_to(sign_out(desk.come_in()))
    assert "id_token_hint" not in there
    assert query_of(there)["client_id"] == desk.client_id
    assert len(urlsplit(there).query) < 500
