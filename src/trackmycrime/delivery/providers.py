"""Which channels this installation has, from its settings."""

from django.conf import settings

from trackmycrime.kernel import crypto

from . import pushing, unsubscribing
from .channels import Channel
from .channels.smtp import SmtpChannel
from .channels.smtp.message import Letterhead
from .channels.smtp.returning import Returning
from .channels.text_gateway import TextGatewayChannel


def set_up() -> frozenset[str]:
    """The channels that have an address. Doors know the address without its password, which is enough to say."""
    addresses = {"email": settings.TMC_EMAIL_URL, "text": settings.TMC_TEXT_URL, "push": pushing.is_set_up()}
    return frozenset(name for name, address in addresses.items() if address)


def opened(channel: str) -> Channel:
    """A new sender for one thread. Raises ValueError for a setting that cannot be read, and KeyError for a channel
    that is not set up."""
    if channel not in set_up():
        raise KeyError(f"{channel} is not set up")
    if channel == "email":
        return SmtpChannel(settings.TMC_EMAIL_URL, letterhead())
    if channel == "push":
        return pushing.opened()
    return TextGatewayChannel(settings.TMC_TEXT_URL)


def askable(channel: str) -> bool:
    """Whether that channel's provider can be asked what became of a letter. Raises as `opened`."""
    sender = opened(channel)
    sender.close()
    return sender.askable


def returning() -> Returning | None:
    """The return addresses of our letters; None where none is set. Raises ValueError for a setting that is none."""
    if not settings.TMC_EMAIL_RETURN:
        return None
    return Returning.read(settings.TMC_EMAIL_RETURN, crypto.derive("return-address"))


def letterhead() -> Letterhead:
    """Whom our mail is from and how it comes back. Raises ValueError for a setting that cannot be read."""
    portal = settings.TMC_PORTAL_URL.rstrip("/")
    return Letterhead.read(
        settings.TMC_EMAIL_FROM,
        settings.TMC_EMAIL_FROM_NEUTRAL,
        returning=returning(),
        # RFC 8058 asks for https: at anything else a mail program does not press the button
        one_click=(lambda letter: f"{portal}/unsubscribe/{unsubscribing.token(letter)}")
        if portal.startswith("https:")
        else None,
    )
