"""What providers post to the gateway reaches the letter it is about, and nobody else can say anything of a letter."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.delivery.letters import letter
from tests.delivery.notify_service import EMAIL_TEMPLATE, KEY, TEXT_TEMPLATE, Notify, notify_service
from tests.delivery.text_gateways import PASSWORD, PROVIDERS, SECRET, SENDER, USER, Running, gateway
from tests.gateway.sending import is_problem
from tests.support.doors import DoorClient, door_client, role
from trackmycrime.audit.models import Record
from trackmycrime.delivery import api, providers, receipts, work
from trackmycrime.delivery.channels.stepping import drive
from trackmycrime.delivery.hearing import Posted
from trackmycrime.delivery.letters import Letter, Upstairs
from trackmycrime.delivery.models import Dispatch, Heard
from trackmycrime.delivery.trying import attempting
from trackmycrime.delivery.work import Holder
from trackmycrime.forces.models import Force
from trackmycrime.kernel.ids import new_id

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 28, 10, 0, tzinfo=UTC)
ADDRESS = "https://gateway.example.org"
NOBODY = Upstairs(lambda letters, now: {}, lambda finished, now: None)


@pytest.fixture
def client(settings: Any) -> DoorClient:
    settings.TMC_GATEWAY_URL = ADDRESS
    return door_client("gateway")


def sent(channel: str, address: str) -> Letter:
    """A letter that the provider which is set up has accepted."""
    force = Force.objects.create(slug="kent", name="Kent Police", languages=["en"], created_at=NOW)
    one = letter(force=force.id, channel=channel, address=address, due_at=NOW)
    api.prepare([one], now=NOW)
    sends = providers.opened(channel)
    with role("worker"):
        claimed, _ = work.claim(Holder(new_id(), channel, sends.askable), most=1, now=NOW, upstairs=NOBODY)
        work.complete([drive(attempting(sends, claimed[0], lambda: NOW))], now=NOW, upstairs=NOBODY)
    sends.close()
    assert Dispatch.objects.get().state == "accepted"
    return one


def carried_on() -> str:
    """What the letter is when a worker has taken what was heard."""
    with role("worker"):
        receipts.carry_on(now=datetime.now(UTC) + timedelta(minutes=1), upstairs=NOBODY)
    return Dispatch.objects.get().state


def post(client: DoorClient, posted: Posted) -> Any:
    parts = urlsplit(posted.url)
    headers = {name: value for name, value in posted.headers.items() if name != "content-type"}
    return client.generic(
        "POST" if posted.body else "GET",
        parts.path + (f"?{parts.query}" if parts.query else ""),
        posted.body,
        content_type=posted.headers.get("content-type", "application/octet-stream"),
        headers=headers,
    )


@pytest.fixture
def notify(settings: Any) -> Iterator[Notify]:
    with notify_service() as running:
        settings.TMC_EMAIL_URL = settings.TMC_TEXT_URL = settings.TMC_TEXT_PROVIDER = ""
        settings.TMC_NOTIFY_API_KEY, settings.TMC_NOTIFY_BASE_URL = KEY, running.url
        settings.TMC_NOTIFY_EMAIL_TEMPLATE, settings.TMC_NOTIFY_TEXT_TEMPLATE = EMAIL_TEMPLATE, TEXT_TEMPLATE
        settings.TMC_NOTIFY_CALLBACK_TOKEN = "t0ken of callbacks"
        yield running


def callback(body: Any, token: str = "t0ken of callbacks") -> Posted:
    headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
    return Posted(f"{ADDRESS}/receipts/notify", headers, json.dumps(body).encode())


@pytest.mark.parametrize(("status", "state"), [("delivered", "delivered"), ("permanent-failure", "failed")])
def test_notifys_receipt_reaches_its_letter(
    client: DoorClient, notify: Notify, status: str, state: str
) -> None:
    one = sent("email", "made.up@example.org")
    assert post(client, callback(notify.receipt(str(one.id), status))).status_code == 204
    assert carried_on() == state


def test_who_does_not_know_the_token_says_nothing_and_is_on_record(
    client: DoorClient, notify: Notify
) -> None:
    one = sent("email", "made.up@example.org")
    for token in ("", "guess"):
        answer = post(client, callback(notify.receipt(str(one.id), "permanent-failure"), token))
        is_problem(answer, 401, "secret, token or signature")
    assert not Heard.objects.exists()
    refusals = Record.objects.filter(action="feed.refused").values_list("detail", flat=True)
    assert [each["problem"] for each in refusals] == ["not-ours", "not-ours"]


def test_what_notify_does_not_post_is_refused_without_repeating_it(
    client: DoorClient, notify: Notify, caplog: pytest.LogCaptureFixture
) -> None:
    answer = post(client, callback({"to": "made.up@example.org", "notification_type": "pigeon"}))
    is_problem(answer, 422, "notification_type")
    assert "example.org" not in answer.content.decode() + caplog.text


@pytest.fixture(params=sorted(PROVIDERS))
def running(request: pytest.FixtureRequest, settings: Any) -> Iterator[Running]:
    with gateway(request.param) as one:
        settings.TMC_NOTIFY_TEXT_TEMPLATE = ""
        settings.TMC_TEXT_PROVIDER, settings.TMC_TEXT_URL = request.param, one.url
        settings.TMC_TEXT_USER, settings.TMC_TEXT_PASSWORD = USER, PASSWORD
        settings.TMC_TEXT_FROM, settings.TMC_TEXT_FROM_NEUTRAL = SENDER, ""
        settings.TMC_TEXT_RECEIPTS_SECRET = SECRET
        yield one


@pytest.mark.parametrize("state", ["delivered", "failed"])
def test_a_text_gateways_receipt_reaches_its_text(
    client: DoorClient, running: Running, settings: Any, state: str
) -> None:
    sent("text", "+447700900123")
    (text,) = running.texts
    url = f"{ADDRESS}/receipts/text/{settings.TMC_TEXT_PROVIDER}"
    assert not text.callback or text.callback.startswith(url)
    posted = running.provider.receipt(text, state, url)
    assert post(client, posted).status_code == 204
    assert post(client, posted).status_code == 204, "twice is as good as once"
    assert carried_on() == state


def test_a_text_gateway_that_is_not_set_up_says_nothing(
    client: DoorClient, running: Running, settings: Any
) -> None:
    other = "vonage" if settings.TMC_TEXT_PROVIDER != "vonage" else "twilio"
    spoken = PROVIDERS[other]()
    text = spoken.take(to="447700900123", body="", sender=SENDER, reference=str(new_id()))
    posted = spoken.receipt(text, "failed", f"{ADDRESS}/receipts/text/{other}")
    is_problem(post(client, posted), 401)
    assert not Heard.objects.exists()


def test_what_people_write_back_is_kept_nowhere(
    client: DoorClient, running: Running, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"{ADDRESS}/receipts/text/{settings.TMC_TEXT_PROVIDER}"
    posted = running.provider.reply("+447700900123", "he is at the door", url)
    if posted is None:
        pytest.skip("it posts no replies")
    assert post(client, posted).status_code == 204
    assert "door" not in caplog.text
    (heard,) = Heard.objects.values()
    assert "door" not in str(heard)
    assert "900123" not in str(heard), "the number only as its keyed hash, until a worker has counted it"
    with role("worker"):
        receipts.carry_on(now=datetime.now(UTC) + timedelta(minutes=1), upstairs=NOBODY)
    assert not Heard.objects.exists()
