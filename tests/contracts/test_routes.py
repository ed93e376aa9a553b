"""A walk over every address of the portal, and over what every answer of every door carries.

A new address is walked by itself: it is shut, or it is on the list of those that are open, here. (The desk's own walk,
with its rights and another force's ids, is in tests/desk/test_walk.py.)
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, reverse

from tests.desk.people import sign_in as staff_in
from tests.people.making import invited
from tests.portal.making import World, join, signed_in, world
from tests.support.doors import door_client
from tests.support.events import crime, victim
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.access import is_open
from trackmycrime.people.models import Victim
from trackmycrime.publish.models import Case

pytestmark = pytest.mark.django_db

OPEN = {
    "portal": {
        "home", "sign_in", "sign_out", "signed_out", "help", "rights", "privacy", "cookies", "terms", "accessibility",
        "language", "join", "join_code", "join_text", "join_account", "join_existing", "join_not_for_me", "join_link",
        "design:other_version", "unsubscribe", "worker", "manifest", "session_left", "safety", "tab",
        "join_again", "lost",
        "look", "look_code", "look_case", "look_end",
        "second_step", "sign_in_passkey", "sign_in_app", "sign_in_recovery",
        "helping_link", "helping_code", "helping_account", "helping_not_for_me",
        "sign_in_code", "sign_in_code_typed",
        "one_login_there", "one_login_back", "one_login_logout", "one_login_confirm", "one_login_connect",
        "one_login_start", "one_login_join",
    },
    "desk": {
        "sign_in", "sign_out", "signed_out", "set_up", "design:other_version",
        "second_step", "sign_in_passkey", "sign_in_app", "sign_in_recovery",
        "provider", "provider_back", "provider_again", "provider_confirm", "provider_logout",
        "session_left",
    },
}  # fmt: skip
"""What may be opened by anybody. Think twice before a line is added."""
ON_THE_WAY = {"join_code", "join_text", "join_account", "join_existing", "join_again", "join_not_for_me"}
"""Open, but only for a browser that has an invitation in its hands."""
METHODS = {
    "portal": {
        "sign_in": "both", "sign_out": "post", "join": "both", "join_code": "both", "join_text": "post",
        "join_account": "both", "join_existing": "both", "join_not_for_me": "both", "join_link": "both",
        "messages_of": "both", "settings": "both", "confirm_address": "post", "unsubscribe": "both",
        "phone_add": "post", "phone_remove": "post", "tongue": "both", "confirm": "both",
        "sign_in_passkey": "both", "sign_in_app": "both", "sign_in_recovery": "both", "passkeys": "both",
        "passkey_name": "post", "passkey_remove": "post", "code_app": "both", "code_app_remove": "post",
        "recovery_codes": "both", "devices_end": "post", "devices_end_all": "post", "session_stay": "post",
        "freeze": "both", "join_again": "both", "tab": "post",
        "look": "both", "look_code": "both", "look_case": "both", "look_end": "both",
        "case_people_add": "both", "case_people_organisation": "both", "people_change": "both", "people_again": "both",
        "people_end": "post", "people_hand_over": "both", "helping_link": "both", "helping_code": "both",
        "helping_account": "both", "helping_not_for_me": "both", "helping_leave": "post", "helping_alerts": "post",
        "helping_team": "both", "helping_off": "post", "take_case": "post",
        "own_password": "both", "own_second": "both", "sign_in_code": "both", "sign_in_code_typed": "both",
        "own_email": "both", "own_email_code": "both",
        "one_login": "both", "one_login_join": "both",
        "one_login_logout": "post",
        "own_address": "both", "own_address_code": "both",
    },
}  # fmt: skip
"""What takes a form; everything else is read only."""
BY_MAIL_PROGRAMS = {"unsubscribe"}
"""What a mail program sends for its user, without page, cookie or form token (RFC 8058): the address is the secret."""
BY_PROVIDERS = {"one_login_logout"}
"""What an OpenID provider sends by itself: signed by it, and without any cookie"""
CANARIES = ("52/1", "Rhian", "Gloucester", "Burglary", "burglary", "example.org")


def walk(patterns: Any, space: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{pattern.namespace or pattern.app_name}:" if pattern.app_name else ""
            yield from walk(pattern.url_patterns, space + inner)
        else:
            yield f"{space}{pattern.name}", pattern


def routes(door: str) -> dict[str, URLPattern]:
    found = list(walk(import_module(f"trackmycrime.{door}.urls").urlpatterns))
    assert len({name for name, _ in found}) == len(found), "two addresses have one name"
    return dict(found)


def address(door: str, name: str, case: uuid.UUID | None = None) -> str:
    """An address of this name that is well-formed: of this case, or of one that never was."""
    filled: dict[str, Any] = {
        "code": "cy", "version": "0123456789abcdef", "name": "design/look.css", "token": "A" * 32,
        "id": case or uuid.uuid4(),
    }  # fmt: skip
    if name == "devices_end":
        filled["name"] = "x"
    wanted = routes(door)[name].pattern
    keys = set(wanted.converters) | set(getattr(wanted.regex, "groupindex", {}))
    values = {key: filled.get(key, uuid.uuid4()) for key in keys}
    return reverse(name, urlconf=f"trackmycrime.{door}.urls", kwargs=values)


@pytest.mark.parametrize("door", ["portal", "desk"])
def test_what_is_open_is_on_the_list(door: str) -> None:
    found = routes(door)
    assert {name for name, route in found.items() if is_open(route.callback)} == OPEN[door]


@pytest.mark.parametrize("door", ["portal", "desk"])
def test_nobody_signed_in_is_sent_to_sign_in_from_everywhere_else(door: str) -> None:
    for name in sorted(set(routes(door)) - OPEN[door]):
        for method in ("get", "post", "put", "delete"):
            answer = getattr(door_client(door), method)(address(door, name))
            assert (name, method, answer.status_code) == (name, method, 302)
            assert answer["Location"].startswith("/sign-in/"), name


@pytest.mark.parametrize("door", ["portal", "desk"])
def test_a_cookie_of_the_other_door_opens_nothing(door: str) -> None:
    made = world()
    join(made)
    other = signed_in() if door == "desk" else staff_in(made.force)
    name = "portal" if door == "desk" else "desk"
    client = door_client(door)
    client.cookies[door] = other.cookies[name].value
    for page in sorted(set(routes(door)) - OPEN[door]):
        assert client.get(address(door, page)).status_code == 302, page


def test_without_an_invitation_the_way_in_begins_at_the_beginning() -> None:
    for name in sorted(ON_THE_WAY):
        answer = door_client("portal").post(
            address("portal", name), {"code": "123456", "email": "a@example.org"}
        )
        assert (name, answer.status_code, answer.get("Location")) == (name, 302, "/start/")


def strangers(made: World) -> dict[str, uuid.UUID]:
    """Cases that somebody who has joined must not reach, by why."""
    made.send(
        crime("52/2", 1), victim("52/2", 1, "P2", name="Wei Example"),
        crime("52/3", 1, flags=["domestic_abuse"]), victim("52/3", 1),
        crime("52/4", 1), victim("52/4", 1),
    )  # fmt: skip
    join(made)
    withheld, other = made.case("52/4"), made.case("52/2")
    made.send({**crime("52/4", 2), "type": "crime.withdrawn", "data": {"reason": "withheld"}})
    abroad = world("south-wales")
    found = {"of somebody else": other, "withheld": withheld, "of another force": abroad.case("52/1"),
             "never there": uuid.uuid4()}  # fmt: skip
    closed = Case.objects.filter(force=made.force, open=False)
    return found | {f"closed {n}": one.id for n, one in enumerate(closed)}


def test_what_is_not_mine_is_not_there_in_the_same_words_for_every_reason() -> None:
    made = world()
    join(made)
    reasons = strangers(made)
    client = signed_in()
    client.get("/cases/")
    tried = 0
    for name, route in routes("portal").items():
        if "id" not in route.pattern.converters:
            continue
        for method in ("get", "post") if METHODS["portal"].get(name) == "both" else ("get",):
            said = {"once": str(uuid.uuid4()), "text": "Is there news?"} if method == "post" else {}
            answers = {
                why: getattr(client, method)(address("portal", name, case), said)
                for why, case in reasons.items()
            }
            assert {why: one.status_code for why, one in answers.items()} == dict.fromkeys(answers, 404), name
            pages = {blind(one.content.decode()) for one in answers.values()}
            assert len(pages) == 1, name
            tried += len(answers)
            # and my own is there, so that the walk tries what it says
        assert client.get(address("portal", name, made.case("52/1"))).status_code == 200
    assert tried >= 3 * 4


def blind(html: str) -> str:
    """The page without what is of this request: the address asked for, and the token of a form."""
    html = re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", html)
    return re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "…", html)


def test_a_wrong_method_is_refused() -> None:
    made = world()
    join(made)
    client = signed_in()
    made.send(crime("52/8", 1), victim("52/8", 1, "P8"))
    known = invited(Victim.objects.get(person="P8"), utc_now())
    client.post(f"/start/{known.token}", {"start": "1"})
    for name in sorted(routes("portal")):
        takes = METHODS["portal"].get(name, "get")
        wrong = ["put", "patch", "delete", *({"get": ["post"], "post": ["get", "head"], "both": []}[takes])]
        for method in wrong:
            answer = getattr(client, method)(address("portal", name, made.case("52/1")))
            assert (name, method, answer.status_code) == (name, method, 405)


def test_a_form_without_its_token_is_refused_everywhere() -> None:
    made = world()
    join(made)
    client = signed_in()
    client.handler.enforce_csrf_checks = True
    for name in sorted(METHODS["portal"].keys() - BY_MAIL_PROGRAMS - BY_PROVIDERS):
        answer = client.post(address("portal", name, made.case("52/1")), {"text": "x"})
        assert (name, answer.status_code) == (name, 403)
    exempt = {
        name for name, route in routes("portal").items() if getattr(route.callback, "csrf_exempt", False)
    }
    assert exempt == BY_MAIL_PROGRAMS | BY_PROVIDERS


def answers(door: str) -> Iterator[tuple[str, Any]]:
    """What this door says to a guest and to somebody signed in, on every address, and where there is none."""
    made = world()
    join(made)
    inside = signed_in() if door == "portal" else staff_in(made.force, "supervisor")
    for client, who in ((door_client(door), "guest"), (inside, "inside")):
        for name in routes(door):
            for method in ("get", "post"):
                if not (name == "sign_out" and who == "inside"):
                    case = made.case("52/1") if door == "portal" else None
                    yield f"{who} {method} {name}", getattr(client, method)(address(door, name, case))
        yield f"{who} nowhere", client.get("/nothing/at/all/")
    yield "signing out", inside.post("/sign-out/")


@pytest.mark.parametrize("door", ["portal", "desk"])
def test_every_answer_is_safe_not_kept_and_gives_nothing_away(door: str) -> None:
    seen = set()
    for what, answer in answers(door):
        seen.add(answer.status_code)
        policy = answer["Content-Security-Policy"]
        assert policy.startswith("default-src 'self';"), what
        assert "unsafe" not in policy, what
        assert "frame-ancestors 'none'" in policy, what
        assert answer["X-Content-Type-Options"] == "nosniff", what
        assert answer["X-Frame-Options"] == "DENY", what
        assert answer["Referrer-Policy"] in ("same-origin", "no-referrer"), what
        assert "noindex" in answer["X-Robots-Tag"], what
        assert answer["Cache-Control"] == "no-store", what
        assert answer.status_code < 500, what
        page = answer.getvalue().decode()
        for title in re.findall(r"<title>(.*?)</title>", page, re.S):
            assert not [word for word in CANARIES if word in title], (what, title)
        for cookie in answer.cookies.values():
            if cookie["max-age"] != 0:  # else it is taken away
                assert cookie["samesite"] in ("Lax", "Strict"), (what, cookie.key)
                assert cookie["httponly"], (what, cookie.key)
    assert {200, 302, 404, 405} <= seen


def test_machines_are_told_nothing_without_a_token_and_never_a_page() -> None:
    client = door_client("gateway")
    for path in ("/api/feed/v1/events", "/api/feed/v1/whoami"):
        for method in ("get", "post", "put", "delete"):
            answer = getattr(client, method)(path)
            assert answer.status_code in (401, 405), (path, method)
            assert answer["X-Content-Type-Options"] == "nosniff"
            assert answer["Content-Type"] == "application/problem+json"
    missing = client.get("/nothing/")
    assert (missing.status_code, missing["Content-Type"]) == (404, "application/problem+json")
