"""Signing in: one answer for everything that is not right, and limits that bite and lock nobody out."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection

from tests.people.making import EMAIL, NOW, PASSWORD, make_account, make_force, make_officer, sign_in
from tests.support.doors import door_client
from trackmycrime.audit.models import Record
from trackmycrime.people import limits
from trackmycrime.people.models import Account, Staff

pytestmark = pytest.mark.django_db


def said(answer: Any) -> tuple[int, str]:
    """Status and text of an answer, without what differs by the form's own field and its protection."""
    text = answer.content.decode()
    for line in ("csrfmiddlewaretoken", 'name="email"'):
        text = "\n".join(each for each in text.splitlines() if line not in each)
    return answer.status_code, text


@pytest.mark.parametrize("door", ["portal", "desk"])
def test_same_answer_for_wrong_unknown_and_not_eligible(door: str) -> None:
    force = make_force()
    make_account("victim@example.org")
    make_officer(force, "officer@example.org")
    make_account("off@example.org")
    Account.objects.filter(pk=make_officer(force, "left@example.org").pk).update(is_active=False)
    gone = make_officer(force, "gone@example.org")
    Staff.objects.filter(account=gone).update(active=False)
    mine, theirs = ("victim", "officer") if door == "portal" else ("officer", "victim")
    answers = [
        sign_in(door, f"{mine}@example.org", "not the password")[1],
        sign_in(door, "nobody@example.org")[1],
        sign_in(door, f"{theirs}@example.org")[1],
        sign_in(door, "gone@example.org")[1],
        sign_in(door, "left@example.org")[1],
    ]
    assert len({said(answer) for answer in answers}) == 1
    assert all(door not in answer.cookies for answer in answers)
    client, right = sign_in(door, f"{mine.upper()}@Example.org")
    assert right.status_code == 302
    assert client.cookies[door].value


@pytest.mark.parametrize("door", ["portal", "desk"])
def test_a_password_is_taken_as_it_was_typed(door: str) -> None:
    password = "  Wooden Kettle  orbit "
    if door == "portal":
        make_account("victim@example.org", password)
    else:
        account = make_officer(make_force(), "victim@example.org")
        account.set_password(password)
        account.save()
    for wrong in (password.strip(), password.lower(), password.replace("  o", " o")):
        assert sign_in(door, "victim@example.org", wrong)[1].status_code == 200, wrong
    assert sign_in(door, "victim@example.org", password)[1].status_code == 302


def test_one_password_is_hashed_whether_or_not_there_is_an_account(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.contrib.auth.hashers import MD5PasswordHasher

    make_account()
    made: list[str] = []
    encode = MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        made.append("x")
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    counts = []
    for email in (EMAIL, "nobody@example.org"):
        made.clear()
        sign_in("portal", email, "not the password")
        counts.append(len(made))
    assert counts == [1, 1]


def test_right_password_is_refused_once_the_limit_is_reached_and_only_for_a_while() -> None:
    make_account()
    with time_machine.travel(NOW, tick=False) as clock:
        for _ in range(limits.PAIR.most):
            assert sign_in("portal", password="wrong words here")[1].status_code == 200
        answer = sign_in("portal")[1]
        assert answer.status_code != 302
        assert "too many" in answer.content.decode().lower()
        assert sign_in("portal", "nobody@example.org")[1].status_code == 200
        clock.shift(timedelta(minutes=16))
        assert sign_in("portal")[1].status_code == 302


def test_the_limit_is_reached_before_a_password_is_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    make_account()
    for _ in range(limits.PAIR.most):
        sign_in("portal", password="wrong words here")
    monkeypatch.setattr("trackmycrime.people.passwords.owners", lambda *_: pytest.fail("hashed"))
    assert sign_in("portal")[1].status_code != 302


def test_unknown_email_meets_the_same_limit_with_the_same_words() -> None:
    make_account()
    for _ in range(limits.PAIR.most):
        sign_in("portal", password="wrong words here")
        sign_in("portal", "nobody@example.org")
    assert said(sign_in("portal")[1]) == said(sign_in("portal", "nobody@example.org")[1])


def test_a_stranger_does_not_lock_the_victim_out() -> None:
    make_account()
    with time_machine.travel(NOW, tick=False):
        assert sign_in("portal", REMOTE_ADDR="192.0.2.7")[1].status_code == 302
        for n in range(limits.ACCOUNT.most + 5):
            sign_in("portal", password="wrong words here", REMOTE_ADDR=f"198.51.100.{n}")
        # where it was used before, and at a first try from anywhere else
        assert sign_in("portal", REMOTE_ADDR="192.0.2.7")[1].status_code == 302
        assert sign_in("portal", REMOTE_ADDR="203.0.113.9")[1].status_code == 302
        # but whoever guesses has used up theirs
        for _ in range(limits.FIRST.most):
            sign_in("portal", password="wrong words here", REMOTE_ADDR="198.51.100.200")
        assert sign_in("portal", REMOTE_ADDR="198.51.100.200")[1].status_code == 429


def test_her_own_browser_is_let_in_though_the_whole_household_guesses() -> None:
    make_account()
    with time_machine.travel(NOW, tick=False):
        hers, _ = sign_in("portal", REMOTE_ADDR="192.0.2.7")
        shown = hers.cookies["portal_browser"]
        assert shown["httponly"]
        assert shown["samesite"] == "Lax"
        hers.post("/sign-out/", REMOTE_ADDR="192.0.2.7")
        for n in range(limits.ADDRESS.most + 10):
            email = EMAIL if n < 50 else f"{n}@example.org"
            sign_in("portal", email, "wrong words here", REMOTE_ADDR="192.0.2.7")
        assert sign_in("portal", REMOTE_ADDR="192.0.2.7")[1].status_code == 429
        assert sign_in("portal", client=hers, REMOTE_ADDR="192.0.2.7")[1].status_code == 302


def test_only_a_browser_that_signed_in_is_given_a_cookie_to_be_known_by() -> None:
    make_account()
    client, _ = sign_in("portal", password="wrong words here")
    assert "portal_browser" not in client.cookies
    client.cookies["portal_browser"] = "chosen by somebody else"
    sign_in("portal", client=client)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}", client.cookies["portal_browser"].value)


def test_one_address_alone_cannot_use_up_the_limit_of_an_account() -> None:
    assert limits.PAIR_DAY.most < limits.ACCOUNT.most
    make_account()
    with time_machine.travel(NOW, tick=False) as clock:
        for _ in range(12):
            for _ in range(limits.PAIR.most):
                sign_in("portal", password="wrong words here", REMOTE_ADDR="198.51.100.1")
            clock.shift(timedelta(minutes=15, seconds=1))
        assert sign_in("portal", REMOTE_ADDR="192.0.2.7")[1].status_code == 302


def test_one_address_cannot_try_many_accounts() -> None:
    answers = [sign_in("portal", f"{n}@example.org")[1] for n in range(limits.ADDRESS.most + 1)]
    assert "too many" in answers[-1].content.decode().lower()
    assert "too many" not in answers[-2].content.decode().lower()


def test_a_try_is_counted_though_the_request_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    make_account()
    client = door_client("portal", raise_request_exception=False)
    with monkeypatch.context() as broken:
        broken.setattr("trackmycrime.people.signing.authenticate", lambda *_, **__: 1 / 0)
        for _ in range(limits.PAIR.most):
            assert sign_in("portal", client=client)[1].status_code == 500
    assert sign_in("portal")[1].status_code != 302


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/x",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "evil",
        "/x\r\nSet-Cookie: a=b",
    ],
)
@pytest.mark.parametrize("door", ["portal", "desk"])
def test_next_leads_to_pages_of_ours_only(door: str, wanted: str) -> None:
    make_account()
    make_officer(make_force(), EMAIL)
    answer = sign_in(door, next=wanted)[1]
    assert answer.status_code == 302
    assert answer.headers["Location"] in ("/", "/cases/")


def test_next_leads_back_to_the_page_that_was_asked_for() -> None:
    make_account()
    client = door_client("portal")
    asked = client.get("/messages/?page=2")
    assert asked.headers["Location"] == "/sign-in/?next=%2Fmessages%2F%3Fpage%3D2"
    answer = sign_in("portal", client=client, next="/messages/?page=2")[1]
    assert answer.headers["Location"] == "/messages/?page=2"


@pytest.mark.parametrize("door", ["portal", "desk"])
def test_a_form_from_elsewhere_is_refused(door: str) -> None:
    make_account()
    make_officer(make_force(), EMAIL)
    client = door_client(door, enforce_csrf_checks=True)
    assert sign_in(door, client=client)[1].status_code == 403


@pytest.mark.parametrize("door", ["portal", "desk"])
def test_another_host_name_is_refused(door: str) -> None:
    assert door_client(door).get("/sign-in/", HTTP_HOST="evil.example").status_code == 400


def test_proxies_are_believed_only_when_they_are_ours(settings: Any) -> None:
    class Request:
        META = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "1.2.3.4, 192.0.2.9"}

    assert limits.address_of(Request()) == "10.0.0.1"  # type: ignore[arg-type]
    settings.TMC_TRUSTED_PROXIES = 1
    assert limits.address_of(Request()) == "192.0.2.9"  # type: ignore[arg-type]
    Request.META = {"REMOTE_ADDR": "2001:db8:1:2:3:4:5:6"}
    assert limits.address_of(Request()) == "2001:db8:1:2::/64"  # type: ignore[arg-type]


def test_sign_ins_are_written_down() -> None:
    victim = make_account()
    force = make_force()
    officer = make_officer(force)
    sign_in("portal")
    desk, _ = sign_in("desk", "jo@example.org")
    desk.post("/sign-out/")
    sign_in("portal", password="wrong words here")
    found = list(
        Record.objects.filter(action__startswith="signed").order_by("id")
        .values_list("action", "actor_kind", "actor_id", "force_id")
    )  # fmt: skip
    assert found == [
        ("signed_in", "victim", str(victim.pk), None),
        ("signed_in", "officer", str(officer.pk), force.pk),
        ("signed_out", "officer", str(officer.pk), force.pk),
    ]


def test_a_door_looks_up_its_own_kind_only() -> None:
    from tests.support.doors import role

    with connection.cursor() as cursor:
        for door, other in (("portal", "people_officer_for"), ("desk", "people_victim_for")):
            with role(door):
                cursor.execute(
                    "select has_function_privilege(current_user, %s, 'execute')", [f"{other}(bytea)"]
                )
                assert cursor.fetchone() == (False,)
    assert PASSWORD
