"""Victims who sign in by a real OpenID provider with GOV.UK One Login's profile: joined by them, never by an email."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client

from tests.people.making import invited, make_officer
from tests.portal.making import World, join, signed_in, world
from tests.support.doors import door_client
from tests.support.provider import Provider, Somebody, query_of
from trackmycrime.audit.api import Actor
from trackmycrime.audit.models import Record
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people import invitations
from trackmycrime.people.models import Account, Identity, Invitation, SignIn, Victim
from trackmycrime.people.recovering import checks

pytestmark = [pytest.mark.django_db, pytest.mark.processes]

BACK = "http://127.0.0.1:8000/sign-in/one-login/back/"
OUT = "http://127.0.0.1:8000/signed-out/"
KEY = ec.generate_private_key(ec.SECP256R1())
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()
PUBLIC = (
    KEY.public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)
_count = iter(range(1, 10_000))


class One:
    """Somebody who has a One Login, and this installation as it is known there."""

    def __init__(self, openid: Provider) -> None:
        self.openid = openid
        self.client_id = openid.client(BACK, public_key=PUBLIC, logout=OUT)
        self.new()

    @classmethod
    def set_up(cls, openid: Provider, settings: Any) -> "One":
        made = cls(openid)
        settings.TMC_ONE_LOGIN_ISSUER = openid.issuer
        settings.TMC_ONE_LOGIN_CLIENT_ID = made.client_id
        settings.TMC_ONE_LOGIN_KEY = PEM.replace("\n", "\\n")
        return made

    def new(self, email: str = "") -> None:
        self.name = f"one{next(_count)}"
        self.email = email or f"{self.name}@example.org"
        self.openid.person(self.name, email=self.email, email_verified=True)
        self.somebody: Somebody = self.openid.browser()

    def walk(self, client: Client, address: str) -> Any:
        sent = client.get(address)
        assert sent.status_code == 302, sent.content.decode()
        return client.get(self.somebody.walk(sent["Location"], self.name))

    def sign_in(self, client: Client | None = None) -> tuple[Client, Any]:
        client = client or door_client("portal")
        return client, self.walk(client, "/sign-in/one-login/")

    def connect(self, client: Client) -> Any:
        """Go there from the account's page, come back, and press the button."""
        answer = self.walk(client, "/account/one-login/connect/")
        assert answer["Location"] == "/account/one-login/"
        assert self.email in client.get("/account/one-login/").content.decode()
        return client.post("/account/one-login/", {"connect": "1"})


@pytest.fixture
def one(openid: Provider, honest: None, settings: Any) -> One:
    return One.set_up(openid, settings)


@pytest.fixture
def made() -> World:
    return world()


def test_who_has_connected_it_signs_in_by_it(one: One, made: World) -> None:
    account = join(made)
    assert one.connect(signed_in()).status_code == 302
    client, answer = one.sign_in()
    assert (answer.status_code, answer["Location"]) == (302, "/cases/")
    assert client.get(f"/cases/{made.case('52/1')}/").status_code == 200
    acts = Record.objects.filter(object_id=str(account.pk)).order_by("id").values_list("action", flat=True)
    assert [act for act in acts if act != "seen"][-2:] == ["provider_connected", "signed_in"]


def test_it_is_asked_as_the_profile_says_in_the_language_of_the_page(one: One) -> None:
    client = door_client("portal")
    asked = query_of(client.get("/sign-in/one-login/")["Location"])
    assert asked["redirect_uri"] == BACK
    assert json.loads(asked["vtr"]) == ["Cl.Cm"]
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    assert set(asked["scope"].split()) == {"openid", "email"}
    assert asked["ui_locales"] == "en"
    client.cookies["language"] = "cy"
    assert query_of(client.get("/sign-in/one-login/")["Location"])["ui_locales"] == "cy"


def test_the_same_email_is_not_the_same_person(one: One, made: World) -> None:
    join(made)
    one.new("rhian@example.org")
    client, answer = one.sign_in()
    assert answer.status_code == 403
    assert client.get("/cases/").status_code == 302
    assert not Identity.objects.exists()


@pytest.mark.parametrize("vot", ["Cl", "P2", None])
def test_less_trust_than_was_asked_for_is_refused(one: One, made: World, vot: str | None) -> None:
    join(made)
    one.connect(signed_in())
    one.openid.lie(vot=vot)
    client, answer = one.sign_in()
    assert answer.status_code == 403
    assert client.get("/cases/").status_code == 302


def test_coming_back_connects_nothing_before_the_button_is_pressed(one: One, made: World) -> None:
    join(made)
    client = signed_in(enforce_csrf_checks=False)
    one.walk(client, "/account/one-login/connect/")
    assert not Identity.objects.exists()
    client.handler.enforce_csrf_checks = True
    assert client.post("/account/one-login/", {"connect": "1"}).status_code == 403
    assert not Identity.objects.exists()


def test_only_a_fresh_sign_in_connects_and_takes_away(one: One, made: World) -> None:
    join(made)
    client = signed_in()
    with time_machine.travel(utc_now() + timedelta(minutes=11), tick=True):
        for address in ("/account/one-login/", "/account/one-login/connect/"):
            answer = client.get(address, follow=True)
            assert answer.redirect_chain[-1][0].startswith("/confirm/"), address


def test_nobody_signed_in_connects_anything(one: One) -> None:
    client = door_client("portal")
    assert client.get("/account/one-login/connect/")["Location"] == "/account/one-login/"
    assert client.get("/account/one-login/")["Location"].startswith("/sign-in/")


def test_one_login_belongs_to_one_account(one: One, made: World) -> None:
    join(made)
    one.connect(signed_in())
    join(world("south-wales"), email="idris@example.org")
    other = signed_in("idris@example.org")
    assert one.connect(other).status_code == 200
    assert Identity.objects.count() == 1
    assert b"used for another sign-in already" in one.connect(other).content


def test_it_can_be_taken_away_but_not_where_it_is_the_only_way_in(one: One, made: World) -> None:
    account = join(made)
    client = signed_in()
    one.connect(client)
    Account.objects.filter(pk=account.pk).update(password="!")
    assert (
        b"Add a passkey first" in one.sign_in(client)[0].post("/account/one-login/", {"remove": "1"}).content
    )
    assert Identity.objects.exists()
    account.save(update_fields=["password"])
    client = signed_in()
    SignIn.objects.all().delete()
    assert client.post("/account/one-login/", {"remove": "1"}).status_code == 302
    assert not Identity.objects.exists()
    assert SignIn.objects.get().how == "changed", "it is told of by another way"
    assert one.sign_in()[1].status_code == 403


def test_a_frozen_account_stays_shut(one: One, made: World) -> None:
    account = join(made)
    one.connect(signed_in())
    Account.objects.filter(pk=account.pk).update(frozen_at=utc_now())
    client, answer = one.sign_in()
    assert answer.status_code == 403
    assert client.get("/cases/").status_code == 302


def remembered(one: One, made: World) -> Client:
    """Somebody whom it let through without asking: it knew them since an hour ago."""
    join(made)
    one.connect(signed_in())
    one.openid.lie(auth_time=int(utc_now().timestamp()) - 3600)
    return one.sign_in()[0]


def test_what_it_remembered_lets_in_and_not_to_what_can_do_harm(one: One, made: World) -> None:
    client = remembered(one, made)
    assert client.get("/cases/").status_code == 200
    assert client.get("/account/one-login/")["Location"].startswith("/confirm/")
    assert one.walk(client, "/confirm/one-login/?next=/account/one-login/").status_code == 403
    one.openid.lie()
    assert "/confirm/one-login/" in client.get("/confirm/?next=/account/one-login/").content.decode()
    answer = one.walk(client, "/confirm/one-login/?next=/account/one-login/")
    assert answer["Location"] == "/account/one-login/"
    assert client.get("/account/one-login/").status_code == 200


def test_what_it_remembers_in_a_shared_browser_is_neither_connected_nor_joins(one: One, made: World) -> None:
    client = proved(made)
    one.openid.lie(auth_time=int(utc_now().timestamp()) - 3600)
    assert query_of(client.get("/start/one-login/")["Location"])["prompt"] == "login"
    assert one.walk(client, "/start/one-login/").status_code == 403
    assert client.post("/start/one-login/joined/")["Location"] == "/start/"
    join(made)
    client = signed_in()
    assert one.walk(client, "/account/one-login/connect/").status_code == 403
    client.post("/account/one-login/", {"connect": "1"})
    assert not Identity.objects.exists()


def test_nobody_is_let_in_again_by_it_but_by_a_new_password(one: One, made: World) -> None:
    account = join(made)
    one.connect(signed_in())
    client = let_in_again(made)
    for address in ("/start/one-login/", "/start/sign-in/"):
        assert client.get(address)["Location"] == "/start/again/", address
    answer = client.post("/start/again/", {"email": "rhian@example.org", "password": "another three words"})
    assert answer.status_code == 302
    account.refresh_from_db()
    assert account.check_password("another three words")
    assert one.sign_in()[1].status_code == 403


def test_somebody_else_there_confirms_nobody(one: One, made: World) -> None:
    client = remembered(one, made)
    one.openid.lie()
    one.new()
    assert one.walk(client, "/confirm/one-login/?next=/account/one-login/").status_code == 403
    assert client.get("/account/one-login/")["Location"].startswith("/confirm/")


def test_what_comes_back_is_taken_once_and_only_from_the_browser_that_was_sent(one: One, made: World) -> None:
    join(made)
    one.connect(signed_in())
    client = door_client("portal")
    back = one.somebody.walk(client.get("/sign-in/one-login/")["Location"], one.name)
    assert door_client("portal").get(back).status_code == 400
    assert client.get(back).status_code == 302
    assert client.get(back).status_code == 400


def test_signed_out_there_is_signed_out_here(one: One, made: World) -> None:
    join(made)
    one.connect(signed_in())
    client, _answer = one.sign_in()
    token = one.openid.logout_token(one.client_id, one.name)
    stranger = door_client("portal", enforce_csrf_checks=True)
    assert stranger.post("/sign-in/one-login/logout/", {"logout_token": "x"}).status_code == 400
    assert stranger.post("/sign-in/one-login/logout/", {"logout_token": token}).status_code == 200
    assert client.get("/cases/").status_code == 302


def test_where_it_is_not_set_up_nobody_is_offered_it(made: World) -> None:
    join(made)
    assert b"One Login" not in door_client("portal").get("/sign-in/").content
    assert door_client("portal").get("/sign-in/one-login/").status_code == 404
    assert b"One Login" not in signed_in().get("/account/").content


def test_with_both_proofs_of_an_invitation_one_joins_without_a_password(one: One, made: World) -> None:
    client = proved(made)
    assert client.get("/start/one-login/")["Location"].startswith(one.openid.issuer)
    answer = one.walk(client, "/start/one-login/")
    assert answer["Location"] == "/start/one-login/joined/"
    assert not Account.objects.filter(kind="victim").exists()
    assert one.email in client.get("/start/one-login/joined/").content.decode()
    assert client.post("/start/one-login/joined/")["Location"].startswith(("/cases/", "/settings/language/"))
    account = Identity.objects.get().account
    assert not account.has_usable_password()
    assert Victim.objects.get(account=account).person == "P1"
    assert one.sign_in()[0].get(f"/cases/{made.case('52/1')}/").status_code == 200


def test_nothing_is_joined_to_an_account_that_is_frozen_and_the_invitation_stays(
    one: One, made: World
) -> None:
    account = join(world("south-wales"))
    one.connect(signed_in())
    Account.objects.filter(pk=account.pk).update(frozen_at=utc_now())
    client = proved(made)
    one.walk(client, "/start/one-login/")
    assert client.post("/start/one-login/joined/").status_code == 403
    assert made_victim(made).account is None
    assert client.get("/start/account/").status_code == 200
    Account.objects.filter(pk=account.pk).update(frozen_at=None)
    one.walk(client, "/start/one-login/")
    assert client.post("/start/one-login/joined/").status_code == 302
    assert made_victim(made).account == account


def test_without_both_proofs_nobody_joins_by_it(one: One) -> None:
    client = door_client("portal")
    assert client.get("/start/one-login/")["Location"] == "/start/"
    assert client.post("/start/one-login/joined/")["Location"] == "/start/"
    assert not Account.objects.filter(kind="victim").exists()


def proved(made: World) -> Client:
    """A browser that has shown both proofs of an invitation."""
    invitation = invited(made_victim(made), utc_now())
    client = door_client("portal")
    client.post(f"/start/{invitation.token}", {"start": "1"})
    code = Invitation.objects.get(pk=invitation.invitation_id).activation_code
    assert client.post("/start/code/", {"code": code})["Location"] == "/start/account/"
    return client


def let_in_again(made: World) -> Client:
    """A browser that has typed the code of an officer who has checked who somebody is."""
    victim = made_victim(made)
    officer = Actor("officer", str(make_officer(made.force).pk))
    check = checks.record(victim, "in_person", ["passport"], by=officer, now=utc_now())
    code = invitations.invite_in_person(made.force, victim, by=officer, check=check, now=utc_now())
    assert code
    client = door_client("portal")
    assert client.post("/start/", {"code": code.token})["Location"] == "/start/account/"
    return client


def made_victim(made: World) -> Victim:
    """The person of 52/1, who has said what is safe."""
    return Victim.objects.get(force=made.force, person="P1")
