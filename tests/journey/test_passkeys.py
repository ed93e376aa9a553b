"""Passkeys, codes of an app and recovery codes in a real browser, with Chromium's virtual authenticator."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser

from tests.journey.forces import ENGLISH, WELSH
from tests.journey.test_journey import invitation, report
from tests.support.apps import add_app, type_code
from tests.support.installation import Installation
from tests.support.processes import eventually
from tests.support.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.processes]

PASSWORD = "wooden kettle orbit"


def named(address: str) -> str:
    """The same door by its name: passkeys know no numbers."""
    return address.replace("127.0.0.1", "localhost")


def visitor(browser: Browser, home: str, language: str = "en", script: bool = True) -> Visitor:
    """Somebody whose device keeps passkeys and knows its user."""
    made = Visitor(browser, named(home), language=language, script=script)
    device = made.context.new_cdp_session(made.page)
    device.send("WebAuthn.enable", {"enableUI": False})
    device.send(
        "WebAuthn.addVirtualAuthenticator",
        {
            "options": {
                "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
                "isUserVerified": True, "automaticPresenceSimulation": True,
            }
        },
    )  # fmt: skip
    return made


def joined(
    running: Installation,
    browser: Browser,
    slug: str,
    who: str,
    number: int,
    language: str = "en",
    script: bool = True,
) -> Visitor:
    """A victim who has just joined; how soon mails and texts come is not what is looked at here."""
    address, mobile = f"{who}@example.org", f"+4477009001{number:02}"
    report(running, slug, f"5{number}/1/26", f"P{number}", mobile, f"{who.title()} Example", email=address,
           language=language)  # fmt: skip
    made = visitor(browser, running.serving.portal, language, script)
    made.go(f"/language/{language}/")
    eventually(lambda: bool(running.mails_to(address)), 120, "the invitation")
    made.go(named(invitation(running, address)))
    made.press("Start")
    made.press("Send me a code")
    eventually(lambda: bool(running.texts_to(mobile)), 120, "the code")
    made.type("Code", running.wait_for_code(mobile))
    made.press("Continue")
    made.type("Email address", address)
    made.type("Choose a password", PASSWORD)
    made.press("Open my case")
    return made


def add_passkey(person: Visitor) -> None:
    person.go("/account/passkeys/")
    person.type("A name for it", "Blue phone")
    person.press_for_passkey("Add a passkey")


def codes_shown(person: Visitor) -> list[str]:
    """The recovery codes, made by the page that somebody is led to."""
    person.page.wait_for_url("**/account/recovery/**")
    person.look()
    person.press("Make new codes")
    return person.page.locator("main ol li").all_inner_texts()


def sign_in(person: Visitor, address: str) -> None:
    person.go("/sign-in/")
    person.type("Email address", address)
    person.type("Password", PASSWORD)
    person.press("Sign in")


@pytest.mark.parametrize(
    ("slug", "who", "number", "language"), [(ENGLISH, "rhian", 11, "en"), (WELSH, "dilys", 12, "cy")]
)
def test_a_victim_signs_in_by_passkey(
    running: Installation, browser: Browser, slug: str, who: str, number: int, language: str
) -> None:
    person = joined(running, browser, slug, who, number, language=language)
    add_passkey(person)
    assert len(codes_shown(person)) == 10
    person.go("/account/passkeys/")
    person.reads("Blue phone")
    person.press("Sign out")
    person.go("/sign-in/passkey/")
    person.press_for_passkey("Use a passkey")
    person.page.wait_for_url("**/cases/**")
    person.look()
    person.go("/account/passkeys/")
    person.does_not_read(person.words("Not used yet."))
    # beside the email field the browser offers what it keeps; this device chooses it by itself
    person.press("Sign out")
    person.page.goto(f"{person.home}/sign-in/")
    person.page.wait_for_url("**/cases/**")
    person.go("/account/passkeys/")
    # the same device again: the browser knows that it keeps one
    person.type("A name for it", "Again")
    person.page.get_by_role("button", name=person.words("Add a passkey"), exact=True).click()
    person.page.get_by_text(
        person.words("There is a passkey of yours on this device already. You need no other one.")
    ).wait_for()
    person.close()


@pytest.mark.parametrize("script", [True, False])
def test_a_victim_signs_in_with_a_code_of_an_app_with_and_without_script(
    running: Installation, browser: Browser, script: bool
) -> None:
    who = "sioned" if script else "owain"
    person = joined(running, browser, ENGLISH, who, 21 if script else 22, script=script)
    secret = add_app(person)
    codes = codes_shown(person)
    person.press("Sign out")
    sign_in(person, f"{who}@example.org")
    person.reads("A code from your app")
    person.type("Code from your app", "1")
    person.press("Continue")
    person.is_told_of_a_mistake()
    type_code(person, secret)
    person.press("Continue")
    person.page.wait_for_url("**/cases/**")
    person.press("Sign out")
    sign_in(person, f"{who}@example.org")
    person.follow("I do not have my phone: use a recovery code")
    person.type("Recovery code", codes[3].lower())
    person.press("Continue")
    person.page.wait_for_url("**/cases/**")
    if not script:
        person.go("/sign-in/passkey/")
        person.go("/account/passkeys/")
        person.reads("This browser cannot use passkeys here.")
    person.close()


def test_an_officer_sets_up_a_passkey_before_anything_opens(running: Installation, browser: Browser) -> None:
    set_up = named(running.add_officer(ENGLISH, "jo@police.example.org"))
    officer = visitor(browser, running.serving.desk)
    officer.go(set_up)
    officer.type("Choose a password", PASSWORD)
    officer.press("Save the password")
    officer.reads("One thing more: a second proof that it is you")
    officer.go("/cases/")
    officer.reads("One thing more: a second proof that it is you")
    officer.follow("Add a passkey")
    officer.type("A name for it", "Key on my ring")
    officer.press_for_passkey("Add a passkey")
    assert len(codes_shown(officer)) == 10
    officer.go("/")
    assert re.search(r"\d/$", officer.page.url), officer.page.url
    officer.press("Sign out")
    officer.go("/sign-in/passkey/")
    officer.press_for_passkey("Use a passkey")
    officer.page.wait_for_url(f"{officer.home}/")
    officer.close()
