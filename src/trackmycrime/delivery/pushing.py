"""What this installation's settings say of pushes: its key, where they may go, and who is named to push services."""

from email.utils import parseaddr

from django.conf import settings

from .channels import Channel
from .channels.push import subscription, vapid
from .channels.push.sending import PushChannel


def is_set_up() -> bool:
    """Whether there is a key to sign with, or to give to browsers."""
    return bool(settings.TMC_VAPID_PRIVATE_KEY or settings.TMC_VAPID_PUBLIC_KEY)


def push_key() -> str:
    """The public key that browsers bind their subscriptions to; empty where push is not set up."""
    if settings.TMC_VAPID_PUBLIC_KEY or not settings.TMC_VAPID_PRIVATE_KEY:
        return str(settings.TMC_VAPID_PUBLIC_KEY)
    return vapid.public_key(settings.TMC_VAPID_PRIVATE_KEY)


def read_subscription(text: str) -> subscription.Subscription:
    """The subscription that a browser hands out. Raises WrongSubscription, also for one that leads nowhere known."""
    return subscription.read(text, subscription.hosts(settings.TMC_PUSH_HOSTS))


def opened() -> Channel:
    """A new sender. Raises ValueError for a setting that cannot be read."""
    hosts = subscription.hosts(settings.TMC_PUSH_HOSTS)
    return PushChannel(settings.TMC_VAPID_PRIVATE_KEY, _subject(), hosts)


def _subject() -> str:
    """Whom a push service may write to: who is named, else the portal, else the sender of our mails."""
    if settings.TMC_VAPID_SUBJECT:
        return str(settings.TMC_VAPID_SUBJECT)
    if settings.TMC_PORTAL_URL.startswith("https:"):
        return str(settings.TMC_PORTAL_URL)
    return f"mailto:{parseaddr(settings.TMC_EMAIL_FROM)[1]}"
