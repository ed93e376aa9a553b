"""Which channels this installation has, and by which provider each of them sends, from its settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings

from trackmycrime.kernel import crypto

from . import pushing, unsubscribing
from .channels import Channel
from .channels.smtp import SmtpChannel
from .channels.smtp.message import Letterhead
from .channels.smtp.returning import Returning
from .channels.text_gateway import TextGatewayChannel


@dataclass(frozen=True)
class _Provider:
    """One way to send by a channel. `setting` chooses it; doors know its value without any secret."""

    setting: str
    opened: Callable[[], Channel]
    is_set_up: Callable[[], bool] | None = None
    """Where there is more to it than whether `setting` has a value"""

    def chosen(self) -> bool:
        return self.is_set_up() if self.is_set_up else bool(getattr(settings, self.setting))


def _notify() -> Channel:
    # here, because the doors never send, and what it stands on takes a fifth of a second to load
    from .channels.notify import BASE_URL, NotifyChannel, Service

    service = Service(
        settings.TMC_NOTIFY_API_KEY,
        settings.TMC_NOTIFY_BASE_URL or BASE_URL,
        email_template=settings.TMC_NOTIFY_EMAIL_TEMPLATE,
        text_template=settings.TMC_NOTIFY_TEXT_TEMPLATE,
        reply_to=settings.TMC_NOTIFY_REPLY_TO,
        text_sender=settings.TMC_NOTIFY_TEXT_SENDER,
        neutral_text_sender=settings.TMC_NOTIFY_NEUTRAL_TEXT_SENDER,
        neutral_key=settings.TMC_NOTIFY_NEUTRAL_API_KEY,
        neutral_email_template=settings.TMC_NOTIFY_NEUTRAL_EMAIL_TEMPLATE,
    )
    return NotifyChannel(service, one_click=one_click())


_PROVIDERS: Mapping[str, tuple[_Provider, ...]] = {
    "email": (
        _Provider("TMC_EMAIL_URL", lambda: SmtpChannel(settings.TMC_EMAIL_URL, letterhead())),
        _Provider("TMC_NOTIFY_EMAIL_TEMPLATE", _notify),
    ),
    "text": (
        _Provider("TMC_TEXT_URL", lambda: TextGatewayChannel(settings.TMC_TEXT_URL)),
        _Provider("TMC_NOTIFY_TEXT_TEMPLATE", _notify),
    ),
    "push": (_Provider("TMC_VAPID_PRIVATE_KEY", pushing.opened, pushing.is_set_up),),
}


def _given(channel: str) -> list[_Provider]:
    return [one for one in _PROVIDERS.get(channel, ()) if one.chosen()]


def set_up() -> frozenset[str]:
    """The channels that have a provider. Doors know which without its secrets, which is enough to say."""
    return frozenset(channel for channel in _PROVIDERS if _given(channel))


def opened(channel: str) -> Channel:
    """A new sender for one thread. Raises ValueError for a setting that cannot be read, or where two providers are
    given, and KeyError for a channel that is not set up."""
    given = _given(channel)
    if not given:
        raise KeyError(f"{channel} is not set up")
    if len(given) > 1:
        names = " and ".join(one.setting for one in given)
        raise ValueError(f"{names} are both set, and only one of them can send by {channel}: take one away")
    return given[0].opened()


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
    return Letterhead.read(
        settings.TMC_EMAIL_FROM,
        settings.TMC_EMAIL_FROM_NEUTRAL,
        returning=returning(),
        one_click=one_click(),
    )


def one_click() -> Callable[[UUID], str] | None:
    """Gives the address at which the receiver of a letter says «no more»; None where the portal has no https address:
    RFC 8058 asks for it, and at anything else a mail program does not press the button."""
    portal = settings.TMC_PORTAL_URL.rstrip("/")
    if not portal.startswith("https:"):
        return None
    return lambda letter: f"{portal}/unsubscribe/{unsubscribing.token(letter)}"
