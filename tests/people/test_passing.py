"""From what a browser has shown to its session: half of it lets nobody in, and fresh is a matter of minutes."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import time_machine
from django.http import HttpRequest, HttpResponse
from django.test import override_settings

from tests.people.making import NOW, PASSWORD, make_account, make_force, make_officer, session_of, sign_in
from tests.support.doors import role, settings_of
from trackmycrime.audit.models import Record
from trackmycrime.people import access, sessions, shown, signing
from trackmycrime.people.models import Account
from trackmycrime.people.sessions.portal import SessionStore
from trackmycrime.people.signing import How

pytestmark = pytest.mark.django_db


def browser() -> HttpRequest:
    request = HttpRequest()
    request.session = SessionStore()
    return request


def passed(request: HttpRequest, account: Account, how: How, now: Any = NOW) -> Account | None:
    with role("portal"), override_settings(**settings_of("portal")), time_machine.travel(now, tick=False):
        return signing.passed(request, "portal", account.pk, how, now=now)


def asks_for(account: Account, step: str) -> None:
    Account.objects.filter(pk=account.pk).update(second_step=step)


def test_half_of_it_lets_nobody_in_and_the_other_half_does(monkeypatch: pytest.MonkeyPatch) -> None:
    account, request = make_account(), browser()
    asks_for(account, "app")
    told: list[tuple[UUID, list[How]]] = []
    monkeypatch.setattr(
        sessions, "began", lambda _r, account, hows, _now, by: told.append((account.pk, hows))
    )
    assert passed(request, account, How.PASSWORD) is None
    assert access.signed_in(request) is None
    half = signing.half(request, now=NOW)
    assert half
    assert half.hows == {How.PASSWORD}
    before = request.session.session_key
    assert passed(request, account, How.APP) == account
    assert access.signed_in(request) == account.pk
    assert request.session.session_key not in (before, None)
    assert signing.half(request, now=NOW) is None
    assert told == [(account.pk, [How.APP, How.PASSWORD])]
    assert Record.objects.get(action="signed_in").detail == {"how": ["app", "password"]}


def test_half_of_it_is_forgotten_after_ten_minutes() -> None:
    account, request = make_account(), browser()
    asks_for(account, "app")
    passed(request, account, How.PASSWORD)
    assert passed(request, account, How.APP, NOW + timedelta(minutes=10)) is None
    assert access.signed_in(request) is None


def test_half_of_one_account_counts_for_no_other() -> None:
    account, other, request = make_account(), make_account("other@example.org"), browser()
    for one in (account, other):
        asks_for(one, "app")
    passed(request, account, How.PASSWORD)
    assert passed(request, other, How.APP) is None
    assert passed(request, account, How.APP) is None


def test_a_new_password_ends_what_was_shown_of_the_old_one() -> None:
    account, request = make_account(), browser()
    asks_for(account, "app")
    passed(request, account, How.PASSWORD)
    account.refresh_from_db()
    account.set_password("another three words")
    account.save()
    assert passed(request, account, How.APP) is None


@pytest.mark.parametrize("closed", [{"frozen_at": NOW}, {"is_active": False}])
def test_a_frozen_or_closed_account_never_gets_in_and_looks_like_a_wrong_password(closed: Any) -> None:
    account = make_account()
    wrong = sign_in("portal", password="wrong words here")[1]
    asks_for(account, "app")
    Account.objects.update(**closed)
    for how in How:
        request = browser()
        assert passed(request, account, how) is None
        assert signing.half(request, now=NOW) is None
    client, answer = sign_in("portal")
    assert answer.status_code == wrong.status_code
    assert set(answer.cookies) == set(wrong.cookies), "a browser that got in is given one to be known by"
    assert client.get("/sign-in/second/").status_code == 302
    assert client.get("/cases/").status_code == 302


@pytest.mark.parametrize("door", ["portal", "desk"])
def test_a_right_password_goes_on_to_the_second_step_where_one_is_asked(door: str) -> None:
    account = make_account() if door == "portal" else make_officer(make_force(), "sam@example.org")
    asks_for(account, "passkey")
    client, answer = sign_in(door, next="/messages/")
    assert answer.headers["Location"] == "/sign-in/second/?next=%2Fmessages%2F"
    assert client.get("/messages/").headers["Location"].startswith("/sign-in/")
    assert not Record.objects.filter(action="signed_in").exists()


def test_a_wrong_password_after_a_right_one_is_wrong() -> None:
    """On a device that two people share, nobody goes on with what the other one has begun."""
    asks_for(make_account(), "passkey")
    client, answer = sign_in("portal")
    assert answer.status_code == 302
    _, answer = sign_in("portal", "other@example.org", "wrong words here", client=client)
    assert (answer.status_code, "is not right" in answer.content.decode()) == (200, True)
    assert client.get("/sign-in/second/").headers["Location"] == "/sign-in/?ended=1"


@pytest.mark.parametrize("door", ["portal", "desk"])
def test_whoever_confirms_in_two_steps_comes_to_the_page_that_was_asked_for(door: str) -> None:
    if door == "portal":
        make_account()
    else:
        make_officer(make_force(), "sam@example.org")
    client, _ = sign_in(door)
    answer = client.get("/sign-in/second/?next=/account/app/")
    assert answer.headers["Location"] == "/confirm/?next=%2Faccount%2Fapp%2F"


@access.fresh_only
def dangerous(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("done")


@pytest.mark.parametrize("door", ["portal", "desk"])
def test_a_dangerous_page_asks_again_after_ten_minutes_and_the_password_answers(door: str) -> None:
    if door == "portal":
        make_account()
    else:
        make_officer(make_force(), "sam@example.org")
    with time_machine.travel(NOW, tick=False) as clock:
        client, answer = sign_in(door)
        assert answer.status_code == 302
        request = HttpRequest()
        request.META.update(SERVER_NAME="localhost", SERVER_PORT="80")
        request.method, request.path, request.session = "GET", "/account/", session_of(client)
        with override_settings(**settings_of(door)):
            assert dangerous(request).status_code == 200
            clock.shift(timedelta(minutes=10))
            assert dangerous(request).headers["Location"] == "/confirm/?next=%2Faccount%2F"
        wrong = client.post("/confirm/?next=/account/", {"password": "wrong words here"})
        assert wrong.status_code == 200
        key = client.cookies[door].value
        right = client.post("/confirm/?next=/account/", {"password": PASSWORD})
        assert right.headers["Location"] == "/account/"
        assert client.cookies[door].value != key
        request.session = session_of(client)
        with override_settings(**settings_of(door)):
            assert dangerous(request).status_code == 200
    assert Record.objects.filter(action="sign_in_confirmed").count() == 1


def test_confirming_asks_for_the_second_step_too() -> None:
    account = make_account()
    with time_machine.travel(NOW, tick=False) as clock:
        client, _ = sign_in("portal")
        asks_for(account, "app")
        clock.shift(timedelta(minutes=11))
        assert client.post("/confirm/", {"password": PASSWORD}).status_code == 200
        request = HttpRequest()
        request.session = session_of(client)
        assert not shown.fresh(request, now=NOW + timedelta(minutes=11))
