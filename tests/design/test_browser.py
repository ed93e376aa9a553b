"""In a real browser: nothing that a checker of accessibility knows to be wrong, and the script does what it says."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from tests.support.browsing import browsers, violations

from . import examples, pages
from .served import served

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    empty = examples.ExampleForm(data={"phone": "07700 900123", "by_day": "26"})
    empty.is_valid()
    with served(
        {
            "/case": pages.case_page(),
            "/form": pages.form_page(examples.ExampleForm()),
            "/promises": pages.promise_page(),
            "/wrong": pages.form_page(empty),
        }
    ) as found:
        yield found


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsers() as started:
        yield started


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    yield opened
    opened.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/case", "/form", "/wrong"])
def test_axe_finds_nothing(page: Page, address: str, path: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": 360, "height": 800})
    page.goto(address + path)
    assert violations(page) == []


@pytest.mark.parametrize("path", ["/case", "/form", "/wrong"])
def test_no_sideways_scrolling_on_the_smallest_phone(page: Page, address: str, path: str) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto(address + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("width", [360, 1280])
def test_the_words_of_a_promise_never_lie_over_each_other(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address + "/promises")
    cards = page.query_selector_all(".tmc-next")
    assert len(cards) == 3
    for card in cards:
        parts = [card.query_selector(part) for part in (".tmc-next__head", ".tmc-next__body")]
        head, body = (part.bounding_box() for part in parts if part)
        assert head
        assert body
        assert head["y"] + head["height"] <= body["y"] + 1
        assert min(head["width"], body["width"]) >= 150


def test_nothing_breaks_our_content_policy_and_nothing_is_missing(page: Page, address: str) -> None:
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("requestfailed", lambda request: said.append(request.url))
    for path in ("/case", "/wrong"):
        page.goto(address + path, wait_until="networkidle")
    assert said == []


def test_error_summary_takes_the_focus_and_leads_to_the_field(page: Page, address: str) -> None:
    page.goto(address + "/wrong", wait_until="networkidle")
    assert page.evaluate("document.activeElement.className") == "govuk-error-summary"
    page.click("text=Write your message before you send it >> nth=0")
    assert page.evaluate("document.activeElement.id") == "id_message"


def test_password_can_be_shown_and_characters_are_counted(page: Page, address: str) -> None:
    page.goto(address + "/form", wait_until="networkidle")
    page.fill("#id_password", "three random words")
    page.click("text=Show")
    assert page.get_attribute("#id_password", "type") == "text"
    page.fill("#id_message", "x" * 4001)
    assert page.is_visible("text=You have 1 character too many")


@pytest.mark.parametrize("key", ["Shift", "Escape"])
def test_a_key_three_times_leaves_and_the_link_is_plain(page: Page, address: str, key: str) -> None:
    page.route("https://www.bbc.co.uk/*", lambda route: route.fulfill(body="weather"))
    page.goto(address + "/form", wait_until="networkidle")
    page.goto(address + "/case", wait_until="networkidle")
    assert page.get_attribute("text=Exit this page", "href") == "https://www.bbc.co.uk/weather"
    said = page.locator("[data-exit-status]")
    page.keyboard.press(key)
    assert said.text_content() == f"{key}, press 2 more times to exit."
    page.keyboard.press("a")
    assert said.text_content() == ""
    page.keyboard.press(key)
    page.keyboard.press("Escape" if key == "Shift" else "Shift")
    page.keyboard.press(key)
    page.keyboard.press(key)
    assert said.text_content() == f"{key}, press 1 more time to exit."
    assert "Your case" in page.title()
    page.keyboard.press(key)
    page.wait_for_url("https://www.bbc.co.uk/weather")
    page.go_back()
    assert page.url == address + "/form", "the page that was left is not one step back"


def test_without_script_the_way_out_is_a_plain_link(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.route("https://www.bbc.co.uk/*", lambda route: route.fulfill(body="weather"))
    page.goto(address + "/case")
    page.click("text=Exit this page")
    page.wait_for_url("https://www.bbc.co.uk/weather")
    context.close()


def test_strip_comes_first_after_the_skip_link(page: Page, address: str) -> None:
    page.goto(address + "/case")
    seen = []
    for _ in range(3):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.textContent"))
    assert seen == ["Skip to main content", "In danger? Call 999", "Exit this page"]
