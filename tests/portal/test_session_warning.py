"""The warning before a session ends, in a real browser: heard, answered by keyboard, and nothing stays to be seen."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Route, expect

from tests.design.served import served
from tests.portal.making import join, signed_in, world
from tests.support.browsing import browsers, violations

pytestmark = [pytest.mark.django_db, pytest.mark.browser]
HERE = "/account/devices/"


class Server:
    """What the site answers about the session: seconds left, and after staying."""

    def __init__(self) -> None:
        self.left, self.after = 1800, 1800
        self.stayed: list[str] = []
        self.asked = 0

    def answer(self, route: Route) -> None:
        if route.request.url.endswith("/stay/"):
            self.stayed.append(route.request.post_data or "")
            self.left = self.after
            route.fulfill(status=204)
        else:
            self.asked += 1
            route.fulfill(
                content_type="application/json", body=json.dumps({"left": self.left, "after": self.after})
            )


@contextmanager
def opened(language: str) -> Iterator[tuple[Page, Server, Callable[[int], None]]]:
    """A signed-in page under a clock of ours, twenty seconds before it first asks; what went wrong fails the test."""
    join(world("south-wales", ("cy", "en")))
    client = signed_in()
    client.get(f"/language/{language}/")
    html = client.get(HERE).content.decode()
    said: list[str] = []
    server = Server()
    with served({HERE: html}) as address, browsers() as browser:
        page = browser.new_page(viewport={"width": 320, "height": 640})
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.route("**/session/**", server.answer)
        page.clock.install()
        page.goto(address + HERE)
        page.wait_for_function("document.body.classList.contains('js-enabled')")
        yield page, server, lambda seconds: page.clock.fast_forward(seconds * 1000)
    assert [each for each in said if "net::ERR_FAILED" not in each] == []


@pytest.mark.parametrize("language", ["en", "cy"])
def test_it_is_heard_and_answered_by_keyboard(language: str) -> None:
    with opened(language) as (page, server, forward):
        link = page.locator("main a").first
        link.focus()
        assert server.asked == 0, "a page that is left again asks nothing"
        server.left = 170
        forward(21)
        dialog = page.get_by_role("alertdialog")
        expect(dialog).to_be_visible()
        expect(dialog.locator("h2")).to_be_focused()
        expect(dialog.locator("[data-minutes]")).to_have_text("3")
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.keyboard.press("Escape")
        expect(dialog).to_be_visible()
        server.left = 100
        forward(16)
        expect(dialog.locator("[role=status]")).to_contain_text("2")
        stay = dialog.locator("[data-go-on]")
        page.keyboard.press("Tab")
        expect(stay).to_be_focused()
        page.keyboard.press("Enter")
        expect(dialog).to_be_hidden()
        expect(link).to_be_focused()
        (sent,) = server.stayed
        assert "csrfmiddlewaretoken" in sent


def test_what_cannot_be_made_longer_says_so_and_ends_with_nothing_on_the_screen() -> None:
    with opened("en") as (page, server, forward):
        server.left = server.after = 100
        forward(21)
        dialog = page.get_by_role("alertdialog")
        expect(dialog).to_contain_text("for as long as we allow")
        expect(dialog.locator("[data-go-on]")).to_be_hidden()
        dialog.get_by_role("button", name="Back to the page").click()
        expect(dialog).to_be_hidden()
        server.left = server.after = 0
        with page.expect_navigation():
            forward(16)
        assert page.url.endswith(HERE), "the site itself leads from there to the sign-in"


def test_the_last_end_is_told_too_to_who_has_stayed_before() -> None:
    with opened("en") as (page, server, forward):
        server.left, server.after = 170, 350
        forward(21)
        dialog = page.get_by_role("alertdialog")
        with page.expect_response("**/session/"):
            dialog.locator("[data-go-on]").click()
        expect(dialog).to_be_hidden()
        server.left = server.after = 170
        forward(181)
        expect(dialog).to_be_visible()
        expect(dialog).to_contain_text("for as long as we allow")
        expect(dialog.locator("[data-go-on]")).to_be_hidden()
        dialog.get_by_role("button", name="Back to the page").click()
        server.left = server.after = 100
        with page.expect_response("**/session/"):
            forward(16)
        expect(dialog).to_be_hidden()  # it is told once


def test_another_tab_that_goes_on_takes_the_warning_away() -> None:
    with opened("en") as (page, server, forward):
        server.left = 170
        forward(21)
        dialog = page.get_by_role("alertdialog")
        expect(dialog).to_be_visible()
        server.left = 1800
        forward(16)
        expect(dialog).to_be_hidden()


def test_without_the_network_nothing_stays_once_it_is_over() -> None:
    with opened("en") as (page, server, forward):
        server.left = 100
        forward(21)
        expect(page.get_by_role("alertdialog")).to_be_visible()
        page.unroute("**/session/**")
        page.route("**/session/**", lambda route: route.abort())
        with page.expect_navigation():
            for _ in range(7):
                with page.expect_event("requestfailed"):
                    forward(16)
