"""A real headless Chromium, and what must hold on every page that is opened in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.design.served import AXE, served
from tests.support import chromium

_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def browsers() -> Iterator[Browser]:
    """A browser; skips the test where there is none."""
    if not (program := chromium.find()):
        pytest.skip("no Chromium on this machine")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=_FLAGS)
        yield started
        started.close()


def violations(page: Page) -> list[str]:
    """What axe finds on the page that is open."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [f"{rule['id']}: {node['html']}" for rule in found for node in rule["nodes"]]


def is_right_on_the_smallest_phone(
    pages: Mapping[str, str],
    language: str,
    *,
    and_then: Callable[[Page, str], None] = lambda page, address: None,
) -> None:
    """Open each of these pages (path → HTML): it is in this language, has one first heading, needs no scrolling
    sideways, axe finds nothing, and the browser complains of nothing.

    The pages are made before: within playwright's event loop Django would take another connection. `and_then` is given
    the browser's page and the address.
    """
    said: list[str] = []
    with served(dict(pages)) as address, browsers() as browser:
        page = browser.new_page(viewport={"width": 320, "height": 640})
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        for name in pages:
            page.goto(address + name)
            assert page.get_attribute("html", "lang") == language, name
            assert (name, violations(page)) == (name, [])
            assert page.evaluate("document.documentElement.scrollWidth") <= 320, name
            assert page.locator("h1").count() == 1, name
        and_then(page, address)
    assert said == []
