"""The pages of passkeys, the app and recovery codes at both doors: on the way in, to confirm, and to change them."""

import html
import re
from datetime import timedelta
from typing import Any

import pytest

from tests.desk.people import PASSWORD as DESK_PASSWORD
from tests.desk.people import staff
from tests.people.making import EMAIL, PASSWORD, make_account, make_force
from tests.people.making import sign_in as sign_in_by
from tests.support.doors import DoorClient, door_client, role
from tests.support.keeper import LOCAL, Keeper
from trackmycrime.audit.models import Record
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people import limits
from trackmycrime.people import staff as staffing
from trackmycrime.people.factors import code_app, recovery
from trackmycrime.people.models import Account, CodeApp, Passkey, RecoveryCode, Staff

pytestmark = pytest.mark.django_db
DOORS = ["portal", "desk"]
INSIDE = {"portal": "/cases/", "desk": "/"}


def browser(door: str) -> DoorClient:
    """One that came by the door's name: passkeys know no numbers."""
    return door_client(door, HTTP_HOST=LOCAL[door].removeprefix("http://"))


def sign_in(door: str, *who: str, **more: Any) -> tuple[DoorClient, Any]:
    return sign_in_by(door, *who, client=browser(door), **more)


def somebody(door: str) -> tuple[str, str]:
    """Email and password of somebody who has nothing else yet."""
    if door == "portal":
        make_account()
        return EMAIL, PASSWORD
    return staff(make_force()).account.email, DESK_PASSWORD


def account(door: str) -> Account:
    return Account.objects.get(kind="victim" if door == "portal" else "officer")


def options(page: Any) -> str:
    """What the page asks of passkeys."""
    found = re.search(r'data-options="([^"]*)"', page.content.decode())
    assert found, page.content.decode()
    return html.unescape(found[1])


def with_passkey(client: DoorClient, door: str) -> Keeper:
    """Add a passkey by the page."""
    keeper = Keeper(origin=LOCAL[door])
    answer = client.post(
        "/account/passkeys/",
        {"name": "My phone", "answer": keeper.make(options(client.get("/account/passkeys/")))},
    )
    assert answer.status_code == 302, answer.content.decode()
    return keeper


def with_app(client: DoorClient) -> str:
    """Add an app by the page; its secret. Its newest codes are still good."""
    page = client.get("/account/app/").content.decode()
    found = re.search(r'tmc-code-line">([A-Z2-7 ]+)<', page)
    assert found, page
    secret = found[1].replace(" ", "")
    before = code_app.code_at(secret, utc_now() - timedelta(seconds=code_app.STEP))
    answer = client.post("/account/app/", {"code": before})
    assert answer.status_code == 302, answer.content.decode()
    return secret


def inside(client: DoorClient, door: str) -> bool:
    return client.get(INSIDE[door]).status_code == 200


@pytest.mark.parametrize("door", DOORS)
def test_a_passkey_alone_signs_in(door: str) -> None:
    client, _ = sign_in(door, *somebody(door))
    keeper = with_passkey(client, door)
    assert inside(client, door)
    other = browser(door)
    answer = other.post(
        "/sign-in/passkey/?next=/account/", {"answer": keeper.show(options(other.get("/sign-in/passkey/")))}
    )
    assert answer.status_code == 302
    assert answer["Location"] == "/account/"
    assert inside(other, door)
    assert Record.objects.filter(action="signed_in", detail__how=["passkey"]).exists()
    assert other.cookies[f"{door}_browser"].value, "whoever tries passwords beside it does not lock it out"


@pytest.mark.parametrize("door", DOORS)
def test_with_an_app_the_password_alone_lets_nobody_in(door: str) -> None:
    who = somebody(door)
    client, _ = sign_in(door, *who)
    secret = with_app(client)
    assert inside(client, door)
    other, answer = sign_in(door, *who)
    assert answer["Location"].startswith("/sign-in/second/")
    assert not inside(other, door)
    page = other.get(answer["Location"], follow=True)
    assert "Code from your app" in page.content.decode() or "/sign-in/app/" in page.content.decode()
    wrong = other.post("/sign-in/app/", {"code": "000000x"})
    assert "That code is not right" in wrong.content.decode()
    assert not inside(other, door)
    code = code_app.code_at(secret, utc_now())
    assert other.post("/sign-in/app/", {"code": code}).status_code == 302
    assert inside(other, door)
    third, _ = sign_in(door, *who)
    assert "That code is not right" in third.post("/sign-in/app/", {"code": code}).content.decode()
    assert not inside(third, door)


@pytest.mark.parametrize("door", DOORS)
def test_a_recovery_code_stands_for_the_app_once(door: str) -> None:
    who = somebody(door)
    client, _ = sign_in(door, *who)
    with_app(client)
    made = client.post("/account/recovery/").content.decode()
    codes = re.findall(r'tmc-mono">([A-Z0-9-]{14})<', made)
    assert len(codes) == recovery.HOW_MANY
    assert codes[0] not in client.get("/account/recovery/").content.decode()
    other, _ = sign_in(door, *who)
    assert other.post("/sign-in/recovery/", {"code": codes[0].lower()}).status_code == 302
    assert inside(other, door)
    third, _ = sign_in(door, *who)
    assert third.post("/sign-in/recovery/", {"code": codes[0]}).status_code == 200
    assert not inside(third, door)
    assert "9 codes are left" in other.get("/account/recovery/").content.decode()


@pytest.mark.parametrize("page", ["app", "recovery"])
def test_without_the_password_there_is_nothing_to_type_a_code_into(page: str) -> None:
    for door in DOORS:
        client = browser(door)
        for answer in (client.get(f"/sign-in/{page}/"), client.post(f"/sign-in/{page}/", {"code": "123456"})):
            assert answer["Location"].startswith("/sign-in/")


def test_whoever_guesses_at_codes_is_stopped_and_the_owner_elsewhere_is_not() -> None:
    who = somebody("portal")
    client, _ = sign_in("portal", *who)
    secret = with_app(client)
    guesser, _ = sign_in("portal", *who, REMOTE_ADDR="192.0.2.1")
    for _ in range(limits.PAIR.most):
        assert guesser.post("/sign-in/app/", {"code": "1"}, REMOTE_ADDR="192.0.2.1").status_code == 200
    code = code_app.code_at(secret, utc_now())
    assert guesser.post("/sign-in/app/", {"code": code}, REMOTE_ADDR="192.0.2.1").status_code == 429
    other, _ = sign_in("portal", *who, REMOTE_ADDR="192.0.2.2")
    assert other.post("/sign-in/app/", {"code": code}, REMOTE_ADDR="192.0.2.2").status_code == 302


def test_a_passkey_is_a_second_step_of_its_own_account_only() -> None:
    who = somebody("portal")
    client, _ = sign_in("portal", *who)
    with_passkey(client, "portal")
    Account.objects.filter(pk=account("portal").pk).update(second_step="passkey")
    make_account("idris@example.org")
    theirs, _ = sign_in("portal", "idris@example.org", PASSWORD)
    stranger = with_passkey(theirs, "portal")
    other, answer = sign_in("portal", *who)
    assert answer["Location"].startswith("/sign-in/second/")
    asked = options(other.get("/sign-in/passkey/"))
    assert other.post("/sign-in/passkey/", {"of": "me", "answer": stranger.show(asked)}).status_code == 200
    assert not inside(other, "portal")


def test_nonsense_instead_of_a_passkey_is_answered_in_one_sentence() -> None:
    for door in DOORS:
        answer = browser(door).post("/sign-in/passkey/", {"answer": '{"id": []}'})
        assert "That passkey did not let you in" in answer.content.decode()


@pytest.mark.parametrize("how", ["passkey", "app"])
def test_it_is_still_me_by_passkey_or_app(how: str) -> None:
    client, _ = sign_in("portal", *somebody("portal"))
    keeper, secret = with_passkey(client, "portal"), with_app(client)
    stale(client)
    assert client.get("/account/passkeys/")["Location"] == "/confirm/?next=%2Faccount%2Fpasskeys%2F"
    if how == "passkey":
        asked = options(client.get("/sign-in/passkey/"))
        answer = client.post(
            "/sign-in/passkey/?next=/account/passkeys/", {"of": "me", "answer": keeper.show(asked)}
        )
        assert answer["Location"] == "/account/passkeys/"
        assert client.get("/account/passkeys/").status_code == 200
    else:
        # the app goes with the password, as at the sign-in
        client.post("/sign-in/app/", {"code": code_app.code_at(secret, utc_now())})
        assert client.get("/account/passkeys/").status_code == 302
        client.post("/confirm/", {"password": PASSWORD})
        assert client.get("/account/passkeys/").status_code == 200


def stale(client: DoorClient) -> None:
    """The sign-in of this browser is an hour ago."""
    from importlib import import_module

    engine = import_module(f"trackmycrime.people.sessions.{client.door}")
    with role(client.door):
        store = engine.SessionStore(client.cookies[client.door].value)
        kept = store["signed"]
        store["signed"] = kept | {"at": (utc_now() - timedelta(hours=1)).isoformat()}
        store.save()


def test_a_victim_takes_away_what_they_added_and_is_not_asked_for_it_any_more() -> None:
    who = somebody("portal")
    client, _ = sign_in("portal", *who)
    with_app(client)
    with_passkey(client, "portal")
    assert account("portal").second_step == "app"
    one = Passkey.objects.get()
    client.post(f"/account/passkeys/{one.pk}/name/", {"name": "Blue phone"})
    assert "Blue phone" in client.get("/account/passkeys/").content.decode()
    assert client.post(f"/account/passkeys/{one.pk}/remove/").status_code == 302
    client.post("/account/app/remove/")
    assert not Passkey.objects.exists()
    assert not CodeApp.objects.exists()
    assert account("portal").second_step == ""
    assert inside(sign_in("portal", *who)[0], "portal")


def test_an_officer_without_a_second_factor_gets_nowhere_else() -> None:
    who = somebody("desk")
    client, answer = sign_in("desk", *who)
    assert answer.status_code == 302
    for page in ("/", "/cases/", "/account/", "/account/recovery/"):
        assert client.get(page)["Location"] == "/account/needed/", page
    assert client.post("/cases/find/", {"reference": "52/1"})["Location"] == "/account/needed/"
    needed = client.get("/account/needed/").content.decode()
    assert "/account/app/" in needed
    assert "/account/passkeys/" in needed
    assert "/cases/" not in needed
    with_app(client)
    assert "One thing more" in client.get("/account/recovery/?said=added").content.decode()
    assert inside(client, "desk")
    assert account("desk").second_step == "app"


def test_an_officer_keeps_one_factor_at_least() -> None:
    client, _ = sign_in("desk", *somebody("desk"))
    with_app(client)
    assert client.post("/account/app/remove/")["Location"].endswith("said=last")
    assert CodeApp.objects.exists()
    with_passkey(client, "desk")
    assert client.post("/account/app/remove/")["Location"].endswith("said=removed")
    assert account("desk").second_step == "passkey"
    one = Passkey.objects.get()
    assert client.post(f"/account/passkeys/{one.pk}/remove/")["Location"].endswith("said=last")
    assert Passkey.objects.exists()


def test_setting_up_goes_on_to_a_second_factor_and_ends_older_ones() -> None:
    force = make_force()
    email, password = staff(force).account.email, DESK_PASSWORD
    client, _ = sign_in("desk", email, password)
    with_app(client)
    with_passkey(client, "desk")
    client.post("/account/recovery/")
    link = staffing.add(force, email, "officer", now=utc_now()).token
    # the link alone ends nothing: an administrator may have made it to change the role
    assert inside(client, "desk")
    fresh = browser("desk")
    answer = fresh.post(f"/set-up/{link}", {"password": "three other words"})
    assert answer["Location"] == "/account/needed/"
    for kind in (CodeApp, Passkey, RecoveryCode):
        assert not kind.objects.exists()
    assert client.get("/").status_code == 302
    assert fresh.get("/")["Location"] == "/account/needed/"
    with_passkey(fresh, "desk")
    assert inside(fresh, "desk")


def test_a_page_at_another_address_says_where_passkeys_work() -> None:
    client, _ = sign_in("portal", *somebody("portal"))
    for page in ("/account/passkeys/", "/sign-in/passkey/"):
        said = client.get(page, HTTP_HOST="127.0.0.1:8000").content.decode()
        assert f"http://localhost:8000{page}" in said
        assert "passkey.js" not in said
    assert "passkey.js" in client.get("/account/passkeys/").content.decode()
    assert "passkey.js" in browser("portal").get("/sign-in/passkey/").content.decode()


def test_the_passkey_of_an_officer_who_has_left_opens_nothing_and_nothing_is_said_of_a_copy() -> None:
    client, _ = sign_in("desk", *somebody("desk"))
    keeper = with_passkey(client, "desk")
    left = Staff.objects.select_related("force").get()
    staffing.remove(left.force, left.account.email, now=utc_now())
    other = browser("desk")
    answer = other.post("/sign-in/passkey/", {"answer": keeper.show(options(other.get("/sign-in/passkey/")))})
    assert "did not let you in" in answer.content.decode()
    assert not inside(other, "desk")
    assert not Record.objects.filter(action="passkey_copied").exists()
