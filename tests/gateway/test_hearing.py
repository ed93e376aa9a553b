"""What providers post of letters that they took: known by their secret, kept, and carried on by a worker."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.db import transaction

from tests.alerts.making import NOW, Made, made
from tests.support.doors import door_client, role
from trackmycrime import rounds
from trackmycrime.alerts.api import tell
from trackmycrime.alerts.models import Alert
from trackmycrime.audit.models import Record
from trackmycrime.delivery import providers, receipts, replies, work
from trackmycrime.delivery.letters import Outcome
from trackmycrime.delivery.models import Address, Dispatch, Heard, Reply
from trackmycrime.delivery.settling import Tried
from trackmycrime.delivery.work import Holder
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.ids import new_id
from trackmycrime.tasks.models import Task

pytestmark = pytest.mark.django_db
TOKEN = "a-token-that-is-long-enough-for-a-test"
BEARER = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture(autouse=True)
def set_up(settings: Any) -> None:
    settings.TMC_EMAIL_URL, settings.TMC_TEXT_URL = "smtp://127.0.0.1:1", "http://u:p@127.0.0.1:1"
    settings.TMC_EMAIL_RETURN = "bounce@mail.example.org"
    settings.TMC_MAIL_RECEIPTS_TOKEN = settings.TMC_NOTIFY_CALLBACK_TOKEN = TOKEN
    settings.TMC_TEXT_RECEIPTS_SECRET = TOKEN


def sent(channel: str, **values: Any) -> tuple[Made, Dispatch]:
    """An alert that its provider has taken by this channel."""
    one = made(chosen_channel=channel, **values)
    with transaction.atomic():
        tell(one.force.id, one.news(), now=NOW)
    (letter,) = work.claim(Holder(new_id(), channel), most=9, now=NOW, upstairs=rounds.UPSTAIRS)[0]
    taken = Tried(letter, Outcome("accepted", "200", f"id-{letter.id}"), NOW)
    work.complete([taken], now=NOW, upstairs=rounds.UPSTAIRS)
    return one, Dispatch.objects.get(id=letter.id)


def post(address: str, body: Any, **headers: Any) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return door_client("gateway").post(
        address, raw, content_type="application/json", headers=headers or BEARER
    )


def carry_on() -> None:
    with transaction.atomic(), role("worker"):
        receipts.carry_on(now=utc_now() + timedelta(seconds=1), upstairs=rounds.UPSTAIRS)


def notified(of: Dispatch, status: str) -> dict[str, str]:
    return {
        "id": str(new_id()), "reference": str(of.id), "status": status, "notification_type": "email",
        "completed_at": "2026-11-24T14:05:00Z", "to": "rhian.pritchard@example.org",
    }  # fmt: skip


def test_notify_says_that_a_mail_arrived() -> None:
    _, letter = sent("email")
    answer = post("/receipts/notify", notified(letter, "delivered"))
    assert answer.status_code == 204
    assert Alert.objects.get().state == "sent"
    carry_on()
    assert Alert.objects.get().state == "delivered"


def test_a_text_gateway_says_by_its_own_id_that_a_text_cannot_arrive() -> None:
    one, letter = sent("text")
    said = {"id": letter.provider_id, "status": "failed", "code": "unknown-subscriber"}
    assert post("/receipts/text/plain", said).status_code == 204
    carry_on()
    letter.refresh_from_db()
    assert (letter.state, letter.reason) == ("failed", "bounced failed unknown-subscriber")
    assert Address.objects.get().channel == "text"
    assert Alert.objects.get().channel == "email"
    assert list(Task.objects.values_list("kind", "victim_id")) == [("address_bounced", one.victim.id)]


def test_a_mail_system_posts_what_came_back() -> None:
    _, letter = sent("email")
    returning = providers.returning()
    assert returning is not None
    rcpt = returning.address(letter.id)
    raw = (
        b"From: MAILER-DAEMON@mx.example.org\r\nTo: x\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\n\r\nno\r\n--b\r\n'
        b"Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example.org\r\n\r\n"
        b"Final-Recipient: rfc822; gone@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b--\r\n"
    )
    assert post(f"/receipts/mail?rcpt={quote(rcpt)}&sender=", raw).status_code == 204
    carry_on()
    assert Address.objects.get().state == "bounced"
    assert Alert.objects.get().channel == "text"


def test_stop_by_text_stops_texts_and_asks_an_officer() -> None:
    one, _ = sent("text")
    said = {"id": "in-1", "from": one.victim.mobile, "text": "Stop please"}
    assert post("/receipts/text/plain", said).status_code == 204
    assert one.victim.mobile not in str(list(Heard.objects.values()))
    carry_on()
    assert (Address.objects.get().state, Address.objects.get().channel) == ("unsubscribed", "text")
    assert list(Task.objects.values_list("kind", "victim_id")) == [("agree_another_way", one.victim.id)]
    assert not Heard.objects.exists()
    assert list(Reply.objects.values_list("kind", "unanswered")) == [("unsubscribe", "by text")]


def test_what_people_text_back_is_counted_with_the_letter_and_nothing_of_it_is_kept() -> None:
    one, letter = sent("text")
    said = {"id": "in-1", "from": one.victim.mobile, "text": "canary: he is at the door"}
    stranger = {"id": "in-2", "from": "+447700900999", "text": "who is this"}
    for each in (said, said | {"id": "in-3"}, stranger):
        assert post("/receipts/text/plain", each).status_code == 204
    carry_on()
    counted = Reply.objects.values_list("dispatch_id", "kind", "unanswered")
    assert list(counted) == [(letter.id, "reply", "by text")] * 2, "who never got a text answers none"
    assert replies.figures(one.force.id, since=letter.created_at)["replies"] == 2
    assert "canary" not in str([*Reply.objects.values(), *Heard.objects.values()])
    assert not Address.objects.exists()
    assert not Task.objects.exists()


@pytest.mark.parametrize(
    "address",
    ["/receipts/notify", "/receipts/text/plain", "/receipts/text/other", "/receipts/mail?rcpt=a%40b"],
)
def test_without_the_secret_nothing_is_taken_and_it_is_on_record(address: str) -> None:
    _, letter = sent("email")
    for headers in (
        {"authorization": "Bearer wrong"},
        {"authorization": f"Basic {TOKEN}"},
        {"x-nothing": "1"},
        {"authorization": "Bearer"},
    ):
        answer = post(address, notified(letter, "delivered"), **headers)
        assert (answer.status_code, answer.json()["type"]) == (401, "not-ours")
    assert not Heard.objects.exists()
    refused = Record.objects.filter(action="feed.refused")
    assert [entry.detail["problem"] for entry in refused] == ["not-ours"] * 4


def test_what_is_not_set_up_takes_nothing_whatever_it_bears(settings: Any) -> None:
    settings.TMC_MAIL_RECEIPTS_TOKEN = settings.TMC_NOTIFY_CALLBACK_TOKEN = (
        settings.TMC_TEXT_RECEIPTS_SECRET
    ) = ""
    for address in ("/receipts/notify", "/receipts/text/plain", "/receipts/mail?rcpt=a"):
        for headers in (BEARER, {"authorization": "Bearer "}):
            assert post(address, {}, **headers).status_code == 401


def test_what_cannot_be_read_is_refused_in_words_and_on_record() -> None:
    for address, body, status in (
        ("/receipts/notify", b"{", 422),
        ("/receipts/notify", {"notification_type": "pigeon"}, 422),
        ("/receipts/text/plain", {"status": "failed"}, 422),
        ("/receipts/mail", b"x", 422),
        ("/receipts/notify", b" " * 300_000, 413),
    ):
        answer = post(address, body)
        assert answer.status_code == status
        assert answer["Content-Type"] == "application/problem+json"
    assert Record.objects.filter(action="feed.refused").count() == 5
    assert not Heard.objects.exists()


def test_guessing_the_secret_is_slowed_down() -> None:
    codes = [post("/receipts/notify", {}, authorization=f"Bearer {n}").status_code for n in range(64)]
    assert codes == [401] * 61 + [429] * 3
    assert post("/receipts/notify", {}).status_code == 429


def test_other_methods_are_refused() -> None:
    for method in ("put", "delete", "patch"):
        assert getattr(door_client("gateway"), method)("/receipts/mail").status_code == 405
