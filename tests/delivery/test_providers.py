"""Which channels are set up, and by which provider each of them sends."""

from typing import Any

import pytest

from trackmycrime.delivery import providers
from trackmycrime.delivery.channels.notify import NotifyChannel
from trackmycrime.delivery.channels.smtp import SmtpChannel
from trackmycrime.delivery.channels.text_gateway import TextGatewayChannel

from .notify_service import EMAIL_TEMPLATE, KEY, TEXT_TEMPLATE


@pytest.fixture(autouse=True)
def nothing_set_up(settings: Any) -> None:
    for name in (
        "TMC_EMAIL_URL",
        "TMC_TEXT_URL",
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
