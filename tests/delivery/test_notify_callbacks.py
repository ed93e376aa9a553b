"""What GOV.UK Notify posts to us: receipts, and what people write back."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from trackmycrime.delivery.channels.notify import NotifyChannel, Service
from trackmycrime.delivery.channels.notify.receipts import from_asking, genuine, read
from trackmycrime.delivery.hearing import CannotBeRead, Posted, is_stop, number
from trackmycrime.delivery.meaning import loses_the_address

from .letters import letter
from .notify_service import EMAIL_TEMPLATE, KEY, TEXT_TEMPLATE, Notify, notify_service

NOW = datetime(2026, 11, 28, 10, 5, tzinfo=UTC)
URL = "https://gateway.example.org/receipts/notify"


@pytest.fixture(scope="module")
def notify() -> Iterator[Notify]:
    with notify_service() as running:
        yield running


def posted(body: Any, token: str = "t0ken") -> Posted:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Posted(URL, {"content-type": "application/json", "authorization": f"Bearer {token}"}, raw)


def accepted(notify: Notify, channel: str) -> tuple[Any, Any]:
    """A letter that Notify has taken, and how it can be asked."""
    sends = NotifyChannel(
        Service(KEY, notify.url, email_template=EMAIL_TEMPLATE, text_template=TEXT_TEMPLATE)
    )
    sent = letter(channel=channel, **({"address": "+447700900123"} if channel == "text" else {}))
    assert sends.send(sent).result == "accepted"
    return sent, sends


@pytest.mark.parametrize(
    ("status", "result", "loses"),
    [
        ("delivered", "delivered", ""),
        ("permanent-failure", "failed", "bounced"),
        ("temporary-failure", "failed", ""),
        ("technical-failure", "failed", ""),
    ],
)
@pytest.mark.parametrize("channel", ["email", "text"])
def test_a_receipt_names_our_letter_and_says_what_became_of_it(
    notify: Notify, channel: str, status: str, result: str, loses: str
) -> None:
    sent, sends = accepted(notify, channel)
    told = read(posted(notify.receipt(str(sent.id), status)), NOW)
    (receipt,) = told.receipts
    assert (receipt.channel, receipt.dispatch, receipt.result) == (channel, sent.id, result)
    assert receipt.provider_id == notify.kept[-1]["id"]
    assert loses_the_address(receipt.result, receipt.answer) == loses, "only a wrong address is lost"
    assert "example.org" not in receipt.answer
    asked = from_asking(channel, sent.id, sends.ask(sent), NOW)
    assert asked
    assert (asked.result, asked.answer, asked.provider_id) == (result, receipt.answer, receipt.provider_id)


@pytest.mark.parametrize("status", ["created", "sending", "pending", "sent"])
def test_what_has_no_end_yet_is_no_receipt(notify: Notify, status: str) -> None:
    sent, sends = accepted(notify, "text")
    notify.becomes(str(sent.id), status)
    assert from_asking("text", sent.id, sends.ask(sent), NOW) is None
    assert read(posted(notify.receipt(str(sent.id), status)), NOW).receipts == ()


def test_the_token_decides() -> None:
    assert genuine(posted({}), "t0ken")
    assert not genuine(posted({}), "t0ken2")
    assert not genuine(posted({}, token=""), "")
    assert not genuine(Posted(URL, {}, b"{}"), "t0ken")


def test_a_letter_of_another_program_is_nothing_of_ours(notify: Notify) -> None:
    sent, _ = accepted(notify, "email")
    told = notify.receipt(str(sent.id), "delivered")
    assert read(posted(told | {"reference": None}), NOW).receipts == ()
    assert read(posted(told | {"reference": "INV-7"}), NOW).receipts == ()
    assert read(posted(told | {"notification_type": "letter"}), NOW).receipts == ()


def test_stop_is_heard_and_nothing_else_of_what_people_write(notify: Notify) -> None:
    stop = read(posted(notify.hears("+447700900123", "Stop.")), NOW)
    assert (stop.stops, stop.replies) == (("+447700900123",), ())
    other = read(posted(notify.hears("+447700900123", "he has seen this")), NOW)
    assert (other.stops, other.replies, other.receipts) == ((), ("+447700900123",), ())
    assert "seen" not in repr(other)
    assert "900123" not in repr(stop)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"\xff",
        b"[" * 200_000,
        {},
        {"notification_type": "pigeon"},
        {"notification_type": "sms", "id": 7},
    ],
)
def test_what_is_not_as_published_is_refused(body: Any) -> None:
    with pytest.raises(CannotBeRead):
        read(posted(body), NOW)


@pytest.mark.parametrize(
    "text", ["STOP", "stop", " Stop! ", "STOP please", "Unsubscribe", "quit", "ATAL", "stopiwch"]
)
def test_these_say_stop(text: str) -> None:
    assert is_stop(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "!",
        "please don't stop writing",
        "stop him he is here",
        "end this please",
        "help",
        "yes",
        "STOP999x y z w",
    ],
)
def test_these_do_not(text: str) -> None:
    assert not is_stop(text)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("447700900123", "+447700900123"),
        ("+447700900123", "+447700900123"),
        ("07700900123", "+447700900123"),
        ("POLICE", ""),
        ("60006", ""),
        ("", ""),
    ],
)
def test_a_number_is_known_however_it_is_written(text: str, known: str) -> None:
    assert number(text) == known
