"""Signing in by an OpenID provider as people do it: real browser, real processes, a real provider, in both languages.

An officer by their force's own, a victim by one with GOV.UK One Login's profile, from the invitation on.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.journey.test_journey import report
from tests.portal.test_one_login import PEM, PUBLIC
from tests.support.installation import Installation, counterparts, data_folder, plain
from tests.support.processes import eventually
from tests.support.provider import PASSWORD, Provider
from tests.support.serving import Serving
from tests.support.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.processes]

FORCE = "south-wales"
ROLES = ("--role", "TMC administrators=administrator", "--role", "TMC officers=officer")


def free_ports(number: int) -> list[int]:
    """Ports that nobody listens on: what is registered at a provider must be known before we start."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports


@pytest.fixture(scope="module")
def running(openid: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    portal, desk = free_ports(2)
    at = f"http://127.0.0.1:{portal}"
    client = openid.client(f"{at}/sign-in/one-login/back/", public_key=PUBLIC, logout=f"{at}/signed-out/")
    with counterparts() as (mail, text), data_folder() as folder:
        settings = {
            "TMC_EMAIL_URL": mail.url,
            "TMC_TEXT_URL": text.url,
            "TMC_ONE_LOGIN_ISSUER": openid.issuer,
            "TMC_ONE_LOGIN_CLIENT_ID": client,
            "TMC_ONE_LOGIN_KEY": PEM,
        }
        words = ("--portal", f"127.0.0.1:{portal}", "--desk", f"127.0.0.1:{desk}", "--gateway", "127.0.0.1:0")
        with Serving(folder, settings=settings, words=words) as serving:
            made = Installation(serving.ready(240), mail, text)
            made.add_force(FORCE, "South Wales Police", "en,cy", "Heddlu De Cymru")
            secret = tmp_path_factory.mktemp("secret") / "secret"
            secret.write_text(PASSWORD)
            set_provider(made, openid, secret)
            yield made
            serving.end()


def set_provider(made: Installation, openid: Provider, secret: Path) -> None:
    """As an administrator does it; what is wrong is refused, and the secret is never shown."""
    command = made.serving.command
    at = ("force", "provider", "set", FORCE, "--issuer", openid.issuer, "--secret-file", str(secret))
    client = openid.client(f"{made.serving.desk}/sign-in/back/")
    assert command("force", "provider", "show", FORCE, code=1) == ""
    command(*at, "--client-id", client, "--role", "TMC officers=chief", code=2)
    command(*at, "--client-id", client, "--role", "A=officer", "--role", "A=auditor", code=2)
    command(*at[:5], "http://192.0.2.1/", *at[6:], "--client-id", client, *ROLES, code=2)
    command(*at[:5], "http://127.0.0.1:1", *at[6:], "--client-id", client, *ROLES, code=3)
    said = json.loads(command(*at, "--client-id", client, *ROLES, "--json"))
    assert said["roles"] == {"TMC administrators": "administrator", "TMC officers": "officer"}
    assert PASSWORD not in json.dumps(said) + command("force", "provider", "show", FORCE)


def at_the_provider(visitor: Visitor, openid: Provider, name: str) -> None:
    """Type name and password there, and come back."""
    page = visitor.page
    page.get_by_label("Name").wait_for()
    assert page.url.startswith(openid.issuer)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{visitor.home}/**")
    # what that other site did is not ours
    visitor.asked = {url for url in visitor.asked if not url.startswith(openid.issuer)}
    visitor.said = [text for text in visitor.said if "404" not in text]
    visitor.look()


@pytest.mark.parametrize(("language", "script"), [("en", True), ("cy", False)])
def test_an_officer_signs_in_by_the_forces_own_provider(
    running: Installation, openid: Provider, browser: Browser, language: str, script: bool
) -> None:
    name = f"officer in {language}"
    openid.person(
        name, email=f"{language}@police.example.org", email_verified=True, roles=["TMC administrators"]
    )
    visitor = Visitor(browser, running.serving.desk, language=language, script=script)
    visitor.context.set_extra_http_headers({"Accept-Language": language})
    visitor.go("/sign-in/")
    visitor.reads("Sign in with your force")
    visitor.page.get_by_role("link", name="South Wales Police").click()
    at_the_provider(visitor, openid, name)
    assert visitor.page.url == f"{running.serving.desk}/"
    visitor.go("/words/")
    assert visitor.page.url.endswith("/words/"), "a sign-in of just now is fresh"
    openid.claims(name, roles=None)
    visitor.page.goto(f"{running.serving.desk}/sign-in/with/{FORCE}/")
    visitor.reads("You are not signed in")
    visitor.page.goto(f"{running.serving.desk}/")
    visitor.reads("Sign in with your force")


@pytest.mark.parametrize(("language", "script"), [("en", False), ("cy", True)])
def test_a_victim_joins_and_comes_back_by_one_login(
    running: Installation, openid: Provider, browser: Browser, language: str, script: bool
) -> None:
    number = {"en": 1, "cy": 2}[language]
    address, mobile, name = f"rhian{number}@example.org", f"+44770090020{number}", f"rhian in {language}"
    openid.person(name, email=address, email_verified=True)
    spoken = {"language": language}
    report(running, FORCE, f"62/{number}", f"P{number}", mobile, "Rhian Example", email=address, **spoken)
    (link,) = [
        word
        for word in plain(running.wait_for_mail(address, 1)).split()
        if "/start/" in word and "http" in word
    ]
    visitor = Visitor(browser, running.serving.portal, language=language, script=script)
    visitor.context.set_extra_http_headers({"Accept-Language": language})
    visitor.go(link)
    visitor.press("Start")
    visitor.press("Send me a code")
    visitor.reads("We are sending you a text")
    eventually(lambda: bool(running.texts_to(mobile)), 90, "the text with the code")
    visitor.type("Code", running.wait_for_code(mobile))
    visitor.press("Continue")
    visitor.page.get_by_role("link", name=visitor.words("Use it instead of a password")).click()
    at_the_provider(visitor, openid, name)
    visitor.reads("Is this your GOV.UK One Login?")
    visitor.press("Yes, open my case")
    visitor.go("/account/one-login/")
    visitor.reads("You can sign in here with GOV.UK One Login. Whoever can sign in there can read your case.")
    visitor.press("Do not use it here any more")
    visitor.reads("Nothing else lets you in yet. Add a passkey first.")
    visitor.context.clear_cookies(name="portal")
    visitor.go("/sign-in/")
    visitor.page.get_by_role("link", name=visitor.words("Sign in with GOV.UK One Login")).click()
    visitor.page.wait_for_url(f"{visitor.home}/cases/**")
    visitor.asked = {url for url in visitor.asked if not url.startswith(openid.issuer)}
    visitor.look()
    visitor.page.get_by_role("button", name=visitor.words("Sign out")).click()
    visitor.page.wait_for_url(f"{visitor.home}/signed-out/?state=*")
    visitor.asked = {url for url in visitor.asked if not url.startswith(openid.issuer)}
    visitor.look()
    visitor.reads("You are signed out here, and of GOV.UK One Login in this browser.")
    visitor.page.get_by_role("link", name=visitor.words("Sign in again")).click()
    visitor.page.get_by_role("link", name=visitor.words("Sign in with GOV.UK One Login")).click()
    visitor.page.get_by_label("Password").wait_for()  # nobody is let in by one click
    assert visitor.page.url.startswith(openid.issuer)
