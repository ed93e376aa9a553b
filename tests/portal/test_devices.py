"""Where an account is signed in: each browser with its place and time, and that one or all of them end."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from tests.portal.making import join, signed_in, world
from tests.support.doors import door_client, role
from trackmycrime.audit.models import Record
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.ids import new_id
from trackmycrime.kernel.scope import bound
from trackmycrime.people.models import Account, PortalSession, PushDevice, SignIn

pytestmark = pytest.mark.django_db
ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/139.0.0.0 Mobile Safari/537.36"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
PAGE = "/account/devices/"


@pytest.fixture
def account() -> Account:
    return join(world())


def browser(agent: str, address: str = "203.0.113.7", **headers: str) -> Client:
    return signed_in(REMOTE_ADDR=address, headers={"user-agent": agent, **headers})


def text(client: Client, page: str = PAGE) -> str:
    return client.get(page).content.decode()


def is_in(client: Client) -> bool:
    return client.get("/cases/").status_code == 200


def test_each_browser_is_shown_with_its_place_and_time_and_which_one_asks(account: Account) -> None:
    phone, desk = browser(ANDROID), browser(FIREFOX, "198.51.100.9")
    html = text(phone)
    assert "Chrome on Android" in html
    assert "Firefox on Windows" in html
    assert html.count("This browser") == 1
    assert html.index("This browser") < html.index("Firefox on Windows"), "the one that asks comes first"
    assert "Another network" in html
    assert "The network that you are on now" in html
    assert "today at" in html
    for told in ("203.0.113.7", "198.51.100.9", "Pixel"):
        assert told not in html
    assert text(desk).index("This browser") < text(desk).index("Chrome on Android")


def test_a_country_is_believed_of_a_proxy_of_ours_only(account: Account, settings: Any) -> None:
    settings.TMC_COUNTRY_HEADER = "X-Country"
    browser(FIREFOX, "198.51.100.9", **{"x-country": "FR"})
    assert "France" not in text(browser(ANDROID))
    settings.TMC_TRUSTED_PROXIES = 1
    for said in ("FR", "T1", "<b>"):
        browser(FIREFOX, **{"x-country": said, "x-forwarded-for": "198.51.100.9"})
    phone = browser(ANDROID, **{"x-forwarded-for": "203.0.113.7"})
    html = text(phone)
    assert "Another network, in France" in html
    assert not re.search(r"\bT1\b", html)
    phone.get("/language/cy/")
    assert "Ffrainc" in text(phone)


def test_one_browser_is_signed_out_from_another_and_stays_so(account: Account) -> None:
    phone, desk = browser(ANDROID), browser(FIREFOX)
    (other,) = re.findall(rf'action="({PAGE}\w+/end/)"', text(phone))
    answer = phone.post(other)
    assert answer["Location"] == f"{PAGE}?ended=1"
    assert "That browser has to sign in again" in text(phone, answer["Location"])
    assert (is_in(phone), is_in(desk)) == (True, False)
    assert Record.objects.get(action="session.ended").actor_id == str(account.pk)


def test_nobody_ends_a_session_that_is_not_theirs(account: Account) -> None:
    join(world("kent"), email="other@example.org")
    mine, other = browser(ANDROID), signed_in("other@example.org")
    for row in PortalSession.objects.filter(account=account):
        other.post(f"{PAGE}{bytes(row.key).hex()}/end/")
    other.post(f"{PAGE}nothing/end/")
    assert is_in(mine)
    assert "Chrome on Android" not in text(signed_in("other@example.org"))


def test_signing_out_everywhere_ends_all_of_them_here_too_and_forgets_the_phones(account: Account) -> None:
    phone, desk = browser(ANDROID), browser(FIREFOX)
    PushDevice.objects.create(account=account, endpoint_hash=b"x", detail={}, created_at=utc_now())
    answer = phone.post(f"{PAGE}end/")
    assert "You are signed out everywhere" in answer.content.decode()
    assert answer["Clear-Site-Data"] == '"cache"'
    assert (is_in(phone), is_in(desk)) == (False, False)
    assert not PushDevice.objects.exists()
    assert Record.objects.filter(action="session.all_ended", actor_id=str(account.pk)).exists()


def test_the_table_does_not_say_where_anybody_is(account: Account) -> None:
    browser(ANDROID)
    kept = b"".join(bytes(row.data) for row in PortalSession.objects.all())
    assert b"Android" not in kept
    with role("portal"), bound(account=account.pk):
        assert SignIn.objects.count() == 1
    with role("portal"), bound(account=new_id()):
        assert SignIn.objects.count() == 0


def test_what_is_left_is_told_without_making_it_longer_and_staying_makes_it_longer(account: Account) -> None:
    with time_machine.travel(utc_now(), tick=False) as clock:
        client = signed_in()
        clock.shift(timedelta(minutes=28))
        for _again in range(2):
            assert json.loads(text(client, "/session/")) == {"left": 120, "after": 1800}
        assert "signed out today at" in text(client)  # opening the page is using it
        clock.shift(timedelta(minutes=28))
        assert client.post("/session/stay/").status_code == 204
        assert json.loads(text(client, "/session/"))["left"] == 1800
        clock.shift(timedelta(minutes=28))
        client.post("/session/stay/")
        clock.shift(timedelta(minutes=25))
        client.post("/session/stay/")
        assert json.loads(text(client, "/session/")) == {"left": 660, "after": 660}, "two hours at most"
        clock.shift(timedelta(minutes=12))
        assert json.loads(text(client, "/session/")) == {"left": 0, "after": 0}
        assert "/sign-in/" in client.post("/session/stay/")["Location"]


def test_without_script_a_page_says_when_it_ends(account: Account) -> None:
    html = text(signed_in(), "/cases/")
    assert "<noscript>" in html
    assert f'href="{PAGE}"' in html
    assert "data-session" not in text(door_client("portal"), "/")
