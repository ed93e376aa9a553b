"""Which channels this installation has, from its settings."""

from django.conf import settings

from .channels import Channel
from .channels.smtp import SmtpChannel
from .channels.text_gateway import TextGatewayChannel


def set_up() -> frozenset[str]:
    """The channels that have an address. Doors know the address without its password, which is enough to say."""
    addresses = {"email": settings.TMC_EMAIL_URL, "text": settings.TMC_TEXT_URL}
    return frozenset(name for name, address in addresses.items() if address)


def opened(channel: str) -> Channel:
    """A new sender for one thread. Raises ValueError for a setting that cannot be read, and KeyError for a channel
    that is not set up."""
    if channel not in set_up():
        raise KeyError(f"{channel} is not set up")
    if channel == "email":
        return SmtpChannel(settings.TMC_EMAIL_URL, settings.TMC_EMAIL_FROM)
    return TextGatewayChannel(settings.TMC_TEXT_URL)
