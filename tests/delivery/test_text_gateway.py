"""Texts over a plain HTTP gateway: what is asked of it, and what each of its answers means."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from trackmycrime.delivery.channels.text_gateway import PLAIN, Account, TextGatewayChannel
from trackmycrime.delivery.channels.text_gateway.mapping import load

from .counterparts import HANG, RESET, Gateway, text_gateway
from .letters import letter


def text(**values: Any) -> Any:
    return letter(
        channel="text", address="+447700900123", subject=None, body="You have an update. Tŷ!", **values
    )


def plain(url: str, **options: Any) -> TextGatewayChannel:
    return TextGatewayChannel(load(PLAIN), Account(base=url), **options)


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with text_gateway() as running:
        yield running


@pytest.fixture
def channel(gateway: Gateway) -> Iterator[TextGatewayChannel]:
    made = plain(gateway.url, timeout=10)
    yield made
    made.close()


@pytest.fixture
def impatient(gateway: Gateway) -> Iterator[TextGatewayChannel]:
    made = plain(gateway.url, timeout=1)
    yield made
    made.close()


def test_a_text_arrives_with_our_reference(gateway: Gateway, channel: TextGatewayChannel) -> None:
    sent = text()
    outcome = channel.send(sent)
    assert (outcome.result, outcome.answer, outcome.provider_id) == ("accepted", "202", "gw-0")
    assert gateway.texts == [
        {"to": "+447700900123", "text": "You have an update. Tŷ!", "reference": str(sent.id)}
    ]


def test_one_connection_is_kept(gateway: Gateway, channel: TextGatewayChannel) -> None:
    for _ in range(3):
        channel.send(text())
    assert len(gateway.connections) == 1


@pytest.mark.parametrize(
    ("said", "result"),
    [
        ((200, {"id": 7}), "accepted"),
        ((201, b"not json"), "accepted"),
        ((202, ["no object"]), "accepted"),
        ((400, {"error": "+447700900123 is no number"}), "never"),
        ((403, {}), "never"),
        ((404, {}), "never"),
        ((422, {}), "never"),
        ((401, {}), "later"),
        ((408, {}), "later"),
        ((429, {}), "later"),
        ((500, {}), "later"),
        ((502, {}), "later"),
        ((503, {}), "later"),
        ((302, {}), "later"),
    ],
)
def test_what_an_answer_means(gateway: Gateway, channel: TextGatewayChannel, said: Any, result: str) -> None:
    gateway.rule = lambda text: said
    outcome = channel.send(text())
    assert outcome.result == result
    assert "447700" not in outcome.answer
    gateway.rule = None
    assert channel.send(text()).result == "accepted"


def test_a_connection_that_breaks_after_the_text_is_unclear_at_once(
    gateway: Gateway, channel: TextGatewayChannel
) -> None:
    gateway.rule = lambda text: RESET
    outcome = channel.send(text())
    assert (outcome.result, outcome.answer) == ("unclear", "lost")


def test_no_answer_is_unclear_and_waited_for_no_longer_than_was_set(
    gateway: Gateway, impatient: TextGatewayChannel
) -> None:
    gateway.rule = lambda text: HANG
    outcome = impatient.send(text())
    assert (outcome.result, outcome.answer) == ("unclear", "timeout")
    gateway.rule = None
    assert impatient.send(text()).result == "accepted"


def test_nobody_there_is_a_passing_failure() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert plain(f"http://127.0.0.1:{port}/").send(text()).result == "later"


def test_a_login_goes_into_the_header_and_not_into_the_address(gateway: Gateway) -> None:
    url = gateway.url.replace("http://", "http://tmc:p%40ss@")
    channel = plain(url)
    assert channel.send(text()).result == "accepted"
    assert gateway.logins == ["Basic dG1jOnBAc3M="]
    assert "p%40ss" not in str(channel._url)


@pytest.mark.parametrize(
    "url", ["smtp://example.org", "https://", "example.org", "", "http://example.org:x/"]
)
def test_an_address_that_is_none(url: str) -> None:
    with pytest.raises(ValueError):
        plain(url)
