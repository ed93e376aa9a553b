"""Take the README's pictures from a running demo: .venv/bin/python -m docs.pictures.take [PORTAL DESK]

Look at them afterwards: they show what the demo shows at that moment, and everybody in it is made up.
"""

import sys
from pathlib import Path

import pyotp
from playwright.sync_api import Browser, Page, sync_playwright
from tests.support.chromium import find

from trackmycrime.ops.demo.showcase import APP_SECRET

HERE = Path(__file__).parent
PASSWORD = "correct-horse-demo"  # noqa: S105 (the demo prints it)
VICTIM, OFFICER = "sam.carter@example.org", "priya.shah.avon-and-somerset@example.org"
REFERENCE = "AS-DEMO-0001"
WIDE, PHONE = (1280, 1240), (360, 1240)
ARGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


def signed_in(browser: Browser, door: str, email: str, size: tuple[int, int]) -> Page:
    """A page of that size on which somebody has just signed in."""
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.goto(f"{door}/sign-in/")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(lambda url: not url.endswith("/sign-in/"))
    if "/sign-in/app/" in page.url:
        page.fill("input[name=code]", pyotp.TOTP(APP_SECRET).now())
        page.press("input[name=code]", "Enter")
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    return page


def main(portal: str = "http://127.0.0.1:8000", desk: str = "http://127.0.0.1:8001") -> None:
    """Write case.png, case-phone.png and desk-case.png beside this file."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find(), args=ARGS)
        for name, size in (("case", WIDE), ("case-phone", PHONE)):
            page = signed_in(browser, portal, VICTIM, size)
            page.goto(f"{portal}/cases/")
            page.click("main a:has-text('Burglary')")
            page.screenshot(path=HERE / f"{name}.png")
        page = signed_in(browser, desk, OFFICER, WIDE)
        page.goto(f"{desk}/cases/")
        page.fill("main input[type=text], main input[type=search], main input:not([type])", REFERENCE)
        page.click("main button:has-text('Find')")
        page.wait_for_load_state()
        page.screenshot(path=HERE / "desk-case.png")
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:3])
