"""The pages from an invitation to a case, as a browser and as a mail scanner walk them."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine

from tests.people.making import (
    EMAIL,
    NOW,
    PASSWORD,
    invited,
    make_account,
    make_crime,
    make_force,
    make_officer,
    make_victim,
    sign_in,
)
from tests.support.doors import DoorClient, door_client, role
from trackmycrime.audit import api as audit
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people import invitations, limits
from trackmycrime.people.models import Account, Invitation, PortalSession, Victim
from trackmycrime.people.recovering import checks
from trackmycrime.publish import wording

pytestmark = pytest.mark.django_db


@pytest.fixture
def victim() -> Victim:
    return make_victim(make_crime(make_force()))


@pytest.fixture
def made(victim: Victim) -> invitations.Invited:
    return invited(victim, utc_now())


@pytest.fixture
def browser() -> DoorClient:
    return door_client("portal")


def go(browser: DoorClient, made: invitations.Invited) -> DoorClient:
    """Press the button and type the officer's code."""
    browser.post(f"/start/{made.token}", {"start": "1"})
    code = Invitation.objects.get(pk=made.invitation_id).activation_code
    answer = browser.post("/start/code/", {"code": code})
    assert answer.headers["Location"] == "/start/account/"
    return browser


def test_the_whole_way_with_the_code_by_text(
    browser: DoorClient, victim: Victim, made: invitations.Invited
) -> None:
    page = browser.get(f"/start/{made.token}")
    assert page.status_code == 200
    answer = browser.post(f"/start/{made.token}", {"start": "1"})
    assert answer.headers["Location"] == "/start/code/"
    page = browser.get("/start/code/")
    assert "Send me a code" in page.content.decode()
    answer = browser.post("/start/text/", follow=True)
    assert "We are sending you a text" in answer.content.decode()
    with role("worker"):
        (text,) = invitations.codes_wanted(utc_now())
    answer = browser.post("/start/code/", {"code": text.code})
    assert answer.headers["Location"] == "/start/account/"
    form = browser.get("/start/account/").content.decode()
    for word in ('autocomplete="new-password"', 'type="password"', 'data-module="govuk-password-input"'):
        assert word in form
    answer = browser.post("/start/account/", {"email": "new@example.org", "password": PASSWORD})
    assert answer.headers["Location"] == "/cases/"
    account = Account.objects.get()
    victim.refresh_from_db()
    assert victim.account_id == account.pk
    assert account.language == "en"
    assert browser.get("/").headers["Location"] == "/cases/"
    # and it is over
    assert browser.get("/start/code/").headers["Location"] == "/start/"
    assert door_client("portal").post(f"/start/{made.token}", {"start": "1"}).status_code == 404


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_mail_scanner_uses_nothing_up(browser: DoorClient, made: invitations.Invited, method: str) -> None:
    before = Invitation.objects.values_list("state", "opened_at", "tries").get()
    for _ in range(3):
        assert getattr(browser, method)(f"/start/{made.token}").status_code == 200
    assert Invitation.objects.values_list("state", "opened_at", "tries").get() == before
    assert not PortalSession.objects.exists()


def test_the_first_page_says_nothing_of_anybody(browser: DoorClient, made: invitations.Invited) -> None:
    page = browser.get(f"/start/{made.token}").content.decode()
    for word in ("Sam Example", "Kent", "46/1/26", "Burglary", EMAIL, "07700"):
        assert word.casefold() not in page.casefold()


def test_the_token_is_in_no_address_after_the_button(browser: DoorClient, made: invitations.Invited) -> None:
    answer = browser.post(f"/start/{made.token}", {"start": "1"}, follow=True)
    assert made.token not in answer.content.decode()
    assert all(made.token not in address for address, _ in answer.redirect_chain)
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cache-Control"] == "no-store"


def unusable(answer: Any) -> tuple[int, str]:
    text = re.sub(r'<input type="hidden" name="csrfmiddlewaretoken"[^>]*>', "", answer.content.decode())
    return answer.status_code, re.sub(r"\?next=[^\"]*", "", text)


def test_same_answer_for_unknown_used_expired_stopped_and_withdrawn(victim: Victim) -> None:
    links = []
    for n, state in enumerate(("used", "stopped", "revoked", "expired", "late", "withdrawn")):
        other = make_victim(make_crime(victim.force, f"46/1{n}/26"), "p2")
        made = invited(other, utc_now())
        mine = Invitation.objects.filter(pk=made.invitation_id)
        if state == "late":
            mine.update(expires_at=utc_now() - timedelta(seconds=1))
        elif state == "withdrawn":
            Victim.objects.filter(pk=other.pk).update(live=False)
        else:
            mine.update(state=state)
        links.append(made.token)
    links.append("x" * 32)
    gets = {unusable(door_client("portal").get(f"/start/{link}")) for link in links}
    posts = {unusable(door_client("portal").post(f"/start/{link}", {"start": "1"})) for link in links}
    assert len(gets) == len(posts) == 1
    assert next(iter(gets))[0] == 404


def test_a_typed_code_that_is_wrong_looks_like_one_that_was_used(browser: DoorClient, victim: Victim) -> None:
    victim.email = None
    Victim.objects.update(email=None, email_hash=None)
    made = invited(Victim.objects.get(), utc_now())
    Invitation.objects.update(state="used")
    used, wrong = (browser.post("/start/", {"code": code}) for code in (made.token, "9999-CDFG-HJKM"))
    assert used.status_code == wrong.status_code == 200
    assert wording.text("error.invitation_not_usable", "en") in used.content.decode()
    assert unusable(used)[1].replace(made.token, "") == unusable(wrong)[1].replace("9999-CDFG-HJKM", "")


def test_pages_behind_a_proof_are_closed_without_it(browser: DoorClient, made: invitations.Invited) -> None:
    for page in ("/start/code/", "/start/account/", "/start/sign-in/", "/start/not-for-me/"):
        assert browser.get(page).headers["Location"] == "/start/"
        assert browser.post(page, {"email": EMAIL, "password": PASSWORD}).headers["Location"] == "/start/"
    browser.post(f"/start/{made.token}", {"start": "1"})
    for page in ("/start/account/", "/start/sign-in/"):
        assert browser.get(page).headers["Location"] == "/start/code/"
        assert (
            browser.post(page, {"email": EMAIL, "password": PASSWORD}).headers["Location"] == "/start/code/"
        )
    assert not Account.objects.exists()


def said(answer: Any) -> tuple[int, str]:
    return answer.status_code, re.sub(r'name="csrfmiddlewaretoken"[^>]*>', "", answer.content.decode())


def test_the_fifth_wrong_code_and_every_later_one_get_the_words_of_the_first(
    browser: DoorClient, made: invitations.Invited
) -> None:
    browser.post(f"/start/{made.token}", {"start": "1"})
    right = Invitation.objects.get().activation_code
    answers = [said(browser.post("/start/code/", {"code": "000000"})) for _ in range(7)]
    assert Invitation.objects.get().state == "locked"
    assert len(set(answers)) == 1
    assert wording.text("error.code_wrong", "en") in answers[0][1]
    typed = said(browser.post("/start/code/", {"code": right}))
    assert (typed[0], typed[1].replace(right, "000000")) == answers[0], "the right code is no better now"
    assert browser.get("/start/account/").headers["Location"] == "/start/code/"
    other = door_client("portal")
    assert other.get(f"/start/{made.token}").status_code == 200
    assert other.post(f"/start/{made.token}", {"start": "1"}).headers["Location"] == "/start/code/"


def test_not_for_me_asks_once_more(browser: DoorClient, made: invitations.Invited) -> None:
    answer = browser.post(f"/start/{made.token}", {"not_for_me": "1"})
    assert answer.headers["Location"] == "/start/not-for-me/"
    page = browser.get("/start/not-for-me/")
    assert wording.text("invitation.not_for_me.question", "en") in page.content.decode()
    assert Invitation.objects.get().state == "opened"
    answer = browser.post("/start/not-for-me/")
    assert wording.text("invitation.not_for_me.done_title", "en") in answer.content.decode()
    assert Invitation.objects.get().state == "stopped"
    assert browser.get(f"/start/{made.token}").status_code == 404


def test_who_is_signed_in_adds_the_case_with_one_button(victim: Victim, made: invitations.Invited) -> None:
    account = make_account()
    browser, _ = sign_in("portal")
    go(browser, made)
    assert "Add it to my cases" in browser.get("/start/account/").content.decode()
    assert browser.post("/start/account/", {"mine": "1"}).headers["Location"] == "/cases/"
    victim.refresh_from_db()
    assert victim.account_id == account.pk


def test_who_was_let_in_again_chooses_a_new_password_and_is_in(victim: Victim, browser: DoorClient) -> None:
    account = make_account()
    Account.objects.update(second_step="app", frozen_at=utc_now())
    victim.account = account
    victim.save()
    officer = audit.Actor("officer", str(make_officer(victim.force).pk))
    check = checks.record(victim, "in_person", ["known"], by=officer, now=utc_now())
    made = invitations.invite_in_person(victim.force, victim, by=officer, check=check, now=utc_now())
    assert made
    assert browser.post("/start/", {"code": made.token}).headers["Location"] == "/start/account/"
    assert browser.get("/start/account/").headers["Location"] == "/start/again/"
    page = browser.get("/start/again/").content.decode()
    assert "Police have made sure that it is you" in page
    assert EMAIL not in page
    wrong = browser.post("/start/again/", {"email": EMAIL, "password": "short"}).content.decode()
    assert wording.text("error.password_short", "en", min=10) in wrong
    answer = browser.post("/start/again/", {"email": "new@example.org", "password": "another three words"})
    assert answer.headers["Location"] == "/cases/"
    assert browser.get("/cases/").status_code == 200
    _, old = sign_in("portal")
    assert old.status_code == 200
    _, new = sign_in("portal", "new@example.org", "another three words")
    assert new.headers["Location"] == "/cases/"
    assert browser.get("/start/again/").headers["Location"] == "/start/"


def test_no_page_lets_in_again_whom_no_officer_let_in(browser: DoorClient, made: invitations.Invited) -> None:
    assert browser.get("/start/again/").headers["Location"] == "/start/"
    go(browser, made)
    given = {"email": EMAIL, "password": PASSWORD}
    assert browser.get("/start/again/").headers["Location"] == "/start/account/"
    assert browser.post("/start/again/", given).headers["Location"] == "/start/account/"
    assert not Account.objects.exists()


@pytest.mark.parametrize("language", ["en", "cy"])
def test_who_has_lost_everything_reads_whom_to_ask_and_what_will_be_asked(
    browser: DoorClient, language: str
) -> None:
    browser.cookies["language"] = language
    assert 'href="/lost/"' in browser.get("/sign-in/").content.decode()
    page = browser.get("/lost/").content.decode()
    assert 'href="tel:101"' in page
    assert "<form" not in page.split("<main")[1].split("</main>")[0], "no automatic way"
    if language == "en":
        for words in (
            "a document with your photo",
            "They do not keep its number",
            "whether anybody has told you",
        ):
            assert words in page


def test_a_case_is_added_to_a_sign_in_that_exists(
    browser: DoorClient, victim: Victim, made: invitations.Invited
) -> None:
    account = make_account("other@example.org")
    go(browser, made)
    answer = browser.post("/start/sign-in/", {"email": "other@example.org", "password": "wrong words here"})
    assert wording.text("error.sign_in_failed", "en") in answer.content.decode()
    answer = browser.post("/start/sign-in/", {"email": "other@example.org", "password": PASSWORD})
    assert answer.headers["Location"] == "/cases/"
    victim.refresh_from_db()
    assert victim.account_id == account.pk


def test_mine_needs_somebody_signed_in(
    browser: DoorClient, victim: Victim, made: invitations.Invited
) -> None:
    go(browser, made)
    assert browser.post("/start/account/", {"mine": "1"}).status_code == 200
    victim.refresh_from_db()
    assert victim.account_id is None


@pytest.mark.parametrize(
    ("email", "password", "key"),
    [
        ("", PASSWORD, "email_missing"),
        ("nonsense", PASSWORD, "email_format"),
        ("a@example.org", "", "password_missing"),
        ("a@example.org", "short", "password_short"),
        ("a@example.org", "password123", "password_common"),
    ],
)
def test_what_is_wrong_with_a_new_sign_in_is_said(
    browser: DoorClient, made: invitations.Invited, email: str, password: str, key: str
) -> None:
    go(browser, made)
    page = browser.post("/start/account/", {"email": email, "password": password}).content.decode()
    assert wording.text(f"error.{key}", "en", min=10) in page
    assert "Error:" in page
    assert f'value="{password}"' not in page or not password
    assert not Account.objects.exists()


def test_a_password_much_like_the_email_is_refused(browser: DoorClient, made: invitations.Invited) -> None:
    go(browser, made)
    given = {"email": "samantha.example@example.org", "password": "samantha.example1"}
    assert "too much like" in browser.post("/start/account/", given).content.decode()


@pytest.mark.parametrize("code", ["\0", "x" * 5000, "£€😀", "' or 1=1 --", ""])
def test_nonsense_is_an_answer_and_never_a_fault(
    browser: DoorClient, made: invitations.Invited, code: str
) -> None:
    assert browser.post("/start/", {"code": code}).status_code == 200
    browser.post(f"/start/{made.token}", {"start": "1"})
    assert browser.post("/start/code/", {"code": code}).status_code == 200
    assert browser.post("/start/code/", {}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/start/short", "/start/" + "x" * 33, "/start/" + "x" * 31 + "%00", "/start/../x"]
)
def test_what_is_no_token_is_no_page(browser: DoorClient, path: str) -> None:
    assert browser.get(path).status_code in (404, 301)


def test_the_square_of_a_letter_types_its_code_and_tries_nothing(browser: DoorClient, victim: Victim) -> None:
    made = invitations.invite_by_letter(victim.force, victim, by=audit.SYSTEM, now=utc_now())
    assert made
    page = browser.get(f"/start/?code={made.token}")
    assert f'value="{made.token}"' in page.content.decode()
    assert "Error:" not in page.content.decode()
    assert page.headers["Cache-Control"] == "no-store"
    assert Invitation.objects.get().state == "open"
    answer = browser.post("/start/", {"code": made.token})
    assert answer.headers["Location"] == "/start/code/"
    assert Invitation.objects.get().state == "opened"


@pytest.mark.parametrize(
    "asked", ["call 0999 now!", "CDFG-HJKM", "IIII-OOOO-SSSS", '"><script>x', "x" * 5000]
)
def test_an_address_writes_nothing_else_on_the_page(browser: DoorClient, asked: str) -> None:
    page = browser.get("/start/", {"code": asked}).content.decode()
    field = re.search(r'<input[^>]*name="code"[^>]*>', page)
    assert field
    assert "value=" not in field[0]
    assert "call 0999" not in page
    assert "<script>x" not in page


def test_too_many_typed_codes(browser: DoorClient) -> None:
    with time_machine.travel(NOW, tick=False):
        for _ in range(limits.TYPING.most):
            assert browser.post("/start/", {"code": "9999-CDFG-HJKM"}).status_code == 200
        answer = browser.post("/start/", {"code": "9999-CDFG-HJKM"})
    assert answer.status_code == 429
    assert wording.text("error.too_many_tries", "en", minutes=60) in answer.content.decode()


@pytest.mark.parametrize(
    "path", ["/start/", "/start/code/", "/start/text/", "/start/account/", "/start/sign-in/"]
)
def test_forms_from_elsewhere_are_refused(made: invitations.Invited, path: str) -> None:
    client = door_client("portal", enforce_csrf_checks=True)
    assert client.post(path, {"code": "x"}).status_code == 403
    assert client.post(f"/start/{made.token}", {"start": "1"}).status_code == 403
    assert Invitation.objects.get().state == "open"


def test_the_pages_are_there_in_welsh(browser: DoorClient, made: invitations.Invited) -> None:
    browser.cookies["language"] = "cy"
    page = browser.get(f"/start/{made.token}").content.decode()
    assert '<html lang="cy"' in page
    browser.post(f"/start/{made.token}", {"start": "1"})
    answer = unescape(browser.post("/start/code/", {"code": "000000"}).content.decode())
    assert wording.text("error.code_wrong", "cy") in answer
