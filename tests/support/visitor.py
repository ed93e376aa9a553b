"""Somebody at a real browser: what they open and press, and what must hold on every page that they see."""

from __future__ import annotations

import re

from django.utils import translation
from playwright.sync_api import Browser, BrowserContext, Page

from tests.support.browsing import violations

IDENTIFIER = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
"""The random name of a thing in an address: it tells nothing, but by chance it holds any two digits and a slash."""


class Visitor:
    """One person with a browser of their own.

    Each page is looked at when they come to it: axe finds nothing, the browser complains of nothing, nothing was asked
    of another host, the page is in the language it should be, has one first heading, and its title gives nothing away.
    """

    def __init__(
        self,
        browser: Browser,
        home: str,
        *,
        secrets: tuple[str, ...] = (),
        language: str = "en",
        script: bool = True,
    ) -> None:
        self.home, self.secrets, self.language, self.script = home, secrets, language, script
        self.context: BrowserContext = browser.new_context(
            viewport={"width": 390, "height": 844}, java_script_enabled=script
        )
        self.page: Page = self.context.new_page()
        self.said: list[str] = []
        self.asked: set[str] = set()
        self.seen: set[str] = set()
        self.page.on("console", lambda m: self.said.append(m.text) if m.type == "error" else None)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.add(request.url))

    def go(self, address: str) -> None:
        """Type an address: a whole one, or a path at this door."""
        self.page.goto(address if "://" in address else self.home + address)
        self.look()

    def words(self, english: str) -> str:
        """The service's words in the language of this person."""
        with translation.override(self.language):
            return str(translation.gettext(english))

    def press(self, button: str) -> None:
        """Press the button with these words."""
        self.page.get_by_role("button", name=self.words(button), exact=True).click()
        self.look()

    def press_for_passkey(self, button: str) -> None:
        """Press the button for which the browser answers by itself, after which the page goes on by script."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=self.words(button), exact=True).click()
        self.look()

    def follow(self, link: str) -> None:
        """Follow the first link that begins with these words."""
        self.page.get_by_role("link", name=self.words(link)).first.click()
        self.look()

    def type(self, label: str, text: str) -> None:
        """Write into the field with this label."""
        self.page.get_by_label(self.words(label), exact=True).fill(text)

    def is_told_of_a_mistake(self) -> None:
        """The page says so from its title on, and leads to the field."""
        assert self.page.title().startswith(self.words("Error:")), self.page.title()
        assert self.page.locator(".govuk-error-summary a").count() >= 1

    def reload(self) -> None:
        self.page.reload()
        self.look()

    def reads(self, *words: str) -> None:
        """All of these words stand in the page's main part."""
        shown = self.page.inner_text("main")
        for some in map(self.words, words):
            assert some in shown, f"not on {self.page.url}: {some}\n{shown}"

    def does_not_read(self, *words: str) -> None:
        shown = self.page.inner_text("main")
        assert not [some for some in words if some in shown]

    def news(self) -> list[str]:
        """The headings of what is marked as new."""
        return self.page.locator(".tmc-line__entry--new h3").all_inner_texts()

    def look(self) -> None:
        """What holds on every page."""
        where = self.page.url
        assert self.page.get_attribute("html", "lang") == self.language, where
        assert self.page.locator("h1").count() == 1, where
        told = self.page.title() + IDENTIFIER.sub("", where)
        for secret in self.secrets:
            assert secret not in told, f"{secret!r} is in the title or address {where}"
        if self.script:
            assert violations(self.page) == [], where
        assert not self.said, f"{where}: {self.said}"
        strangers = {url for url in self.asked if not url.startswith((self.home + "/", "data:"))}
        assert not strangers, f"{where} asked {strangers}"
        self.seen.add(
            re.sub(r"[0-9a-f-]{36}|(?<=start/)[^/]{20,}|(?<=set-up/).+", "…", where.removeprefix(self.home))
        )

    def close(self) -> None:
        self.context.close()
