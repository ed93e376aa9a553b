"""An app for codes on the phone of somebody at a browser."""

from datetime import timedelta

from tests.support.visitor import Visitor
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.factors import code_app


def type_code(person: Visitor, secret: str) -> None:
    """Type what the app shows."""
    person.type("Code from your app", code_app.code_at(secret, utc_now()))


def add_app(person: Visitor) -> str:
    """Add an app by typing the key that the page shows; gives the key."""
    person.go("/account/app/")
    secret = person.page.locator("main .tmc-code-line").inner_text().replace(" ", "")
    assert person.page.locator("main img").bounding_box()
    # by the code before the present one, so that the present one is still good
    before = code_app.code_at(secret, utc_now() - timedelta(seconds=code_app.STEP))
    person.type("Code from your app", before)
    person.press("Add the app")
    return secret
