"""Being told on a phone, as its owner does it: a real browser, real processes, a push service that opens what it gets.

Chromium's own push service cannot be reached from a test, so the browser's `subscribe` gives it the address of the
test's service; everything else is real: the page and its script, the service worker, the permission, the worker's push
over the wire, and the notification, which is shown by the browser's own delivery of what that service was sent.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.delivery.push_service import PushService, push_service
from tests.journey.test_journey import SAY_NOTHING, invitation, join, report
from tests.support.events import update
from tests.support.installation import SECONDS, Installation, counterparts, data_folder, now, started
from tests.support.processes import eventually
from tests.support.visitor import Visitor
from trackmycrime.delivery.channels.push import vapid

pytestmark = [pytest.mark.browser, pytest.mark.processes]

FORCE = "south-wales"
SUBSCRIBE = """
(() => {
  const said = %s;
  const unsubscribe = async () => { delete localStorage.on; return true; };
  const made = { endpoint: said.endpoint, toJSON: () => said, unsubscribe };
  PushManager.prototype.subscribe = async function (asked) {
    if (await Notification.requestPermission() !== "granted") throw new DOMException("no", "NotAllowedError");
    if (!asked.userVisibleOnly || asked.applicationServerKey.length !== 65) throw new TypeError("asked wrongly");
    localStorage.on = "1";
    return made;
  };
  PushManager.prototype.getSubscription = async () => localStorage.on ? made : null;
})();
"""


@pytest.fixture(scope="module")
def service() -> Iterator[PushService]:
    with push_service("") as made:
        yield made


@pytest.fixture(scope="module")
def running(service: PushService) -> Iterator[Installation]:
    with (
        counterparts() as behind,
        data_folder() as folder,
        started(folder, behind, TMC_PUSH_HOSTS=service.host) as made,
    ):
        private = (folder / "keys" / "vapid_private_key").read_text().strip()
        service.key = vapid.public_key(private)
        made.add_force(FORCE, "South Wales Police", "en,cy", "Heddlu De Cymru")
        yield made
        made.serving.end()


def shown(visitor: Visitor) -> list[dict[str, Any]]:
    """The notifications that this browser shows now."""
    return list(
        visitor.page.evaluate(
            """async () => (await (await navigator.serviceWorker.ready).getNotifications())
               .map((one) => ({title: one.title, body: one.body, lang: one.lang, tag: one.tag}))"""
        )
    )


def deliver(visitor: Visitor, data: str) -> None:
    """The browser hands a push that has arrived to the service worker, as Chromium's developer tools can."""
    tools = visitor.context.new_cdp_session(visitor.page)
    registrations: list[str] = []
    tools.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda said: registrations.extend(one["registrationId"] for one in said["registrations"]),
    )
    tools.send("ServiceWorker.enable")
    for _ in range(50):
        if registrations:
            break
        visitor.page.wait_for_timeout(50)
    tools.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": visitor.home, "registrationId": registrations[0], "data": data},
    )
    tools.detach()


@pytest.mark.parametrize("language", ["en", "cy"])
def test_somebody_is_told_on_their_phone_and_stops_it(
    running: Installation, service: PushService, browser: Browser, language: str
) -> None:
    number = 1 if language == "en" else 2
    address, mobile, reference = f"rhian{number}@example.org", f"+44770090012{number}", f"62/{number}/26"
    report(running, FORCE, reference, f"P{number}", mobile, "Rhian Example", email=address, language=language)
    visitor = Visitor(browser, running.serving.portal, secrets=SAY_NOTHING)
    if language == "cy":
        visitor.go("/")
        visitor.language = "cy"
        visitor.follow("Cymraeg")
    join(visitor, running, invitation(running, address), mobile, address)
    phone = service.browser(f"phone{number}")
    visitor.context.add_init_script(SUBSCRIBE % phone.text)

    # off, then on by one press
    visitor.go("/settings/")
    visitor.follow("Be told on this phone")
    visitor.reads("This phone is off", "Can somebody else see your phone?")
    visitor.context.grant_permissions(["notifications"], origin=visitor.home)
    visitor.page.reload()
    # the script sends the form once the browser has said yes
    visitor.page.get_by_role("button", name=visitor.words("Tell me on this phone")).click()
    visitor.page.wait_for_url("**/settings/phone/?said=on")
    visitor.look()
    visitor.reads("This phone is on", "This phone", "Chrome")

    # something happens: it reaches the phone, says nothing, and no mail comes beside it
    running.send(FORCE, update(reference, 3, f"u{number}", "suspect_arrested", time=now()))
    eventually(lambda: len(phone.shown) == 1, 4 * SECONDS, "the push")  # the first loads what pushes stand on
    (said,) = phone.shown
    assert not [secret for secret in SAY_NOTHING if secret in json.dumps(said, ensure_ascii=False)]
    assert said["lang"] == language
    assert len(running.mails_to(address)) == 1
    deliver(visitor, json.dumps(said))
    for _ in range(100):
        if seen := shown(visitor):
            break
        visitor.page.wait_for_timeout(50)
    assert seen == [{"title": said["title"], "body": said["body"], "lang": language, "tag": "news"}]

    # another takes its place; what cannot be read is shown in words that say nothing
    deliver(visitor, "no words at all")
    for _ in range(100):
        if (seen := shown(visitor)) and seen[0]["title"] != said["title"]:
            break
        visitor.page.wait_for_timeout(50)
    assert [(one["title"], one["tag"]) for one in seen] == [("Neges newydd / New message", "news")]

    # another browser of theirs does not take itself for this one
    assert visitor.page.locator("[data-here]").is_visible()
    visitor.page.evaluate("delete localStorage.on")
    visitor.reload()
    visitor.reads("This phone is off")
    assert not visitor.page.locator("[data-here]").is_visible()
    visitor.page.evaluate("localStorage.on = '1'")

    # nothing of a page is kept by the worker
    assert visitor.page.evaluate("async () => (await caches.keys()).length") == 0

    # and off again
    visitor.go("/settings/phone/")
    visitor.page.locator("[data-mark] button").click()
    visitor.page.wait_for_url("**/settings/phone/?said=off")
    visitor.look()
    visitor.reads("This phone is off", "Stopped")
    assert visitor.page.evaluate("async () => (await navigator.serviceWorker.getRegistrations()).length") == 0
    assert running.rows("select count(*) from people_push_device d join people_victim v using (account_id)"
                        " where v.person = %s", f"P{number}") == [(0,)]  # fmt: skip


def test_without_script_the_page_says_what_to_do_instead(running: Installation, browser: Browser) -> None:
    address, mobile = "dilys@example.org", "+447700900131"
    report(running, FORCE, "62/3/26", "P3", mobile, "Dilys Example", email=address)
    visitor = Visitor(browser, running.serving.portal, secrets=SAY_NOTHING, script=False)
    join(visitor, running, invitation(running, address), mobile, address)
    visitor.go("/settings/phone/")
    visitor.reads("This browser cannot do that", "choose email or a text message")


def test_a_no_to_messages_is_understood(running: Installation, browser: Browser) -> None:
    address, mobile = "owain@example.org", "+447700900132"
    report(running, FORCE, "62/4/26", "P4", mobile, "Owain Example", email=address)
    visitor = Visitor(browser, running.serving.portal, secrets=SAY_NOTHING)
    join(visitor, running, invitation(running, address), mobile, address)
    visitor.context.add_init_script(
        'Object.defineProperty(Notification, "permission", {get: () => "denied"});'
    )
    visitor.go("/settings/phone/")
    visitor.reads("This phone does not let us")
    with urllib.request.urlopen(f"{running.serving.portal}/worker.js") as answer:
        assert answer.headers["Cache-Control"] == "no-store"
