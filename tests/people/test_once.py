"""Codes that are sent to somebody who signs in: where they may go, what they open, and what nobody can tell by them."""

import re
from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
import time_machine

from tests.people.making import (
    NOW,
    PASSWORD,
    make_account,
    make_crime,
    make_force,
    make_victim,
    sign_in,
)
from tests.support.doors import DoorClient, door_client, role
from trackmycrime import rounds
from trackmycrime.alerts import api as alerts
from trackmycrime.audit.models import Record
from trackmycrime.delivery.letters import Letter
from trackmycrime.delivery.models import Dispatch
from trackmycrime.people import limits, once
from trackmycrime.people.models import Account, SignInCode, Victim

pytestmark = pytest.mark.django_db
EMAIL = "sam@example.org"
PASS = dict(rounds.PASSES)[once.BELL]


@pytest.fixture
def account() -> Account:
    made = make_account()
    make_victim(make_crime(make_force()), account=made, joined_at=NOW)
    Account.objects.update(code_alone=True)
    return made


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


def ask(client: DoorClient, email: str = EMAIL, way: str = "text") -> Any:
    return client.post("/sign-in/code/", {"email": email, "way": way})


def sent() -> str | None:
    """What the worker's pass sends: the code, or None."""
    with role("worker"):
        PASS(NOW)
    letter = Dispatch.objects.filter(purpose="code").order_by("-id").first()
    found = re.search(r"\b\d{6}\b", letter.body or "") if letter else None
    return found[0] if found else None


def type_in(client: DoorClient, code: str) -> Any:
    return client.post("/sign-in/code/type/", {"code": code})


@pytest.mark.parametrize("way", ["text", "email"])
def test_a_code_that_was_sent_signs_in_once(account: Account, way: str) -> None:
    client = door_client("portal")
    assert ask(client, way=way).headers["Location"] == "/sign-in/code/type/"
    code = sent()
    assert code
    answer = type_in(client, f" {code[:3]} {code[3:]} ")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/cases/")
    assert client.get("/account/").status_code == 200
    assert Record.objects.get(action="signed_in").detail == {"how": ["code"]}
    letter = Dispatch.objects.get()
    assert letter.address_hash == getattr(Victim.objects.get(), f"{ {'text': 'mobile'}.get(way, way) }_hash")
    name = SignInCode.objects.get().id
    with role("portal"):
        # as of two requests at once, which both hold its name
        assert once.prove(name, code, "192.0.2.1", now=NOW) is None


def test_no_code_by_which_nobody_asked_to_sign_in(account: Account) -> None:
    for change in ({"code_alone": False}, {"second_step": "code"}, {"frozen_at": NOW}, {"is_active": False}):
        Account.objects.update(code_alone=True, second_step="", frozen_at=None, is_active=True)
        Account.objects.update(**change)
        assert ask(door_client("portal")).status_code == 302
        assert sent() is None, change


def test_what_is_said_is_the_same_whether_or_not_there_is_somebody(account: Account) -> None:
    said = []
    for email in (EMAIL, "nobody@example.org"):
        client = door_client("portal")
        asked = ask(client, email)
        sent()
        page = client.get("/sign-in/code/type/")
        wrong = [type_in(client, "000000") for _ in range(once.TRIES + 1)]
        said.append(
            [asked.status_code, asked.headers["Location"]]
            + [
                (
                    each.status_code,
                    re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", each.content.decode()),
                )
                for each in (page, *wrong)
            ]
        )
    assert said[0] == said[1]
    assert SignInCode.objects.filter(account=None).count() == 1


def test_after_five_wrong_tries_the_right_code_is_wrong_too(account: Account) -> None:
    client = door_client("portal")
    ask(client)
    code = sent()
    assert code
    wrong = "000000" if code != "000000" else "111111"
    for _ in range(once.TRIES):
        assert type_in(client, wrong).status_code == 200
    assert type_in(client, code).status_code == 200
    assert client.get("/cases/").headers["Location"].startswith("/sign-in/")


def test_a_code_is_good_for_ten_minutes_and_in_the_browser_that_asked(account: Account, clock: Any) -> None:
    client, stranger = door_client("portal"), door_client("portal")
    ask(client)
    code = sent()
    assert code
    ask(stranger, "nobody@example.org")
    assert type_in(stranger, code).status_code == 200
    assert type_in(door_client("portal"), code).headers["Location"] == "/sign-in/code/"
    clock.shift(once.LIFE)
    assert type_in(client, code).status_code == 200


UNSAFE: dict[str, Callable[[Victim], Any]] = {
    "disguise": lambda v: {"disguise": True},
    "no portal": lambda v: {"no_portal": True},
    "texts are not safe": lambda v: {"safe_channels": ["email"]},
    "nothing is safe": lambda v: {"safe_channels": []},
    "not at this hour": lambda v: {"safe_from": time(1), "safe_to": time(2)},
    "hours half known": lambda v: {"safe_from": time(1)},
    "«not for me»": lambda v: {"blocked_hashes": [v.mobile_hash]},
    "no mobile": lambda v: {"mobile": None, "mobile_hash": None},
}


@pytest.mark.parametrize(
    ("which", "why"),
    # where only the other part has no number, the one that is known is safe
    [("only part", why) for why in UNSAFE] + [("other part", why) for why in UNSAFE if why != "no mobile"],
)
def test_no_code_goes_by_a_way_that_is_not_safe_for_every_part_of_the_account(
    account: Account, why: str, which: str
) -> None:
    victim = Victim.objects.get()
    if which == "other part":
        victim = make_victim(make_crime(make_force("essex")), "p9", account=account, joined_at=NOW)
    change = UNSAFE[why](victim)
    mobile = change.pop("mobile", "")
    if mobile is None:
        victim.mobile = None
        victim.save()
    Victim.objects.filter(pk=victim.pk).update(**change)
    ask(door_client("portal"))
    assert sent() is None
    assert not Dispatch.objects.exists()


def test_no_code_goes_to_an_address_that_two_accounts_share(account: Account) -> None:
    other = make_account("other@example.org")
    make_victim(make_crime(make_force("essex")), "p9", account=other, joined_at=NOW)
    for way in ("text", "email"):
        ask(door_client("portal"), way=way)
        assert sent() is None


def test_no_code_for_an_email_that_two_accounts_sign_in_with(account: Account) -> None:
    make_account(password="another three words")
    Account.objects.update(code_alone=True)
    ask(door_client("portal"))
    assert sent() is None


def test_a_code_is_not_sent_after_all_where_it_is_not_safe_any_more(account: Account) -> None:
    ask(door_client("portal"))
    assert sent()
    found = Dispatch.objects.get()
    letter = Letter(
        id=found.id, force=found.force_id, purpose="code", owner_id=found.owner_id, channel="text", address="x",
        address_hash=bytes(found.address_hash), subject=None, body="x", language="en", words="", disguised=False,
        due_at=NOW, give_up_at=NOW + once.LIFE,
    )  # fmt: skip
    with role("worker"):
        assert alerts.recheck([letter], NOW) == {}
        Victim.objects.update(disguise=True)
        assert set(alerts.recheck([letter], NOW)) == {letter.id}
        Victim.objects.update(disguise=False)
    SignInCode.objects.update(used_at=NOW)
    with role("worker"):
        assert set(alerts.recheck([letter], NOW)) == {letter.id}


def test_a_code_besides_the_password_opens_what_the_password_alone_does_not(account: Account) -> None:
    Account.objects.update(code_alone=False, second_step="code")
    client, answer = sign_in("portal", next="/messages/")
    second = client.get(answer.headers["Location"])
    assert second.headers["Location"] == "/sign-in/code/?next=%2Fmessages%2F"
    assert b'name="email"' not in client.get("/sign-in/code/").content
    asked = client.post("/sign-in/code/?next=/messages/", {"way": "text"})
    code = sent()
    assert code
    answer = client.post(asked.headers["Location"], {"code": code})
    assert answer.headers["Location"] == "/messages/"
    assert Record.objects.get(action="signed_in").detail == {"how": ["code", "password"]}


def test_no_code_for_who_asked_for_an_app_because_somebody_else_may_read_what_is_sent(
    account: Account,
) -> None:
    Account.objects.update(code_alone=False, second_step="app")
    client, _ = sign_in("portal")
    for answer in (client.get("/sign-in/code/"), client.post("/sign-in/code/", {"way": "text"})):
        assert answer.headers["Location"] == "/sign-in/second/"
    assert sent() is None


def test_a_code_is_asked_for_ever_after_only_once_one_has_come(account: Account) -> None:
    Account.objects.update(code_alone=False)
    client, _ = sign_in("portal")
    answer = client.post("/account/second/", {"way": "code"})
    assert answer.headers["Location"].startswith("/sign-in/code/?next=%2Faccount%2Fsecond%2F")
    assert Account.objects.get().second_step == ""
    asked = client.post(answer.headers["Location"], {"way": "text"})
    code = sent()
    assert code
    back = client.post(asked.headers["Location"], {"code": code})
    assert back.headers["Location"] == "/account/second/?way=code"
    assert client.get(back.headers["Location"]).status_code == 200
    assert client.post("/account/second/", {"way": "code"}).headers["Location"] == "/account/?done=way"
    account.refresh_from_db()
    assert (account.second_step, account.code_alone) == ("code", False)
    assert Record.objects.get(action="sign_in_way_changed").detail == {"way": "code"}
    assert client.post("/account/second/", {"way": "app"}).status_code == 200


def test_so_many_codes_an_hour_and_a_stranger_uses_up_nobodys(account: Account) -> None:
    mine, _ = sign_in("portal")
    mine.post("/sign-out/")
    stranger = door_client("portal", REMOTE_ADDR="192.0.2.99")
    for _ in range(limits.CODES.most):
        assert ask(stranger).status_code == 302
    assert ask(stranger).status_code == 429
    assert ask(door_client("portal", REMOTE_ADDR="192.0.2.100")).status_code == 302, "a new phone, elsewhere"
    asked = [
        ask(door_client("portal", REMOTE_ADDR=f"192.0.2.{host}")).status_code
        for host in range(110, 120)
        for _ in range(2)
    ]
    assert asked.count(302) == limits.CODES_DAY.most - limits.CODES.most - 1, "all strangers together"
    assert ask(mine).status_code == 302


def test_no_address_uses_up_the_codes_of_a_day(account: Account, clock: Any) -> None:
    for _ in range(5):
        for _ in range(limits.CODES.most):
            ask(door_client("portal", REMOTE_ADDR="192.0.2.99"))
        clock.shift(limits.CODES.window)
    assert ask(door_client("portal", REMOTE_ADDR="192.0.2.100")).status_code == 302


def test_whoever_knows_the_password_uses_up_nobodys_codes(account: Account) -> None:
    Account.objects.update(code_alone=False, second_step="code")
    mine, _ = sign_in("portal")
    mine.post("/sign-in/code/", {"way": "text"})
    assert type_in(mine, sent() or "").status_code == 302
    mine.post("/sign-out/")
    stranger, _ = sign_in("portal")
    for _ in range(limits.CODES.most - 1):
        assert stranger.post("/sign-in/code/", {"way": "text"}).status_code == 302
    for _ in range(2):
        assert stranger.post("/sign-in/code/", {"way": "text"}).status_code == 429
        # a browser that has shown the password is known for no more than that
        stranger, _ = sign_in("portal")
    sent()
    Dispatch.objects.all().delete()
    mine.post("/sign-in/", {"email": EMAIL, "password": PASSWORD})
    assert mine.post("/sign-in/code/", {"way": "text"}).status_code == 302
    assert type_in(mine, sent() or "").headers["Location"] == "/cases/"


def test_the_portal_cannot_read_a_code_and_the_worker_forgets_old_ones(account: Account) -> None:
    from django.db import ProgrammingError, connection, transaction

    ask(door_client("portal"))
    sent()
    for sql in ("select 1 from people_sign_in_code", "update people_sign_in_code set tries = 0"):
        with (
            role("portal"),
            connection.cursor() as cursor,
            pytest.raises(ProgrammingError),
            transaction.atomic(),
        ):
            cursor.execute(sql)
    with role("worker"):
        assert once.forget(NOW + once.LIFE) == 0
        assert once.forget(NOW + once.LIFE + once.KEPT + timedelta(seconds=1)) == 1


def test_a_new_password_ends_every_other_browser_and_not_this_one(account: Account) -> None:
    here, _ = sign_in("portal")
    there, _ = sign_in("portal")
    key = here.cookies["portal"].value
    for wrong in ("short", "password123", "sam@example.org", "Kent Police 99"):
        assert here.post("/account/password/", {"password": wrong}).status_code == 200
    answer = here.post("/account/password/", {"password": "another three words"})
    assert answer.headers["Location"] == "/account/?done=password"
    assert here.cookies["portal"].value != key
    assert here.get("/account/?done=password").status_code == 200
    assert there.get("/account/").headers["Location"].startswith("/sign-in/")
    assert sign_in("portal")[1].status_code == 200
    assert sign_in("portal", password="another three words")[1].status_code == 302
    assert Record.objects.filter(action="password_changed").count() == 1


def test_a_new_password_that_somebody_else_on_the_email_has_is_too_easy_to_guess(account: Account) -> None:
    make_account(password="another three words")
    client, _ = sign_in("portal")
    common = client.post("/account/password/", {"password": "password123"}).content
    same = client.post("/account/password/", {"password": "another three words"}).content
    assert re.sub(rb'value="\w+"', b"", common) == re.sub(rb'value="\w+"', b"", same)


def test_a_new_password_is_no_way_to_guess_at_the_one_of_somebody_else_on_the_email(account: Account) -> None:
    make_account(password="another three words")
    client, _ = sign_in("portal")
    for number in range(limits.CHANGING.most):
        answer = client.post("/account/password/", {"password": f"guess of three words {number}"})
        assert answer.headers["Location"] == "/account/?done=password"
    for password in ("another three words", "guess of three words more"):
        assert client.post("/account/password/", {"password": password}).status_code == 429
    again, _ = sign_in("portal", password=f"guess of three words {limits.CHANGING.most - 1}")
    assert again.post("/account/password/", {"password": "another three words"}).status_code == 429
