"""Pages that everybody may read: they open without signing in, say what they must, and leave no trace."""

import re

import pytest
from django.conf import settings

from tests.support.doors import door_client
from trackmycrime.portal.urls import urlpatterns

pytestmark = pytest.mark.django_db
PAGES = [
    "/",
    "/sign-in/",
    "/help/",
    "/safety/",
    "/lost/",
    "/rights/",
    "/privacy/",
    "/cookies/",
    "/terms/",
    "/accessibility/",
]
PRIVATE = ["/cases/", "/messages/", "/settings/", "/cases/0192f0f0-0000-7000-8000-000000000000/"]


@pytest.mark.parametrize("page", PAGES)
def test_open_pages_open_and_are_not_kept(page: str) -> None:
    response = door_client("portal").get(page)
    html = response.content.decode()
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert "default-src 'self'" in response["Content-Security-Policy"]
    assert html.count("<h1") == 1
    assert "In danger? Call 999" in html
    assert "Exit this page" in html
    assert '<html lang="en"' in html


@pytest.mark.parametrize("page", PRIVATE)
def test_private_pages_ask_to_sign_in_and_come_back(page: str) -> None:
    response = door_client("portal").get(page)
    assert response.status_code == 302
    assert response["Location"] == f"/sign-in/?next={page.replace('/', '%2F')}"


def test_every_address_of_the_portal_is_one_that_is_known_here() -> None:
    """A new page must say whether it is open: add it to one of the lists above, or it fails here."""
    names = {p.name for p in urlpatterns if getattr(p, "name", None)}
    public = {
        "home",
        "sign_in",
        "sign_out",
        "signed_out",
        "help",
        "safety",
        "tab",
        "rights",
        "privacy",
        "cookies",
        "terms",
        "accessibility",
        "language",
        "unsubscribe",
        "worker",
        "manifest",
    }
    phone = {"phone", "phone_add", "phone_remove"}
    assert (
        names
        == public
        | {"cases", "case", "messages", "messages_of", "settings", "sent", "tongue", "confirm_address"}
        | phone
    )
    for pattern in urlpatterns:
        if name := getattr(pattern, "name", None):
            assert (getattr(pattern.callback, "login_required", True) is False) == (name in public), name


def test_help_names_every_way_to_get_help() -> None:
    html = door_client("portal").get("/help/").content.decode()
    for way in (
        "999",
        "55",
        "18000",
        "18001 101",
        "101",
        "0808 168 9111",
        "Independent Office for Police Conduct",
    ):
        assert way in html


def test_the_code_has_twelve_rights() -> None:
    html = door_client("portal").get("/rights/").content.decode()
    assert html.count("<li><strong>") == 12


def test_the_cookie_page_names_just_the_cookies_that_are_set() -> None:
    client = door_client("portal")
    client.get("/sign-in/")
    client.get("/language/cy/")
    client.get("/language/en/")
    html = client.get("/cookies/").content.decode()
    assert set(client.cookies) <= set(re.findall(r"<dt>([^<]+)</dt>", html))


def test_language_is_chosen_once_and_remembered() -> None:
    client = door_client("portal")
    response = client.get("/language/cy/?next=/help/")
    assert response["Location"] == "/help/"
    assert client.cookies["language"]["max-age"] > 60 * 60 * 24 * 300
    welsh = client.get("/help/").content.decode()
    assert '<html lang="cy"' in welsh
    assert 'href="/language/en/?next=%2Fhelp%2F"' in welsh
    assert "Help and support" not in welsh


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example"]
)
def test_the_language_link_leads_nowhere_else(wanted: str) -> None:
    assert door_client("portal").get("/language/cy/", {"next": wanted})["Location"] == "/"


def test_an_unknown_language_is_not_found() -> None:
    assert door_client("portal").get("/language/xx/").status_code == 404


def test_what_is_not_there_says_so_plainly() -> None:
    response = door_client("portal").get("/nothing/")
    assert response.status_code == 404
    assert "We cannot find that page" in response.content.decode()
    assert response["Cache-Control"] == "no-store"


def test_an_address_of_a_button_opened_by_itself_says_so() -> None:
    response = door_client("portal").get("/sign-out/")
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert "This page cannot be opened by itself" in response.content.decode()


def test_a_form_of_another_website_is_refused_in_words() -> None:
    client = door_client("portal", enforce_csrf_checks=True)
    response = client.post("/sign-in/", {"email": "a@example.org", "password": "x"})
    assert response.status_code == 403
    assert "The page was open for too long" in response.content.decode()


def test_pages_name_files_of_this_version_only() -> None:
    html = door_client("portal").get("/").content.decode()
    assert settings.STATIC_URL in html
    assert set(re.findall(r"/static/[0-9a-f]{16}/", html)) == {settings.STATIC_URL}


def test_the_safety_page_says_what_is_hidden_and_what_is_not() -> None:
    html = door_client("portal").get("/safety/").content.decode()
    for said in ("history", "phone bill", "wifi", "locked screen", "program that watches", "keep no copy"):
        assert said in html
    assert "It does not clear your browser’s history." in html
    assert 'href="/safety/"' in door_client("portal").get("/").content.decode()
