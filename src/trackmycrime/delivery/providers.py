"""Which channels this installation has, and by which provider each of them sends, from its settings."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings

from trackmycrime.kernel import crypto

from . import pushing, unsubscribing
from .channels import Channel
from .channels.smtp import SmtpChannel
from .channels.smtp.message import Letterhead
from .channels.smtp.returning import Returning
from .channels.text_gateway import PLAIN, Account, TextGatewayChannel
from .channels.text_gateway import receipts as text_receipts
from .channels.text_gateway.mapping import TextGateway, load
from .hearing import Posted, Told

if TYPE_CHECKING:
    from .channels.notify import NotifyChannel


@dataclass(frozen=True)
class _Provider:
    """One way to send by a channel. `setting` chooses it; doors know its value without any secret."""

    setting: str
    opened: Callable[[], Channel]
    is_set_up: Callable[[], bool] | None = None
    """Where there is more to it than whether `setting` has a value"""
    hides_by: str = ""
    """The setting with which it can hide who writes; doors know its value too. Empty: it cannot"""
    shows: str = ""
    """The setting that says from whom its letters are; empty: the provider itself decides"""

    def chosen(self) -> bool:
        return self.is_set_up() if self.is_set_up else bool(getattr(settings, self.setting))


def notify() -> "NotifyChannel":
    """A new sender by GOV.UK Notify. Raises ValueError for a setting that cannot be read."""
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
        postage=settings.TMC_NOTIFY_LETTERS,
    )
    return NotifyChannel(service, one_click=one_click())


_THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


def text_gateway() -> TextGateway:
    """How to speak to the gateway that is chosen. Raises ValueError for one that is none, or lacks ids or receipts."""
    return load(settings.TMC_TEXT_PROVIDER or PLAIN)


def _text_gateway() -> Channel:
    gateway = text_gateway()
    account = Account(
        settings.TMC_TEXT_URL,
        settings.TMC_TEXT_USER,
        settings.TMC_TEXT_PASSWORD,
        settings.TMC_TEXT_FROM,
        settings.TMC_TEXT_FROM_NEUTRAL,
        _receipts_address(gateway),
    )
    return TextGatewayChannel(gateway, account)


def _receipts_address(gateway: TextGateway) -> str:
    """Where the gateway posts its receipts, with the secret where that is how it shows who it is; empty where it cannot
    reach us: it is elsewhere, and we are known by an address of this machine only."""
    ours, theirs = (urlsplit(url).hostname for url in (settings.TMC_GATEWAY_URL, settings.TMC_TEXT_URL))
    if not ours or (ours in _THIS_MACHINE and theirs not in _THIS_MACHINE):
        return ""
    address = f"{settings.TMC_GATEWAY_URL.rstrip('/')}/receipts/text/{gateway.name}"
    return text_receipts.with_secret(gateway, address, settings.TMC_TEXT_RECEIPTS_SECRET)


_PROVIDERS: Mapping[str, tuple[_Provider, ...]] = {
    "email": (
        _Provider(
            "TMC_EMAIL_URL",
            lambda: SmtpChannel(settings.TMC_EMAIL_URL, letterhead()),
            hides_by="TMC_EMAIL_FROM_NEUTRAL",
            shows="TMC_EMAIL_FROM",
        ),
        _Provider("TMC_NOTIFY_EMAIL_TEMPLATE", notify, hides_by="TMC_NOTIFY_NEUTRAL_EMAIL_TEMPLATE"),
    ),
    "text": (
        _Provider(
            "TMC_TEXT_URL",
            _text_gateway,
            lambda: bool(settings.TMC_TEXT_URL or settings.TMC_TEXT_PROVIDER),
            hides_by="TMC_TEXT_FROM_NEUTRAL",
            shows="TMC_TEXT_FROM",
        ),
        _Provider(
            "TMC_NOTIFY_TEXT_TEMPLATE",
            notify,
            hides_by="TMC_NOTIFY_NEUTRAL_TEXT_SENDER",
            shows="TMC_NOTIFY_TEXT_SENDER",
        ),
    ),
    "push": (_Provider("TMC_VAPID_PRIVATE_KEY", pushing.opened, pushing.is_set_up),),
    "letter": (_Provider("TMC_NOTIFY_LETTERS", notify),),
}


def _given(channel: str) -> list[_Provider]:
    return [one for one in _PROVIDERS.get(channel, ()) if one.chosen()]


def set_up() -> frozenset[str]:
    """The channels that have a provider. Doors know which without its secrets, which is enough to say."""
    return frozenset(channel for channel in _PROVIDERS if _given(channel))


def neutral() -> frozenset[str]:
    """The channels that can hide who writes: those whose provider has a neutral sender."""
    return frozenset(
        channel
        for channel in _PROVIDERS
        if any(one.hides_by and getattr(settings, one.hides_by) for one in _given(channel))
    )


def sender(channel: str, *, disguised: bool = False) -> str:
    """From whom a letter by that channel is, as its reader sees it; empty where the provider decides, where the channel
    is not set up, and for a disguised one that nothing hides."""
    one = next(iter(_given(channel)), None)
    if one is None or not one.shows:
        return ""
    return str(getattr(settings, one.hides_by if disguised else one.shows) or "")


def chosen(channel: str) -> str:
    """The setting that chooses the channel's provider; empty for a channel that is not set up."""
    return next((one.setting for one in _given(channel)), "")


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


def asked_for() -> tuple[str, ...]:
    """The channels whose receipts Notify must be asked for: of mails and texts where it was told no address to post
    them to, and of printed letters always, because it posts none."""
    letters = ("letter",) if settings.TMC_NOTIFY_LETTERS else ()
    if settings.TMC_NOTIFY_CALLBACK_TOKEN:
        return letters
    by_notify = {"email": settings.TMC_NOTIFY_EMAIL_TEMPLATE, "text": settings.TMC_NOTIFY_TEXT_TEMPLATE}
    return (*(channel for channel, template in by_notify.items() if template), *letters)


def heard_from(provider: str, posted: Posted, now: datetime) -> Told | None:
    """What a provider (``notify``, or ``text/NAME``) says by what it has posted to us; None where it is not shown to
    come from one that is set up. Raises CannotBeRead for what is not as that provider has published."""
    if provider == "notify":
        from .channels.notify import receipts as notify_receipts

        ours = notify_receipts.genuine(posted, settings.TMC_NOTIFY_CALLBACK_TOKEN)
        return notify_receipts.read(posted, now) if ours else None
    if not (settings.TMC_TEXT_URL or settings.TMC_TEXT_PROVIDER):
        return None
    gateway = text_gateway()
    if provider != f"text/{gateway.name}":
        return None
    if not text_receipts.genuine(gateway, posted, settings.TMC_TEXT_RECEIPTS_SECRET):
        return None
    return text_receipts.read(gateway, posted, now)


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
