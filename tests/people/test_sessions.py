"""Sessions: short, hashed, sealed to their row, of one door only, and ended for good."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from time_machine import Traveller

from tests.people.making import EMAIL, NOW, make_account, make_force, make_officer, sign_in
from tests.support.doors import door_client, role
from trackmycrime.people import sessions
from trackmycrime.people.models import Account, DeskSession, PortalSession
from trackmycrime.people.sessions.portal import SessionStore

pytestmark = pytest.mark.django_db
PRIVATE = "/start/account/"


@pytest.fixture
def clock() -> Iterator[Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def account() -> Account:
    return make_account()


def signed_in(client: object) -> bool:
    """Whether the portal takes this browser for somebody who is signed in."""
    return "/cases/" in client.get("/").headers.get("Location", "")  # type: ignore[attr-defined]


def test_the_table_gives_no_session_away(account: Account) -> None:
    client, _ = sign_in("portal")
    cookie = client.cookies["portal"].value
    row = PortalSession.objects.get()
    assert cookie.encode() not in bytes(row.key) + bytes(row.data)
    assert str(account.pk).encode() not in bytes(row.data)
    thief = door_client("portal")
    thief.cookies["portal"] = bytes(row.key).hex()
    assert not signed_in(thief)


def test_data_copied_into_another_session_does_not_open(account: Account) -> None:
    sign_in("portal")
    victims = PortalSession.objects.get()
    other = SessionStore()
    other["x"] = 1
    other.save()
    PortalSession.objects.exclude(pk=victims.pk).update(data=victims.data)
    assert SessionStore(other.session_key).load() == {}


def test_cookie_is_for_this_browser_session_and_not_for_scripts(account: Account) -> None:
    client, _ = sign_in("portal")
    cookie = client.cookies["portal"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert not cookie["max-age"]
    assert not cookie["expires"]


def test_ends_when_nobody_used_it_for_half_an_hour(account: Account, clock: Traveller) -> None:
    client, _ = sign_in("portal")
    clock.shift(timedelta(minutes=29))
    assert signed_in(client)
    clock.shift(timedelta(minutes=29))
    assert signed_in(client)
    clock.shift(timedelta(minutes=31))
    assert not signed_in(client)


def test_ends_after_two_hours_whatever_is_done(account: Account, clock: Traveller) -> None:
    client, _ = sign_in("portal")
    for _ in range(11):
        clock.shift(timedelta(minutes=10))
        assert signed_in(client)
    clock.shift(timedelta(minutes=11))
    assert not signed_in(client)


def test_a_page_writes_the_session_every_five_minutes_at_most(
    account: Account, clock: Traveller, django_assert_num_queries: object
) -> None:
    client, _ = sign_in("portal")
    clock.shift(timedelta(minutes=4))
    before = PortalSession.objects.get().expires_at
    assert signed_in(client)
    assert PortalSession.objects.get().expires_at == before
    clock.shift(timedelta(minutes=2))
    assert signed_in(client)
    assert PortalSession.objects.get().expires_at > before


def test_expired_sessions_are_cleared_by_the_worker(account: Account, clock: Traveller) -> None:
    sign_in("portal")
    clock.shift(timedelta(hours=1))
    sign_in("portal")
    with role("worker"):
        assert sessions.clear_expired(NOW + timedelta(hours=1)) == 1
    assert PortalSession.objects.count() == 1


def test_signing_in_changes_the_key(account: Account) -> None:
    client = door_client("portal")
    planted = SessionStore()
    planted["x"] = 1
    planted.save()
    client.cookies["portal"] = planted.session_key or ""
    sign_in("portal", client=client)
    assert client.cookies["portal"].value != planted.session_key
    old = door_client("portal")
    old.cookies["portal"] = planted.session_key or ""
    assert not signed_in(old)


def test_signing_out_ends_it_on_the_server(account: Account) -> None:
    client, _ = sign_in("portal")
    cookie = client.cookies["portal"].value
    client.post("/sign-out/")
    assert not PortalSession.objects.exists()
    client.cookies["portal"] = cookie
    assert not signed_in(client)


def test_a_session_of_one_door_is_nothing_at_the_other() -> None:
    make_account()
    make_officer(make_force(), EMAIL)
    victim, _ = sign_in("portal")
    officer, _ = sign_in("desk")
    assert DeskSession.objects.count() == PortalSession.objects.count() == 1
    at_desk, at_portal = door_client("desk"), door_client("portal")
    at_desk.cookies["desk"] = victim.cookies["portal"].value
    at_portal.cookies["portal"] = officer.cookies["desk"].value
    assert at_desk.get("/sign-in/").status_code == 200
    assert officer.get("/sign-in/").status_code == 302
    assert not signed_in(at_portal)
    assert signed_in(victim)


def test_all_sessions_of_an_account_can_be_ended(account: Account) -> None:
    one, other = sign_in("portal")[0], sign_in("portal")[0]
    assert sessions.end_all(account.pk, door="portal") == 2
    assert not signed_in(one)
    assert not signed_in(other)
