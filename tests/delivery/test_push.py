"""Pushes, against a service that verifies the signature and opens them as a browser does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import count
from typing import Any

import pytest

from tests.delivery.letters import letter
from tests.delivery.push_service import PushService, coded, push_service
from trackmycrime.delivery.channels.push import vapid
from trackmycrime.delivery.channels.push.sending import PADDED, PushChannel
from trackmycrime.delivery.channels.push.subscription import WrongSubscription, hosts, read
from trackmycrime.delivery.letters import Letter, Outcome

PRIVATE = vapid.new_private_key()
WORDS = {
    "subject": "TrackMyCrime",
    "body": "Mae gennych ddiweddariad. Darllenwch ef pan fydd yn gyfleus i chi.",
}


@pytest.fixture
def service() -> Iterator[PushService]:
    with push_service(vapid.public_key(PRIVATE)) as made:
        yield made


@pytest.fixture
def channel(service: PushService) -> Iterator[PushChannel]:
    made = PushChannel(PRIVATE, "mailto:push@example.org", hosts(service.host))
    yield made
    made.close()


def to(service: PushService, path: str = "phone", **values: Any) -> Letter:
    address = service.browsers.get(path) or service.browser(path)
    return letter(**{"channel": "push", "address": address.text, "language": "cy", **WORDS, **values})


def test_the_phone_and_nobody_else_can_read_the_words(service: PushService, channel: PushChannel) -> None:
    outcome = channel.send(to(service))
    assert outcome == Outcome("accepted", "201", "message/1")
    assert service.browsers["phone"].shown == [
        {"title": WORDS["subject"], "body": WORDS["body"], "lang": "cy"}
    ]


def test_both_languages_in_one_begin_with_welsh(service: PushService, channel: PushChannel) -> None:
    channel.send(to(service, language="cy+en"))
    assert service.browsers["phone"].shown[0]["lang"] == "cy"


def test_a_phone_that_was_off_for_days_shows_one_and_at_once(
    service: PushService, channel: PushChannel
) -> None:
    channel.send(to(service))
    channel.send(to(service, body="There is more."))
    first, second = service.headers
    assert first["topic"] == second["topic"], "the later one takes the place of the one that waits"
    assert "=" not in first["topic"]
    assert len(first["topic"]) <= 32
    assert first["urgency"] == "high", "a phone that sleeps shows it now, and not hours later"
    assert first["ttl"] == str(72 * 3600)


def test_its_length_says_nothing(service: PushService, channel: PushChannel) -> None:
    for body in ("x", "y" * 300):
        channel.send(to(service, body=body))
    assert len(set(service.lengths)) == 1
    assert service.lengths[0] > PADDED


def test_no_push_arrives_after_the_hour_by_which_it_must(service: PushService, channel: PushChannel) -> None:
    address = read(service.browser().text, hosts(service.host))
    for left in (timedelta(hours=2), timedelta(hours=-2), timedelta(days=30)):
        channel.send(to(service, address=address.by(datetime.now(UTC) + left).text()))
    soon, over, far = (int(headers["ttl"]) for headers in service.headers)
    assert 7100 < soon <= 7200
    assert over == 0, "now or never"
    assert far == 72 * 3600


@pytest.mark.parametrize(
    ("answer", "result", "said"),
    [
        (200, "accepted", "200"),
        (201, "accepted", "201"),
        (404, "never", "gone"),
        (410, "never", "gone"),
        (400, "never", "400"),
        (403, "never", "403"),
        (413, "never", "413"),
        (401, "later", "401"),
        (408, "later", "408"),
        (429, "later", "429"),
        (500, "later", "500"),
        (503, "later", "503"),
    ],
)
def test_what_each_answer_means(
    service: PushService, channel: PushChannel, answer: int, result: str, said: str
) -> None:
    one = to(service)
    service.answers["phone"] = answer
    outcome = channel.send(one)
    assert (outcome.result, outcome.answer) == (result, said)


def test_a_service_that_wants_to_be_left_alone_is(service: PushService, channel: PushChannel) -> None:
    one, at = to(service), datetime.now(UTC)
    waits = []
    for after in ("120", format_datetime(at + timedelta(minutes=30), usegmt=True), "999999999", "soon", "-5"):
        service.answers["phone"] = (429, {"Retry-After": after})
        waits.append(channel.send(one).wait)
    assert waits[0] == timedelta(minutes=2)
    assert waits[1]
    assert timedelta(minutes=29) < waits[1] <= timedelta(minutes=30)
    assert waits[2:] == [timedelta(hours=6), None, None]


def test_no_line_says_by_which_address_a_phone_is_reached(
    service: PushService, channel: PushChannel, caplog: pytest.LogCaptureFixture
) -> None:
    channel.send(to(service))
    assert "http" not in caplog.text


def test_redirects_are_not_followed(service: PushService, channel: PushChannel) -> None:
    one = to(service)
    service.browser("other")
    service.answers["phone"] = (307, {"Location": f"{service.url}/other"})
    assert channel.send(one) == Outcome("never", "307")
    assert service.tried == ["phone"]


def test_a_key_to_which_the_browser_has_not_subscribed_is_refused(service: PushService) -> None:
    other = PushChannel(vapid.new_private_key(), "mailto:push@example.org", hosts(service.host))
    assert other.send(to(service)) == Outcome("never", "403")
    other.close()


def test_a_service_that_is_down_delays(service: PushService) -> None:
    with push_service("") as gone:
        one = to(gone)
    down = PushChannel(PRIVATE, "mailto:push@example.org", hosts(gone.host), connect_timeout=1)
    assert down.send(one) == Outcome("later", "connect-failed")
    down.close()


def test_an_answer_is_not_taken_in_beyond_measure_nor_believed(
    service: PushService, channel: PushChannel
) -> None:
    one = to(service)
    for location in (
        "",
        "https://[",
        "https://push.example.org/m/ä",
        "https://push.example.org/" + "x" * 900,
    ):
        service.answers["phone"] = (201, {"Location": location.encode("utf-8").decode("latin-1")})
        outcome = channel.send(one)
        assert outcome.result == "accepted"
        assert len(outcome.provider_id) <= 200
        assert outcome.provider_id.isascii()


def test_an_answer_that_does_not_end_is_left(service: PushService, channel: PushChannel) -> None:
    service.says = 200 * 1024 * 1024
    assert channel.send(to(service)).result == "accepted"
    assert service.said < service.says / 2


PUBLIC = vapid.public_key(vapid.new_private_key())


def spelled(endpoint: object, public: object = PUBLIC, secret: object = "A" * 22) -> str:
    return json.dumps({"endpoint": endpoint, "keys": {"p256dh": public, "auth": secret}})


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc:def",
        "https://updates.push.services.mozilla.com/wpush/v2/gAAA",
        "https://web.push.apple.com/QABC",
        "https://wns2-par02p.notify.windows.com/w/?token=BQ",
        "https://fcm.googleapis.com:443/fcm/send/abc",
        "https://push.example.org/here",
        "https://push.example.org:8443/here",
        "http://127.0.0.1:9000/here",
    ],
)
def test_push_services_that_are_known_or_named(endpoint: str) -> None:
    allowed = hosts("push.example.org, push.example.org:8443, 127.0.0.1:9000")
    found = read(spelled(endpoint), allowed)
    assert found.endpoint == endpoint
    assert read(found.text(), allowed) == found


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/fcm/send/abc",
        "https://127.0.0.1:9001/here",
        "http://127.0.0.1:9001/here",
        "http://127.0.0.1/here",
        "http://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/x",
        "https://[::1]/x",
        "https://example.org/x",
        "https://fcm.googleapis.com.example.org/x",
        "https://evilfcm.googleapis.com/x",
        "https://example.org@fcm.googleapis.com/x",
        "https://fcm.googleapis.com@example.org/x",
        "https://fcm.googleapis.com:22/x",
        "https://fcm.googleapis.com\\@example.org/x",
        "https://fcm.googleapis.com#@example.org/x",
        "https://notify.windows.com/x",
        "https://.notify.windows.com/x",
        "https://example.org/.notify.windows.com",
        "https://example.org?.notify.windows.com",
        "https://fcm.googleapis.com",
        "https://fcm.googleapis.com/ x",
        "https://fcm.googleapis.com/\r\nX: y",
        "https://fcm.googleapis.cöm/x",
        "file:///etc/passwd",
        "https://fcm.googleapis.com/" + "x" * 1000,
        "",
        None,
        7,
        ["https://fcm.googleapis.com/x"],
    ],
)
def test_nothing_else_is_reached_whatever_a_browser_says(endpoint: object, service: PushService) -> None:
    allowed = hosts("127.0.0.1:9000")
    with pytest.raises(WrongSubscription) as refused:
        read(spelled(endpoint), allowed)
    assert not endpoint or str(endpoint) not in str(refused.value)
    channel = PushChannel(PRIVATE, "mailto:push@example.org", allowed)
    assert channel.send(letter(channel="push", address=spelled(endpoint))) == Outcome(
        "never", "not a push service"
    )
    channel.close()


@pytest.mark.parametrize(
    ("public", "secret"),
    [
        ("", "A" * 22), (PUBLIC, ""), (PUBLIC, "A" * 10), (coded(b"\x04" + b"\1" * 64), "A" * 22),
        (PUBLIC[:40], "A" * 22), (None, "A" * 22), (PUBLIC, 5), ("é", "A" * 22),
    ],
    ids=count(),
)  # fmt: skip
def test_keys_that_are_none(public: object, secret: object) -> None:
    with pytest.raises(WrongSubscription):
        read(spelled("https://fcm.googleapis.com/x", public, secret))


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"x"', "{}", '{"endpoint": "x"}', "[" * 100_000])
def test_what_is_no_subscription(text: str) -> None:
    with pytest.raises(WrongSubscription):
        read(text)


def test_a_key_or_subject_that_cannot_be_read_ends_the_start() -> None:
    for private, subject in ((PRIVATE, "push@example.org"), ("short", "mailto:a@example.org"), (PRIVATE, "")):
        with pytest.raises(ValueError, match="TMC_VAPID_"):
            PushChannel(private, subject)
