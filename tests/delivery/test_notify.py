"""GOV.UK Notify by its official client: what is asked of it, and what each of its published answers means."""

import logging
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from trackmycrime.delivery.channels.notify import NotifyChannel, Service
from trackmycrime.delivery.letters import Letter

from .letters import letter
from .notify_service import (
    BROKEN,
    DAILY,
    EMAIL_TEMPLATE,
    HANG,
    KEY,
    NEUTRAL_KEY,
    NEUTRAL_SENDER,
    NEUTRAL_SERVICE,
    NEUTRAL_TEMPLATE,
    RATE,
    REPLY_TO,
    RESET,
    RESET_UNREAD,
    SENDER,
    TEAM_ONLY,
    TEXT_TEMPLATE,
    TRIAL,
    Notify,
    error,
    notify_service,
)


def text(**values: Any) -> Letter:
    said = {"channel": "text", "address": "+447700900123", "subject": None, "body": "You have an update. Tŷ!"}
    return letter(**(said | values))


@pytest.fixture
def notify() -> Iterator[Notify]:
    with notify_service() as running:
        yield running


def service(notify: Notify, **values: str) -> Service:
    ids = {"email_template": EMAIL_TEMPLATE, "text_template": TEXT_TEMPLATE}
    return Service(KEY, notify.url, **(ids | values))


@pytest.fixture
def channel(notify: Notify) -> Iterator[NotifyChannel]:
    made = NotifyChannel(service(notify), timeout=10)
    yield made
    made.close()


@pytest.fixture
def impatient(notify: Notify) -> Iterator[NotifyChannel]:
    made = NotifyChannel(service(notify), timeout=1)
    yield made
    made.close()


def test_a_mail_goes_out_with_our_words_and_our_reference(notify: Notify) -> None:
    sent = letter()
    channel = NotifyChannel(
        service(notify, reply_to=REPLY_TO), one_click=lambda id_: f"https://example.org/{id_}"
    )
    outcome = channel.send(sent)
    assert (outcome.result, outcome.answer) == ("accepted", "201")
    [kept] = notify.kept
    assert outcome.provider_id == kept["id"]
    assert notify.requests == [
        (
            "POST",
            "/v2/notifications/email",
            {
                "email_address": sent.address,
                "template_id": EMAIL_TEMPLATE,
                "personalisation": {"subject": sent.subject, "body": sent.body},
                "reference": str(sent.id),
                "email_reply_to_id": REPLY_TO,
                "one_click_unsubscribe_url": f"https://example.org/{sent.id}",
            },
        )
    ]
    channel.close()


def test_a_text_goes_out_with_our_words_and_our_reference(notify: Notify) -> None:
    sent = text()
    assert NotifyChannel(service(notify, text_sender=SENDER)).send(sent).result == "accepted"
    assert notify.requests == [
        (
            "POST",
            "/v2/notifications/sms",
            {
                "phone_number": "+447700900123",
                "template_id": TEXT_TEMPLATE,
                "personalisation": {"body": sent.body},
                "reference": str(sent.id),
                "sms_sender_id": SENDER,
            },
        )
    ]


def test_only_alerts_can_be_unsubscribed_from(notify: Notify) -> None:
    channel = NotifyChannel(service(notify), one_click=lambda id_: f"https://example.org/{id_}")
    channel.send(letter(purpose="invitation"))
    assert "one_click_unsubscribe_url" not in notify.kept[0]


def test_a_disguised_letter_goes_under_the_neutral_sender_or_not_at_all(notify: Notify) -> None:
    plain = NotifyChannel(service(notify, reply_to=REPLY_TO, text_sender=SENDER))
    for one in (text(disguised=True), letter(disguised=True)):
        assert (plain.send(one).result, plain.send(one).answer) == ("never", "no-neutral-sender")
    assert notify.requests == []
    disguising = NotifyChannel(
        service(
            notify,
            reply_to=REPLY_TO,
            text_sender=SENDER,
            neutral_text_sender=NEUTRAL_SENDER,
            neutral_key=NEUTRAL_KEY,
            neutral_email_template=NEUTRAL_TEMPLATE,
        ),
        one_click=lambda id_: f"https://police.example.org/{id_}",
    )
    sms, mail = text(disguised=True), letter(disguised=True)
    assert disguising.send(sms).result == "accepted"
    assert disguising.send(mail).result == "accepted"
    assert notify.kept[0]["sms_sender_id"] == NEUTRAL_SENDER
    assert (notify.kept[1]["service"], notify.kept[1]["template_id"]) == (NEUTRAL_SERVICE, NEUTRAL_TEMPLATE)
    assert not {"email_reply_to_id", "one_click_unsubscribe_url"} & set(notify.kept[1])
    for one in (sms, mail):
        assert getattr(disguising.ask(one), "result", "") == "accepted", "each is asked for where it was sent"


def test_one_connection_is_kept_for_sending_and_asking(notify: Notify, channel: NotifyChannel) -> None:
    for _ in range(3):
        assert channel.send(text()).result == "accepted"
    channel.ask(text())
    assert len(notify.connections) == 1


@pytest.mark.parametrize(
    ("said", "result"),
    [
        (error(400, "ValidationError", "phone_number Not a UK mobile number"), "never"),
        (error(400, "BadRequestError", "Cannot send to international mobile numbers"), "never"),
        (error(400, "BadRequestError", "Text messages cannot be longer than 918 characters."), "never"),
        (error(400, "SomethingNew", "07700 900123 is on a list"), "never"),
        ((400, b"not json"), "never"),
        ((400, {"errors": "no list"}), "never"),
        (TEAM_ONLY, "later"),
        (TRIAL, "later"),
        (error(400, "ValidationError", "template_id is not a valid UUID"), "later"),
        (error(400, "BadRequestError", "Missing personalisation: body"), "later"),
        (error(400, "BadRequestError", "Service is not allowed to send text messages"), "later"),
        (error(403, "AuthError", "Invalid token: API key not found"), "later"),
        (error(404, "NoResultFound", "No result found"), "later"),
        (RATE, "later"),
        (DAILY, "later"),
        (error(503, "ServiceUnavailable", "try again"), "later"),
        (BROKEN, "unclear"),
        ((502, b"<html>"), "unclear"),
        ((504, b""), "unclear"),
        ((302, b""), "later"),
        ((200, b"<html>a page of somebody's network</html>"), "unclear"),
        ((201, ["no object"]), "unclear"),
        (RESET, "unclear"),
        (RESET_UNREAD, "unclear"),
    ],
)
def test_what_an_answer_means(
    notify: Notify, channel: NotifyChannel, said: Any, result: str, caplog: pytest.LogCaptureFixture
) -> None:
    notify.rule = lambda asked: said
    with caplog.at_level(logging.INFO):
        outcome = channel.send(text())
    assert outcome.result == result
    assert outcome.nobody == ("phone_number" in outcome.answer), "only who says so loses a number"
    assert "900123" not in outcome.answer + caplog.text.replace(" ", "")
    notify.rule = None
    assert channel.send(text()).result == "accepted"


def test_no_answer_is_unclear_and_waited_for_no_longer_than_was_set(
    notify: Notify, impatient: NotifyChannel
) -> None:
    notify.rule = lambda asked: HANG
    outcome = impatient.send(text())
    assert (outcome.result, outcome.answer) == ("unclear", "timeout")
    notify.rule = None
    assert impatient.send(text()).result == "accepted"


def test_what_was_written_to_notify_goes_nowhere_else(notify: Notify, channel: NotifyChannel) -> None:
    notify.rule = lambda asked: (307, b"")
    assert channel.send(text()).result == "later"
    assert [path for _, path, _ in notify.requests] == ["/v2/notifications/sms"]


def test_the_days_limit_holds_until_midnight(notify: Notify) -> None:
    now = datetime(2026, 11, 28, 22, 40, tzinfo=UTC)
    notify.rule = lambda asked: DAILY
    outcome = NotifyChannel(service(notify), clock=lambda: now).send(text())
    assert (outcome.result, outcome.wait) == ("later", timedelta(hours=1, minutes=20))
    notify.rule = lambda asked: RATE
    assert NotifyChannel(service(notify), clock=lambda: now).send(text()).wait is None


def test_a_clock_or_a_key_that_is_wrong_is_not_held_against_the_letter(notify: Notify) -> None:
    notify.skew = 31
    outcome = NotifyChannel(service(notify)).send(text())
    assert (outcome.result, outcome.answer) == ("later", "403 AuthError")
    notify.skew = 0
    other = Service(KEY[:-1] + "1", notify.url, text_template=TEXT_TEMPLATE)
    assert NotifyChannel(other).send(text()).result == "later"
    assert notify.kept == []


def test_nobody_there_is_a_passing_failure() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    channel = NotifyChannel(Service(KEY, f"http://127.0.0.1:{port}", text_template=TEXT_TEMPLATE))
    assert channel.send(text()).answer == "connect-failed"
    asked = channel.ask(text())
    assert asked
    assert asked.result == "unclear", "who cannot be reached has not said that it never got it"


@pytest.mark.parametrize(
    ("status", "result"),
    [
        ("created", "accepted"),
        ("sending", "accepted"),
        ("pending", "accepted"),
        ("sent", "accepted"),
        ("delivered", "accepted"),
        ("permanent-failure", "never"),
        ("temporary-failure", "later"),
        ("technical-failure", "later"),
        ("a-state-of-tomorrow", "accepted"),
    ],
)
def test_what_notify_says_when_it_is_asked(
    notify: Notify, channel: NotifyChannel, status: str, result: str
) -> None:
    sent = text()
    notify.rule = lambda asked: RESET
    assert channel.send(sent).result == "unclear"
    notify.becomes(str(sent.id), status)
    asked = channel.ask(sent)
    assert asked
    assert (asked.result, asked.answer, asked.provider_id) == (result, status, notify.kept[0]["id"])
    assert asked.nobody == (status == "permanent-failure")


def test_notify_says_that_it_never_got_a_letter(notify: Notify, channel: NotifyChannel) -> None:
    sent = text()
    notify.rule = lambda asked: RESET_UNREAD
    assert channel.send(sent).result == "unclear"
    assert channel.ask(sent) is None


@pytest.mark.parametrize("said", [RATE, BROKEN, (200, b"no json"), (200, {}), (200, []), RESET])
def test_an_answer_that_says_nothing_is_no_answer(notify: Notify, channel: NotifyChannel, said: Any) -> None:
    channel.send(sent := text())
    notify.ask_rule = lambda: said
    asked = channel.ask(sent)
    assert asked
    assert asked.result == "unclear"


def test_of_two_tries_the_one_that_is_on_its_way_counts(notify: Notify, channel: NotifyChannel) -> None:
    sent = text()
    channel.send(sent)
    notify.becomes(str(sent.id), "technical-failure")
    assert getattr(channel.ask(sent), "result", "") == "later"
    channel.send(sent)
    notify.becomes(str(sent.id), "delivered")
    assert getattr(channel.ask(sent), "answer", "") == "delivered"


def test_senders_side_by_side_keep_a_connection_each(notify: Notify) -> None:
    notify.seconds = 0.02

    def sends() -> None:
        channel = NotifyChannel(service(notify))
        for _ in range(5):
            assert channel.send(text()).result == "accepted"
        channel.close()

    threads = [threading.Thread(target=sends) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(notify.kept) == 40
    assert len(notify.connections) == 8


@pytest.mark.parametrize(
    ("values", "names"),
    [
        ({"key": "secret-word"}, "TMC_NOTIFY_API_KEY"),
        ({"base_url": "api.example.org"}, "TMC_NOTIFY_BASE_URL"),
        ({"email_template": "alert"}, "TMC_NOTIFY_EMAIL_TEMPLATE"),
        ({"text_template": "alert"}, "TMC_NOTIFY_TEXT_TEMPLATE"),
        ({"reply_to": "me@example.org"}, "TMC_NOTIFY_REPLY_TO"),
        ({"text_sender": "POLICE"}, "TMC_NOTIFY_TEXT_SENDER"),
        ({"neutral_text_sender": "POST"}, "TMC_NOTIFY_NEUTRAL_TEXT_SENDER"),
        ({"neutral_key": "secret-word"}, "TMC_NOTIFY_NEUTRAL_API_KEY"),
        ({"neutral_email_template": EMAIL_TEMPLATE}, "set both, or neither"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named(values: dict[str, str], names: str) -> None:
    with pytest.raises(ValueError, match=names) as wrong:
        Service(**({"key": KEY} | values))
    assert "secret-word" not in str(wrong.value)


def test_a_service_shows_no_key() -> None:
    assert KEY[-36:] not in repr(Service(KEY))
