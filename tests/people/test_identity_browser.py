"""The pages of who somebody is, at both doors and in both languages, in a real browser on the smallest phone."""

import re
import time
from typing import Any

import pytest
from django.http import HttpResponse

from tests.desk import people as officers
from tests.people.making import session_of
from tests.portal import making as victims
from tests.support.browsing import is_right_on_the_smallest_phone
from tests.support.doors import DoorClient, door_client
from tests.support.events import START
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people import staff
from trackmycrime.people.models import ForceProvider, Identity
from trackmycrime.people.openid import leaving
from trackmycrime.people.openid import provider as speaking

pytestmark = [pytest.mark.django_db, pytest.mark.browser]

ISSUER = "http://127.0.0.1:1"
AT_ONCE = re.compile(r'<meta http-equiv="refresh"[^>]*>')


def spoken(door: str, language: str) -> DoorClient:
    client = door_client(door)
    client.cookies["language"] = language
    return client


def left(door: str, language: str, provider: str, **more: Any) -> DoorClient:
    """A browser in which somebody has just signed out who came in by a provider."""
    client = spoken(door, language)
    client.get(f"/sign-in/with/{provider}/" if door == "desk" else "/sign-in/one-login/")
    session = session_of(client)
    kept = {"provider": provider, "token": "x.y.z", "state": "s", "onward": "", "sent": False}
    session[leaving.KEPT] = kept | more
    session.save()
    return client


def ways_out(door: str, language: str, provider: str) -> dict[str, HttpResponse]:
    """Each page that somebody sees who signs out of a provider, too."""
    return {
        "signed-out": spoken(door, language).get("/signed-out/"),
        "signing-out": left(door, language, provider).get("/signed-out/"),
        "signed-out-still": left(door, language, provider, sent=True).get("/signed-out/"),
        "signed-out-there": left(door, language, provider, sent=True).get("/signed-out/?state=s"),
    }


def of_desk(language: str) -> dict[str, HttpResponse]:
    """The desk's: an officer's sign-in, and making sure who a victim is."""
    made = officers.world("south-wales", ("cy", "en"))
    ForceProvider.objects.create(
        force=made.force, issuer=ISSUER, client_id="us", secret="s", scope="openid", role_claim="roles",
        roles={}, changed_at=START,
    )  # fmt: skip
    person = made.victim().id
    officer = officers.sign_in(made.force)
    officer.cookies["language"] = language
    link = staff.add(made.force, "new@example.org", "officer", now=utc_now()).token
    return {
        "sign-in": spoken("desk", language).get("/sign-in/"),
        "set-up": spoken("desk", language).get(f"/set-up/{link}"),
        "set-up-wrong": spoken("desk", language).post(f"/set-up/{link}", {"password": "short"}),
        "set-up-gone": spoken("desk", language).get(f"/set-up/{link[:-1]}x"),
        "not-let-in": spoken("desk", language).get("/sign-in/back/?state=x"),
        "identity": officer.get(f"/people/{person}/identity/"),
        "identity-wrong": officer.post(f"/people/{person}/identity/", {"how": "phone", "what": []}),
        "invitation": officer.get(f"/people/{person}/invitation/?done=checked"),
        "account": officer.get("/account/"),
        "confirm": officer.get("/confirm/?next=/"),
        **ways_out("desk", language, "south-wales"),
    }


def of_portal(language: str) -> dict[str, HttpResponse]:
    """The portal's: a victim's sign-in, and GOV.UK One Login."""
    account = victims.join(victims.world())
    client = victims.signed_in()
    client.cookies["language"] = language
    one = "/account/one-login/"
    found = {name: client.get(address) for name, address in {
        "account": "/account/", "password": "/account/password/", "second": "/account/second/", "one-login": one,
        "confirm": "/confirm/?next=/account/",
    }.items()}  # fmt: skip
    session = session_of(client)  # type: ignore[arg-type]
    session["one_login"] = {"subject": "00", "email": "rhian@example.org"}
    session.save()
    found["one-login-held"] = client.get(one)
    Identity.objects.create(account=account, subject_hash=b"s" * 32, created_at=START)
    found["one-login-mine"] = client.get(one)
    guest = spoken("portal", language)
    return found | {
        "sign-in": guest.get("/sign-in/"),
        "not-let-in": guest.get("/sign-in/one-login/back/?state=x"),
        "code": guest.get("/sign-in/code/"),
        "lost": guest.get("/lost/"),
        "start-code-wrong": guest.post("/start/", {"code": "x"}),
        **ways_out("portal", language, "one-login"),
    }


@pytest.mark.parametrize("language", ["en", "cy"])
def test_every_page_of_who_somebody_is_is_right_on_the_smallest_phone(language: str, settings: Any) -> None:
    settings.TMC_ONE_LOGIN_ISSUER, settings.TMC_ONE_LOGIN_CLIENT_ID = ISSUER, "us"
    settings.TMC_ONE_LOGIN_KEY = "s"
    ends = ("authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint")
    said_of_itself = {"issuer": ISSUER, **{end: f"{ISSUER}/{end}" for end in ends}}
    speaking._known[ISSUER] = speaking._Known(said_of_itself, time.monotonic())
    answers = {f"/desk/{name}": each for name, each in of_desk(language).items()}
    answers |= {f"/portal/{name}": each for name, each in of_portal(language).items()}
    led_on = {name: each["Location"] for name, each in answers.items() if each.status_code == 302}
    assert led_on == {}
    # a page that leads on by itself is looked at as who waits sees it
    made = {name: AT_ONCE.sub("", each.content.decode()) for name, each in answers.items()}
    is_right_on_the_smallest_phone(made, language)
    speaking.forget()
