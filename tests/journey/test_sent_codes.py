"""A code that is sent besides the password, asked for, sent by a real worker, and typed in a real browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.journey.forces import ENGLISH, WELSH
from tests.journey.test_journey import PASSWORD, invitation, join, report
from tests.support.installation import Installation
from tests.support.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.processes]


@pytest.mark.parametrize(
    ("slug", "language", "script", "number"),
    [(ENGLISH, "en", True, 31), (WELSH, "cy", False, 32)],
    ids=["English", "Welsh, without script"],
)
def test_a_code_besides_the_password(
    running: Installation, browser: Browser, slug: str, language: str, script: bool, number: int
) -> None:
    address, mobile = f"kit{number}@example.org", f"+4477009002{number}"
    report(
        running, slug, f"{number}/1/26", f"P{number}", mobile, "Kit Example", email=address, language=language
    )
    kit = Visitor(browser, running.serving.portal, language=language, script=script)
    kit.go(f"/language/{language}/")
    join(kit, running, invitation(running, address), mobile, address)

    kit.go("/account/")
    kit.follow("How you sign in")
    kit.page.get_by_label(kit.words("My password and a code that you send me")).check()
    kit.press("Save")
    kit.press("Send me a code")
    kit.reads("If we can send you a code safely, it is on its way")
    kit.type("Code", running.wait_for_code(mobile, 2))
    kit.press("Continue")
    kit.reads("Now save what you have chosen.")
    kit.press("Save")
    kit.reads("From now on you sign in in that way")

    kit.press("Sign out")
    kit.go("/sign-in/?next=/messages/")
    kit.type("Email address", address)
    kit.type("Password", PASSWORD)
    kit.press("Sign in")
    kit.press("Send me a code")
    code = running.wait_for_code(mobile, 3)
    kit.type("Code", "000 000" if code != "000000" else "111111")
    kit.press("Continue")
    kit.is_told_of_a_mistake()
    kit.type("Code", f"{code[:3]} {code[3:]}")
    kit.press("Continue")
    assert kit.page.url.endswith("/messages/")

    kit.go("/account/password/")
    kit.type("Choose a password", address)
    kit.press("Save the password")
    kit.is_told_of_a_mistake()
    kit.type("Choose a password", "another three words")
    kit.press("Save the password")
    kit.reads("Your new password is set")
    kit.close()
