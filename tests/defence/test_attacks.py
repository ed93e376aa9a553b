"""What is tried at each door against those who use it, one test for each way.

Frames, hosts and headers are in test_headers; how long answers take in test_time; many guesses in test_guesses.
"""

import re
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
import time_machine
from django.test import Client

from tests.desk.people import sign_in as staff_in
from tests.people.making import EMAIL, NOW, PASSWORD, make_account, make_force, make_officer, sign_in
from tests.portal.making import join, signed_in, world
from tests.support.doors import DoorClient, door_client
from trackmycrime.cases.models import Crime
from trackmycrime.forces.models import Force
from trackmycrime.people import staff
from trackmycrime.people.models import Account, DeskSession, PortalSession

pytestmark = pytest.mark.django_db
DOORS = ["portal", "desk"]
EVIL = "https://evil.example"


@pytest.fixture
def everybody() -> None:
    make_account()
    make_officer(make_force(), EMAIL)


def inside(client: Client) -> bool:
    """Whether this browser is signed in: it is not asked to sign in again."""
    return (
        client.get("/account/").status_code == 200 or "/sign-in/" not in client.get("/account/")["Location"]
    )


def form_token(answer: Any) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', answer.content.decode())
    assert found
    return found[1]


# Session fixation


@pytest.mark.parametrize("door", DOORS)
def test_a_session_that_somebody_planted_is_worth_nothing_after_signing_in(
    door: str, everybody: None
) -> None:
    model = PortalSession if door == "portal" else DeskSession
    planted = import_module(f"trackmycrime.people.sessions.{door}").SessionStore()
    planted["x"] = 1
    planted.save()
    victim, thief = door_client(door), door_client(door)
    victim.cookies[door] = thief.cookies[door] = planted.session_key
    sign_in(door, client=victim)
    assert victim.cookies[door].value != planted.session_key
    assert not inside(thief)
    assert model.objects.count() == 1


@pytest.mark.parametrize("door", DOORS)
def test_a_made_up_session_is_not_taken_over(door: str, everybody: None) -> None:
    victim = door_client(door)
    victim.cookies[door] = "A" * 43
    sign_in(door, client=victim)
    assert victim.cookies[door].value != "A" * 43


# Token fixation: the token of forms that was there before signing in is worth nothing after it


@pytest.mark.parametrize("door", DOORS)
def test_a_form_token_that_somebody_planted_is_worth_nothing_after_signing_in(
    door: str, everybody: None
) -> None:
    client = door_client(door, enforce_csrf_checks=True)
    page = client.get("/sign-in/")
    planted, cookie = form_token(page), client.cookies[f"{door}_csrf"].value
    fields = {"email": EMAIL, "password": PASSWORD, "csrfmiddlewaretoken": planted}
    client.post("/sign-in/", fields)
    assert client.cookies[f"{door}_csrf"].value != cookie
    assert client.post("/sign-out/", {"csrfmiddlewaretoken": planted}).status_code == 403


# CSRF


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("path", ["/sign-in/", "/sign-out/"])
def test_no_other_site_sends_our_forms(door: str, path: str, everybody: None) -> None:
    client = door_client(door, enforce_csrf_checks=True)
    token = form_token(client.get("/sign-in/"))
    fields = {"email": EMAIL, "password": PASSWORD}
    assert client.post(path, fields).status_code == 403
    fields["csrfmiddlewaretoken"] = token
    assert client.post(path, fields, headers={"origin": EVIL}).status_code == 403
    assert client.post(path, fields, headers={"origin": "null"}).status_code == 403
    over_https = client.post(path, fields, headers={"referer": f"{EVIL}/"}, secure=True)
    assert over_https.status_code == 403
    assert client.post(path, fields, headers={"origin": "http://testserver"}).status_code in (200, 302)


@pytest.mark.parametrize("door", DOORS)
def test_signing_out_is_never_a_link(door: str, everybody: None) -> None:
    client, _ = sign_in(door)
    assert client.get("/sign-out/").status_code == 405
    assert inside(client)


# Open redirect, wherever a page is named that is to come next

ELSEWHERE = [EVIL, "//evil.example", "/\\evil.example", "///evil.example", "\\\\evil.example", "javascript:alert(1)",
             "http:evil.example", "/%09/evil.example", " //evil.example", "data:text/html,x"]  # fmt: skip


@pytest.mark.parametrize("door", DOORS)
def test_no_address_of_ours_leads_elsewhere(door: str, everybody: None) -> None:
    client = door_client(door)
    for wanted in ELSEWHERE:
        for said in (
            client.get("/language/cy/", {"next": wanted}),
            client.post("/sign-in/", {"email": EMAIL, "password": PASSWORD, "next": wanted}),
            client.get("/sign-in/", {"next": wanted}),
            client.get("/confirm/", {"next": wanted}),
        ):
            to = said.get("Location", "/")
            assert to.startswith("/"), (wanted, to)
            assert not to.startswith(("//", "/\\")), (wanted, to)
        client = door_client(door)


@pytest.mark.parametrize("door", DOORS)
def test_a_referrer_that_was_made_up_leads_nowhere(door: str) -> None:
    client = door_client(door)
    path = "/settings/" if door == "portal" else "/cases/find/"
    for referrer in (f"{EVIL}/x", "http://testserver//evil.example/", "http://testserver@evil.example/"):
        to = client.post(path, headers={"referer": referrer})["Location"]
        page = client.get(to)
        assert f'value="{EVIL}' not in page.content.decode()
        assert 'value="//' not in page.content.decode()


# Cache


def test_nothing_that_is_signed_in_is_kept_by_browser_or_proxy() -> None:
    made = world()
    join(made)
    client = signed_in()
    for path in ("/cases/", f"/cases/{made.case('52/1')}/", "/messages/", "/settings/", "/account/"):
        answer = client.get(path)
        assert answer["Cache-Control"] == "no-store", path
        assert "Last-Modified" not in answer
        assert "Expires" not in answer


def test_an_address_that_looks_like_a_file_shows_no_page() -> None:
    """Web cache deception: a proxy that keeps what ends in .css is given nothing to keep."""
    made = world()
    join(made)
    client = signed_in()
    for path in (f"/cases/{made.case('52/1')}/x.css", "/cases/x.js", "/account/a.png", "/cases/;x.css"):
        answer = client.get(path)
        assert answer.status_code == 404, path
        assert answer["Cache-Control"] == "no-store", path
        assert "Burglary" not in answer.content.decode()


@pytest.mark.parametrize("door", DOORS)
def test_signing_out_tells_the_browser_to_forget(door: str, everybody: None) -> None:
    client, _ = sign_in(door)
    assert '"cache"' in client.post("/sign-out/")["Clear-Site-Data"]
    assert not inside(client)


# Enumeration


def plain(answer: Any) -> tuple[int, str, tuple[str, ...], str]:
    """What somebody sees of an answer: status, page, cookies and where it leads, without what is of this request."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", answer.content.decode())
    text = re.sub(r"challenge&quot;: &quot;[\w-]+", "", text)  # of a passkey: a new one each time
    text = re.sub(r"[\w.]+@example\.org", "EMAIL", text)
    return answer.status_code, text, tuple(sorted(answer.cookies)), answer.get("Location", "")


@pytest.mark.parametrize("door", DOORS)
def test_an_account_cannot_be_told_from_none(door: str, everybody: None) -> None:
    """Also not when it is closed or frozen and the password is right: words, status, cookies and address are one."""
    for name in ("closed", "frozen"):
        email = f"{name}@example.org"
        account = make_account(email) if door == "portal" else make_officer(Force.objects.get(), email)
        changed = {"is_active": False} if name == "closed" else {"frozen_at": NOW}
        Account.objects.filter(pk=account.pk).update(**changed)
    said = {
        who: plain(sign_in(door, f"{who}@example.org", password)[1])
        for who, password in (
            (EMAIL.partition("@")[0], "not the password"),
            ("nobody", PASSWORD),
            ("closed", PASSWORD),
            ("frozen", PASSWORD),
        )
    }
    assert len(set(said.values())) == 1, said


def test_a_set_up_link_that_is_used_over_or_made_up_is_one_and_the_same() -> None:
    force = make_force()
    with time_machine.travel(NOW, tick=False) as clock:
        used, over = (staff.add(force, f"{n}@example.org", "officer", now=NOW).token for n in range(2))
        staff.set_up(used, "wooden kettle orbit", now=NOW)
        clock.shift(timedelta(hours=25))
        answers = [plain(door_client("desk").get(f"/set-up/{token}")) for token in (used, over, "A" * 32)]
    assert len(set(answers)) == 1
    assert answers[0][0] == 404


def test_who_is_on_no_staff_learns_nothing_of_the_desk() -> None:
    """A victim's session is nobody's there."""
    made = world()
    join(made)
    desk = door_client("desk")
    desk.cookies["desk"] = signed_in().cookies["portal"].value
    assert desk.get("/held/").status_code == desk.get("/words/").status_code == 302
    assert desk.get("/nothing/").status_code == 404


def test_one_force_cannot_tell_anothers_case_from_none() -> None:
    made, other = world(), world("south-wales")
    client: DoorClient = staff_in(made.force)
    theirs = Crime.objects.get(force=other.force)
    there, never = (
        client.get(f"/cases/{one}/") for one in (theirs.pk, "0192f0f0-0000-7000-8000-000000000000")
    )
    assert plain(there) == plain(never)
    assert there.status_code == 404


# What a door says of itself


@pytest.mark.parametrize("door", [*DOORS, "gateway"])
def test_a_door_echoes_no_request(door: str) -> None:
    for path in ("/", "/sign-in/", "/nothing/"):
        answer = door_client(door).generic("TRACE", path, headers={"x-secret": "seven-of-nine"})
        assert answer.status_code in (302, 400, 401, 403, 404, 405)
        assert "seven-of-nine" not in answer.content.decode()
