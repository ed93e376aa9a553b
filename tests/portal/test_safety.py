"""Safety on the page: a neutral tab in disguise, and nothing of what is signed in kept by the browser."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver

from tests.portal.making import World, join, signed_in, world
from tests.portal.test_cases import staff
from tests.support.doors import door_client
from trackmycrime.people.models import PortalSession, Victim
from trackmycrime.portal.urls import urlpatterns

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> World:
    made = world("south-wales", ("cy", "en"))
    staff(made)
    join(made)
    Victim.objects.update(chosen_language="en")
    return made


def head(answer: Any) -> str:
    """All that a tab, a history and a home screen show."""
    html: str = answer.content.decode()
    return html[html.index("<title>") : html.index("</head>")]


def title(answer: Any) -> str:
    return re.findall(r"<title>(.*?)</title>", answer.content.decode(), re.S)[0]


def is_neutral(answer: Any) -> bool:
    shown = head(answer)
    named = "TrackMyCrime" in shown or "design/icon" in shown or "manifest" in shown
    plain = "design/plain.svg" in shown
    assert named != plain
    return plain


def opened(client: Client, made: World) -> dict[str, Any]:
    """Each kind of page: kept ones, others of one's own, open ones, wrong ones."""
    case = f"/cases/{made.case('52/1')}/"
    paths = [
        "/cases/",
        case,
        case,
        f"{case}messages/",
        "/settings/",
        "/settings/sent/",
        "/help/",
        "/nothing/",
    ]
    found = {f"{n} {path}": client.get(path) for n, path in enumerate(paths)}
    return found | {"wrong": client.post(f"{case}messages/", {"once": "x", "text": ""})}


def test_in_disguise_no_tab_shows_whose_website_it_is(made: World) -> None:
    client = signed_in()
    assert {name: is_neutral(page) for name, page in opened(client, made).items() if is_neutral(page)} == {}
    case = f"/cases/{made.case('52/1')}/"
    before = client.get(case)
    Victim.objects.update(disguise=True)
    changed = client.get(case, headers={"If-None-Match": before["ETag"]})
    assert changed.status_code == 200, "what the browser has is not the page any more"
    pages = opened(client, made)
    assert {name for name, page in pages.items() if not is_neutral(page)} == set()
    assert title(pages["3 " + case + "messages/"]) == "Messages – My account"
    assert title(pages["wrong"]) == "Error: Messages – My account"
    assert title(pages["7 /nothing/"]) == "My account"
    # and still after signing out, in this browser; not in another
    assert is_neutral(client.post("/sign-out/"))
    assert is_neutral(client.get("/sign-in/"))
    assert not is_neutral(door_client("portal").get("/sign-in/"))


def test_in_welsh_too(made: World) -> None:
    Victim.objects.update(disguise=True)
    client = signed_in()
    client.get("/language/cy/")
    assert title(client.get("/settings/")) == "Gosodiadau – Fy nghyfrif"
    assert is_neutral(client.get(f"/cases/{made.case('52/1')}/"))


def test_anybody_may_have_a_neutral_tab_in_their_browser(made: World) -> None:
    guest = door_client("portal")
    page = guest.get("/safety/")
    assert "Show a neutral name" in page.content.decode()
    assert not is_neutral(page)
    assert guest.post("/safety/tab/", {"neutral": ""})["Location"] == "/safety/#tab"
    page = guest.get("/safety/")
    assert is_neutral(page)
    assert "Show the name of this site again" in page.content.decode()
    guest.post("/safety/tab/", {"named": ""})
    assert not is_neutral(guest.get("/safety/"))
    # whose account asks for disguise cannot take it away while signed in
    Victim.objects.update(disguise=True)
    client = signed_in()
    client.post("/safety/tab/", {"named": ""})
    page = client.get("/safety/")
    assert is_neutral(page)
    assert "It is on, because disguise is asked for" in page.content.decode()


def test_it_costs_a_page_at_most_one_statement(made: World) -> None:
    client = signed_in()

    def asked(path: str) -> int:
        client.get(path)
        with CaptureQueriesContext(connection) as found:
            client.get(path)
        return sum("my_disguise" in query["sql"] for query in found)

    for path in (f"/cases/{made.case('52/1')}/", "/cases/", "/settings/", "/help/"):
        assert asked(path) == 1, path
    client.post("/safety/tab/", {"neutral": ""})
    assert asked("/settings/") == 0


def every(patterns: list[Any], made: World) -> list[str]:
    """An address for each page of the door."""
    values = {"id": str(made.case("52/1")), "code": "cy"}
    found = []
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            found += every(pattern.url_patterns, made)
        elif isinstance(pattern, URLPattern) and pattern.name:
            names = pattern.pattern.regex.groupindex
            given = {name: values.get(name, "0192f0f0-0000-7000-8000-000000000000") for name in names}
            route = str(pattern.pattern)
            if not route.startswith("^"):
                for name, value in given.items():
                    route = re.sub(rf"<(?:\w+:)?{name}>", value, route)
                found.append(f"/{route}")
    return found


def test_nothing_that_is_signed_in_is_kept(made: World) -> None:
    """Whatever the answer is: a page, a way on, not found, not allowed; read, or sent a form."""
    addresses = [
        path for path in every(list(urlpatterns), made) if not path.startswith(("/sign-out", "/static"))
    ]
    assert len(addresses) > 30
    client = signed_in()
    seen = set()
    for path in addresses:
        answers = [client.get(path)]
        if answers[0].status_code == 200 and b"</html>" in answers[0].content:
            assert b" data-sign-out>" in answers[0].content, f"{path}: no way to sign out"
        if "freeze" not in path:  # nobody signs in to a frozen account
            answers.append(client.post(path, {}))
        for answer in answers:
            assert answer["Cache-Control"] == "no-store", (path, answer.status_code)
            seen.add(answer.status_code)
        if not PortalSession.objects.filter(account__isnull=False).exists():
            client = signed_in()
    assert {200, 302, 404, 405} <= seen
    fresh = signed_in()
    case = fresh.get(f"/cases/{made.case('52/1')}/")
    same = fresh.get(f"/cases/{made.case('52/1')}/", headers={"If-None-Match": case["ETag"]})
    assert (same.status_code, same["Cache-Control"]) == (304, "no-store")
