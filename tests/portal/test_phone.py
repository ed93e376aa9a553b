"""Being told on a phone: offered only where it is safe, switched on and off by forms, and nothing of it kept."""

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from tests.delivery.push_service import PushService, push_service
from tests.portal.making import World, join, signed_in, world
from tests.support.doors import door_client
from trackmycrime.audit.models import Record
from trackmycrime.cases.models import Crime
from trackmycrime.delivery.channels.push import vapid
from trackmycrime.people import browsers
from trackmycrime.people.models import ContactChange, PushDevice, Victim

pytestmark = pytest.mark.django_db
PRIVATE = vapid.new_private_key()
ANDROID = "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/139.0.0.0 Mobile Safari/537.36"


@pytest.fixture
def service(settings: Any) -> Iterator[PushService]:
    settings.TMC_VAPID_PUBLIC_KEY = vapid.public_key(PRIVATE)
    with push_service(settings.TMC_VAPID_PUBLIC_KEY) as made:
        settings.TMC_PUSH_HOSTS = made.host
        yield made


@pytest.fixture
def made(service: PushService) -> World:
    made = world()
    join(made)
    return made


def add(client: Client, service: PushService, path: str = "phone", agent: str = ANDROID) -> Any:
    browser = service.browser(path)
    return client.post("/settings/phone/add/", {"subscription": browser.text}, headers={"user-agent": agent})


def test_a_phone_is_switched_on_and_push_is_the_way_from_then_on(made: World, service: PushService) -> None:
    client = signed_in()
    assert "Be told on this phone" in client.get("/settings/").content.decode()
    answer = add(client, service)
    assert answer["Location"] == "/settings/phone/?said=on"
    html = client.get(answer["Location"]).content.decode()
    assert "Chrome on Android" in html
    assert "Pixel" not in html
    assert service.browsers["phone"].endpoint not in html, "whoever has it can write to this phone"
    assert Victim.objects.get(person="P1").chosen_channel == "push"
    assert ContactChange.objects.get().channel == "push", "the records system hears of it"
    settings_page = client.get("/settings/").content.decode()
    assert re.search(r'value="push"[^>]*checked', settings_page)
    assert "A message on your phone (Chrome on Android)" in settings_page


def test_what_was_chosen_besides_the_way_stays(made: World, service: PushService) -> None:
    Victim.objects.filter(person="P1").update(chosen_pace="weekly", agreed_days=14, chosen_language="cy")
    add(signed_in(), service)
    kept = Victim.objects.get(person="P1")
    assert (kept.chosen_channel, kept.chosen_language) == ("push", "cy")
    assert (kept.chosen_pace, kept.agreed_days) == ("weekly", 14)
    assert ContactChange.objects.get().changed == ["preferred_channel"]


def test_and_off_again(made: World, service: PushService) -> None:
    client = signed_in()
    add(client, service)
    device = PushDevice.objects.get()
    answer = client.post(f"/settings/phone/{device.id}/remove/")
    assert "Stopped" in client.get(answer["Location"]).content.decode()
    assert not PushDevice.objects.exists()
    assert 'value="push"' not in client.get("/settings/").content.decode()
    said = Record.objects.filter(action__startswith="push").order_by("id")
    assert [record.action for record in said] == ["push.on", "push.off"]


def test_several_phones_are_listed_and_each_can_be_stopped(made: World, service: PushService) -> None:
    client = signed_in()
    add(client, service)
    add(
        client,
        service,
        "second",
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) Version/18.5 Safari/604.1",
    )
    html = client.get("/settings/phone/").content.decode()
    assert html.index("Safari on iPhone") < html.index("Chrome on Android"), "the newest is told first"
    assert set(re.findall(r"/settings/phone/([0-9a-f-]+)/remove/", html)) == {
        str(one.id) for one in PushDevice.objects.all()
    }


@pytest.mark.parametrize(
    "values",
    [{"safe_channels": ["email"]}, {"safe_channels": []}, {"disguise": True}, {"no_portal": True}],
)
def test_nothing_is_offered_or_taken_where_it_is_not_safe(
    made: World, service: PushService, values: dict[str, Any]
) -> None:
    Victim.objects.filter(person="P1").update(**values)
    client = signed_in()
    assert "/settings/phone/" not in client.get("/settings/").content.decode()
    html = client.get("/settings/phone/").content.decode()
    assert "We do not tell you about your case on a phone" in html
    assert "phone.js" not in html
    assert add(client, service).status_code == 404
    assert not PushDevice.objects.exists()


def test_in_a_case_of_a_protected_kind_only_where_somebody_said_that_it_is_safe(
    made: World, service: PushService
) -> None:
    Crime.objects.update(switched_on=True)
    client = signed_in()
    assert add(client, service).status_code == 404
    Victim.objects.filter(person="P1").update(safe_channels=["push", "email"])
    assert add(client, service).status_code == 302


@pytest.mark.parametrize(
    "said",
    [
        "",
        "{",
        "null",
        json.dumps({"endpoint": "https://example.org/x", "keys": {"p256dh": "x", "auth": "y"}}),
        json.dumps({"endpoint": "http://169.254.169.254/", "keys": {"p256dh": "x", "auth": "y"}}),
    ],
)
def test_what_is_no_subscription_changes_nothing_and_says_so(made: World, said: str) -> None:
    client = signed_in()
    answer = client.post("/settings/phone/add/", {"subscription": said})
    html = client.get(answer["Location"]).content.decode()
    assert "That did not work" in html
    assert not PushDevice.objects.exists()
    assert Victim.objects.get(person="P1").chosen_channel == ""


def test_another_persons_phone_cannot_be_stopped(made: World, service: PushService) -> None:
    add(signed_in(), service)
    device = PushDevice.objects.get()
    join(made, "P9", "other@example.org")
    other = signed_in("other@example.org")
    assert other.post(f"/settings/phone/{device.id}/remove/").status_code == 302
    assert other.post(f"/settings/phone/{uuid.uuid4()}/remove/").status_code == 302
    assert PushDevice.objects.count() == 1


def test_where_push_is_not_set_up_there_is_no_such_page(settings: Any) -> None:
    settings.TMC_VAPID_PUBLIC_KEY = settings.TMC_VAPID_PRIVATE_KEY = ""
    join(world())
    client = signed_in()
    assert "/settings/phone/" not in client.get("/settings/").content.decode()
    assert client.get("/settings/phone/").status_code == 404


def test_the_worker_says_nothing_keeps_nothing_and_answers_no_request() -> None:
    answer = door_client("portal").get("/worker.js")
    script = answer.content.decode()
    assert answer["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer["Cache-Control"] == "no-store"
    assert "worker-src 'self'" in answer["Content-Security-Policy"]
    assert '"fetch"' not in script
    assert "caches" not in script
    assert "rime" not in script, "the words for what cannot be read do not say who writes"
    assert "openWindow(said.home)" in script
    assert '"home": "/"' in script


def test_the_name_and_the_sign_on_a_home_screen_say_nothing() -> None:
    client = door_client("portal")
    for language, name in (("en", "My updates"), ("cy", "Fy niweddariadau")):
        client.cookies["language"] = language
        answer = client.get("/app.webmanifest")
        assert answer["Content-Type"] == "application/manifest+json"
        said = answer.json()
        assert (said["name"], said["short_name"], said["lang"]) == (name, name, language)
        assert (said["start_url"], said["scope"], said["display"]) == ("/", "/", "standalone")
        assert {icon.get("purpose", "any") for icon in said["icons"]} == {"any", "maskable"}
    assert '<link rel="manifest" href="/app.webmanifest">' in client.get("/").content.decode()


@pytest.mark.parametrize(
    ("agent", "named"),
    [
        (ANDROID, "Chrome on Android"),
        ("Mozilla/5.0 (Linux; Android 14) SamsungBrowser/27.0 Chrome/125.0 Mobile Safari/537.36",
         "Samsung Internet on Android"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/139.0.0.0 Safari/537.36 Edg/139.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Version/18.5 Safari/605.1.15", "Safari on Mac"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
        ("Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) FxiOS/130.0 Mobile Safari/605.1.15", "Firefox on iPad"),
        ("curl/8.5", "A browser"),
        ("", "A browser"),
    ],
)  # fmt: skip
def test_browsers_are_named_coarsely(agent: str, named: str) -> None:
    assert browsers.said(*browsers.named(agent)) == named
