"""What each process is told: its own login and keys, and nobody else's.

A door gets ``TMC_DOOR_DATABASE_URL`` and never the owner's URL or another door's password; the passwords of mail
and text providers and the key of pushes go to the worker only, because only the worker sends.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from trackmycrime.delivery.channels.push import vapid
from trackmycrime.ops.exits import WrongUse
from trackmycrime.ops.keys import DOORS, Keys, password_variable

_DATABASE = ("TMC_DATABASE_URL", "TMC_DOOR_DATABASE_URL", *(password_variable(door) for door in DOORS))
_SECRETS = {
    "TMC_NOTIFY_API_KEY": ("worker",),
    "TMC_NOTIFY_NEUTRAL_API_KEY": ("worker",),
    "TMC_NOTIFY_CALLBACK_TOKEN": ("gateway", "worker"),
    "TMC_TEXT_PASSWORD": ("worker",),
    "TMC_TEXT_RECEIPTS_SECRET": ("gateway", "worker"),
    "TMC_MAIL_RECEIPTS_TOKEN": ("gateway",),
    "TMC_VAPID_PRIVATE_KEY": ("worker",),
    "TMC_ONE_LOGIN_KEY": ("portal",),
}
"""Who is told what: only the worker sends, and it tells some providers the secret that receipts come with; the gateway
takes the receipts; the portal alone shows who it is to the provider by which victims sign in"""
_SENDING_URLS = ("TMC_EMAIL_URL", "TMC_TEXT_URL")


def without_credentials(url: str) -> str:
    """The URL without user, password and query: enough to know that a channel is set up."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host, query="", fragment="").geturl()


def for_role(
    role: str, *, url: str, keys: Keys, data: Path, prefix: str, environ: Mapping[str, str]
) -> dict[str, str]:
    """The whole environment of a process that runs as ``role`` (``owner`` or a door); ``url`` is that role's own."""
    made = {name: value for name, value in environ.items() if name not in _DATABASE}
    made |= {
        "TMC_SECRET_KEY": keys.secret_key,
        "TMC_FIELD_KEYS": keys.field_keys,
        "TMC_ROLE_PREFIX": prefix,
        "TMC_DATA": str(data),
        "DJANGO_SETTINGS_MODULE": f"trackmycrime.config.settings.{role}",
        "PYTHONUNBUFFERED": "1",
    }
    if role == "owner":
        made["TMC_DATABASE_URL"] = url
        made |= {password_variable(door): keys.passwords[door] for door in DOORS if keys.passwords.get(door)}
    else:
        made["TMC_DOOR_DATABASE_URL"] = url
    if keys.vapid_private_key:
        made |= _push(keys.vapid_private_key)
    for name, told in _SECRETS.items():
        if role not in told:
            made.pop(name, None)
    if role != "worker":
        made |= {name: without_credentials(made[name]) for name in _SENDING_URLS if made.get(name)}
    return made


def _push(private: str) -> dict[str, str]:
    """The key of pushes, and its public half, which browsers get from the portal. Raises WrongUse for what is none."""
    try:
        return {"TMC_VAPID_PRIVATE_KEY": private, "TMC_VAPID_PUBLIC_KEY": vapid.public_key(private)}
    except ValueError as wrong:
        raise WrongUse(str(wrong)) from None
