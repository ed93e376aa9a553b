"""Which channels are set up, and by which provider each of them sends."""

from datetime import UTC, datetime
from typing import Any

import pytest

from trackmycrime.delivery import providers
from trackmycrime.delivery.channels.notify import NotifyChannel
from trackmycrime.delivery.channels.smtp import SmtpChannel
from trackmycrime.delivery.channels.text_gateway import TextGatewayChannel
from trackmycrime.delivery.hearing import CannotBeRead, Posted

from .notify_service import EMAIL_TEMPLATE, KEY, TEXT_TEMPLATE


@pytest.fixture(autouse=True)
def nothing_set_up(settings: Any) -> None:
    for name in (
        "TMC_EMAIL_URL",
        "TMC_TEXT_URL",
        "TMC_TEXT_PROVIDER",
        "TMC_NOTIFY_API_KEY",
        "TMC_NOTIFY_EMAIL_TEMPLATE",
        "TMC_NOTIFY_TEXT_TEMPLATE",
    ):
        setattr(settings, name, "")


def test_a_door_knows_what_is_set_up_without_any_secret(settings: Any) -> None:
    assert not {"email", "text"} & providers.set_up()
    settings.TMC_NOTIFY_EMAIL_TEMPLATE = EMAIL_TEMPLATE
    assert "email" in providers.set_up()
    settings.TMC_TEXT_URL = "https://texts.example.org/send"
    assert {"email", "text"} <= providers.set_up()


def test_each_channel_has_the_provider_that_is_set(settings: Any) -> None:
    settings.TMC_EMAIL_URL, settings.TMC_TEXT_URL = "smtp://127.0.0.1:1", "http://127.0.0.1:1/"
    assert isinstance(providers.opened("email"), SmtpChannel)
    assert isinstance(providers.opened("text"), TextGatewayChannel)
    settings.TMC_EMAIL_URL = settings.TMC_TEXT_URL = ""
    settings.TMC_NOTIFY_API_KEY = KEY
    settings.TMC_NOTIFY_EMAIL_TEMPLATE, settings.TMC_NOTIFY_TEXT_TEMPLATE = EMAIL_TEMPLATE, TEXT_TEMPLATE
    assert isinstance(providers.opened("email"), NotifyChannel)
    assert isinstance(providers.opened("text"), NotifyChannel)


def test_two_providers_for_one_channel_are_refused(settings: Any) -> None:
    settings.TMC_TEXT_URL, settings.TMC_NOTIFY_TEXT_TEMPLATE = "http://127.0.0.1:1/", TEXT_TEMPLATE
    with pytest.raises(ValueError, match="TMC_TEXT_URL and TMC_NOTIFY_TEXT_TEMPLATE are both set"):
        providers.opened("text")


def test_notify_without_its_key_is_refused(settings: Any) -> None:
    settings.TMC_NOTIFY_TEXT_TEMPLATE = TEXT_TEMPLATE
    with pytest.raises(ValueError, match="TMC_NOTIFY_API_KEY"):
        providers.opened("text")


def test_what_is_not_set_up_cannot_be_opened() -> None:
    with pytest.raises(KeyError):
        providers.opened("text")


def posted(provider: str, **headers: str) -> Posted:
    body = b'{"reference": "0199c0de-0000-7000-8000-000000000001", "status": "delivered"}'
    return Posted(f"https://gateway.example.org/receipts/{provider}", headers, body)


def test_receipts_of_a_text_gateway_are_heard_from_the_one_that_is_set_up(settings: Any) -> None:
    now = datetime(2026, 11, 28, tzinfo=UTC)
    settings.TMC_TEXT_URL, settings.TMC_TEXT_RECEIPTS_SECRET = "https://texts.example.org/", "s3cret"
    genuine = {"authorization": "Bearer s3cret"}
    told = providers.heard_from("text/plain", posted("text/plain", **genuine), now)
    assert told
    assert [one.result for one in told.receipts] == ["delivered"]
    assert providers.heard_from("text/plain", posted("text/plain"), now) is None
    assert providers.heard_from("text/twilio", posted("text/twilio", **genuine), now) is None
    assert providers.heard_from("pigeon", posted("pigeon", **genuine), now) is None
    settings.TMC_TEXT_URL = ""
    assert providers.heard_from("text/plain", posted("text/plain", **genuine), now) is None


def test_notify_is_heard_by_the_token_that_it_was_given(settings: Any) -> None:
    now = datetime(2026, 11, 28, tzinfo=UTC)
    settings.TMC_NOTIFY_CALLBACK_TOKEN = ""
    assert providers.heard_from("notify", posted("notify", authorization="Bearer "), now) is None
    settings.TMC_NOTIFY_CALLBACK_TOKEN = "t0ken"
    assert providers.heard_from("notify", posted("notify", authorization="Bearer other"), now) is None
    with pytest.raises(CannotBeRead):
        providers.heard_from("notify", posted("notify", authorization="Bearer t0ken"), now)


def test_a_gateway_elsewhere_is_not_told_an_address_of_this_machine(settings: Any) -> None:
    settings.TMC_TEXT_PROVIDER, settings.TMC_TEXT_RECEIPTS_SECRET = "textlocal", "s3&cret"
    settings.TMC_TEXT_FROM, settings.TMC_TEXT_PASSWORD = "Updates", "key"

    def told() -> str:
        channel = providers.opened("text")
        assert isinstance(channel, TextGatewayChannel)
        return channel._account.receipts

    settings.TMC_GATEWAY_URL = "http://127.0.0.1:8002"
    assert told() == ""
    settings.TMC_GATEWAY_URL = "https://gateway.example.org"
    assert told() == "https://gateway.example.org/receipts/text/textlocal?token=s3%26cret"


def test_a_gateway_that_lacks_a_setting_is_refused_with_its_name(settings: Any) -> None:
    settings.TMC_TEXT_PROVIDER = "twilio"
    with pytest.raises(ValueError, match=r"TMC_TEXT_USER: the Account SID"):
        providers.opened("text")
    settings.TMC_TEXT_PROVIDER = "pigeon"
    with pytest.raises(ValueError, match="«pigeon»"):
        providers.opened("text")
