"""The pages to join and to sign in at the desk in a real browser: accessibility, small phones, content policy."""

from typing import Any

import pytest
from django.test import override_settings

from tests.people.making import (
    PASSWORD,
    invited,
    make_account,
    make_crime,
    make_force,
    make_officer,
    make_victim,
    sign_in,
)
from tests.support.browsing import is_right_on_the_smallest_phone
from tests.support.doors import DoorClient, door_client, role
from trackmycrime.audit.api import Actor
from trackmycrime.forces.models import Force
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people import invitations, staff
from trackmycrime.people.factors import code_app, recovery
from trackmycrime.people.models import Invitation
from trackmycrime.people.recovering import checks

pytestmark = [pytest.mark.django_db, pytest.mark.browser]


def pages(language: str) -> dict[str, str]:
    """The HTML of each page on the way in, by a name for it."""
    force = make_force()
    with_text, with_officer, third = (
        invited(make_victim(make_crime(force, f"46/{n}/26"), mobile=mobile), utc_now())
        for n, mobile in enumerate(("+447700900123", None, None))
    )
    account = make_account()
    make_victim(make_crime(force, "46/8/26"), "p8", account=account, joined_at=utc_now())
    invited(make_victim(make_crime(force, "46/9/26"), "p8"), utc_now())
    guest, other, desk = door_client("portal"), door_client("portal"), door_client("desk")
    mine, _ = sign_in("portal")
    for client in (guest, other, mine):
        client.get(f"/language/{language}/")
    desk.cookies["language"] = language
    link = f"/start/{with_text.token}"
    found = {"link": guest.get(link), "start": guest.get("/start/")}
    found["start-wrong"] = guest.post("/start/", {"code": "x"})
    guest.post(link, {"start": "1"})
    found["code"] = guest.get("/start/code/")
    found["code-texted"] = guest.post("/start/text/", follow=True)
    found["code-wait"] = guest.post("/start/text/", follow=True)
    found["code-wrong"] = guest.post("/start/code/", {"code": "1"})
    found["not-for-me"] = guest.get("/start/not-for-me/")
    guest.post("/start/code/", {"code": Invitation.objects.get(pk=with_text.invitation_id).activation_code})
    found["account"] = guest.get("/start/account/")
    found["account-wrong"] = guest.post("/start/account/", {"email": "x", "password": "short"})
    found["existing"] = guest.get("/start/sign-in/")
    found["existing-wrong"] = guest.post("/start/sign-in/", {"email": "a@example.org", "password": "x"})
    mine.post(f"/start/{third.token}", {"start": "1"})
    mine.post("/start/code/", {"code": Invitation.objects.get(pk=third.invitation_id).activation_code})
    found["account-mine"] = mine.get("/start/account/")
    other.post(f"/start/{with_officer.token}", {"start": "1"})
    found["code-officer"] = other.get("/start/code/")
    found["unusable"] = other.get(f"/start/{'x' * 32}")
    found["start-from-letter"] = other.get("/start/?code=CDFG-HJKM-3467")
    found["lost"] = other.get("/lost/")
    found["again"] = let_in(force, language).get("/start/again/")
    found["more-cases"] = mine.get("/cases/more/")
    found["my-cases"] = mine.get("/cases/")
    other.post(link, {"not_for_me": "1"})
    found["stopped"] = other.post("/start/not-for-me/")
    setup = f"/set-up/{staff.add(force, 'jo@example.org', 'officer', now=utc_now()).token}"
    found["desk-set-up"] = desk.get(setup)
    found["desk-set-up-wrong"] = desk.post(setup, {"password": "short"})
    found["desk-set-up-done"] = desk.post(setup, {"password": PASSWORD}, follow=True)
    found["desk-unusable"] = desk.get(setup)
    desk = door_client("desk")  # the one before is signed in now
    desk.cookies["language"] = language
    found["desk-sign-in"] = desk.get("/sign-in/?ended=1")
    found["desk-sign-in-wrong"] = desk.post("/sign-in/", {"email": "x"})
    found["desk-signed-out"] = desk.post("/sign-out/")
    found |= signing_pages(language)
    return {f"/{name}": response.content.decode() for name, response in found.items()}


def let_in(force: Force, language: str) -> DoorClient:
    """Somebody who had joined and lost everything, and has typed the code that an officer gave them after a look."""
    victim = make_victim(make_crime(force, "46/77/26"), "p7", account=make_account("lost@example.org"))
    officer = Actor("officer", str(make_officer(force, "who@example.org").pk))
    check = checks.record(victim, "in_person", ["passport"], by=officer, now=utc_now())
    made = invitations.invite_in_person(force, victim, by=officer, check=check, now=utc_now())
    assert made
    client = door_client("portal")
    client.get(f"/language/{language}/")
    client.post("/start/", {"code": made.token})
    return client


def signing_pages(language: str) -> dict[str, Any]:
    """Those on which somebody signs in by more than a password, and decides about it."""
    account = make_account("kit@example.org")
    force = make_force("essex")
    officer = make_officer(force, "al@example.org")
    guest, mine, begun, desk = (door_client(door) for door in ("portal", "portal", "portal", "desk"))
    for client in (guest, mine, begun, desk):
        client.cookies["language"] = language
    sign_in("portal", "kit@example.org", client=mine)
    desk.enter(officer, "password", "app")
    found = {"hub": mine.get("/account/?done=way"), "confirm": mine.get("/confirm/")}
    found["confirm-wrong"] = mine.post("/confirm/", {"password": "x"})
    found["password"] = mine.get("/account/password/")
    found["password-wrong"] = mine.post("/account/password/", {"password": "short"})
    found["ways"] = mine.get("/account/second/?way=code")
    found["ways-wrong"] = mine.post("/account/second/", {"way": "x"})
    found["code-ask-mine"] = mine.get("/sign-in/code/")
    found["code-ask"] = guest.get("/sign-in/code/")
    found["code-ask-wrong"] = guest.post("/sign-in/code/", {"email": "x"})
    guest.post("/sign-in/code/", {"email": "nobody@example.org", "way": "text"})
    found["code-typed"] = guest.get("/sign-in/code/type/")
    found["code-typed-wrong"] = guest.post("/sign-in/code/type/", {"code": "000000"})
    found["passkey-to-sign-in"] = guest.get("/sign-in/passkey/")
    found["passkeys"] = mine.get("/account/passkeys/")
    found["code-app"] = mine.get("/account/app/")
    found["code-app-wrong"] = mine.post("/account/app/", {"code": "x"})
    found["recovery"] = mine.get("/account/recovery/")
    found["recovery-new"] = mine.post("/account/recovery/", follow=True)
    with override_settings(TMC_ONE_LOGIN_ISSUER="https://one.example.org", TMC_ONE_LOGIN_CLIENT_ID="x"):
        found["one-login-to-sign-in"] = guest.get("/sign-in/")
        found["one-login"] = mine.get("/account/one-login/")
    secret = code_app.new_secret()
    now = utc_now()
    with role("portal"):
        assert code_app.add("portal", account.pk, secret, code_app.code_at(secret, now), now=now)
        recovery.renew("portal", account.pk, now=now)
    sign_in("portal", "kit@example.org", client=begun)
    found["second"] = begun.get("/sign-in/second/", follow=True)
    found["second-recovery"] = begun.get("/sign-in/recovery/")
    found["second-recovery-wrong"] = begun.post("/sign-in/recovery/", {"code": "x"})
    found["code-app-there"] = mine.get("/account/app/")
    new = door_client("desk")
    new.cookies["language"] = language
    new.enter(make_officer(force, "new@example.org"), "password")
    found["desk-needed"] = new.get("/", follow=True)
    for page in ("passkeys", "app", "recovery", "devices"):
        found[f"desk-{page}"] = desk.get(f"/account/{page}/")
    found["desk-passkey-to-sign-in"] = door_client("desk").get(
        "/sign-in/passkey/", headers={"cookie": f"language={language}"}
    )
    found["desk-hub"] = desk.get("/account/")
    found["desk-confirm"] = desk.get("/confirm/")
    assert {name for name, one in found.items() if one.status_code != 200} <= {
        "code-app-wrong",
        "second-recovery-wrong",
    }
    return found


@pytest.mark.parametrize("language", ["en", "cy"])
def test_every_page_is_right_on_the_smallest_phone(language: str) -> None:
    is_right_on_the_smallest_phone(pages(language), language)
