"""What an installation for real victims must have: a decision on settings alone, without Django and without I/O."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from trackmycrime.delivery.channels.push import vapid
from trackmycrime.delivery.channels.smtp.message import Sender
from trackmycrime.delivery.channels.smtp.returning import Returning
from trackmycrime.ops.keys import DOORS, password_variable

SHORTEST_SECRET = 32
SHORTEST_PASSWORD = 16
_NOTIFY = {"TMC_EMAIL_URL": "TMC_NOTIFY_EMAIL_TEMPLATE", "TMC_TEXT_URL": "TMC_NOTIFY_TEXT_TEMPLATE"}
"""What else can send, by what it takes the place of"""
_ONE_LOGIN = ("TMC_ONE_LOGIN_ISSUER", "TMC_ONE_LOGIN_CLIENT_ID", "TMC_ONE_LOGIN_KEY")


@dataclass(frozen=True)
class Fault:
    """A setting that is missing or not fit for production, and what would be right."""

    setting: str
    problem: str


def field_keys_problem(text: str) -> str:
    """Empty when ``text`` holds usable field keys: JSON with ``current`` and base64 keys of 32 bytes."""
    try:
        kept = json.loads(text)
        keys = {name: base64.b64decode(key, validate=True) for name, key in kept["keys"].items()}
        current = kept["current"]
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        return 'must be JSON: {"current": ID, "keys": {ID: base64 of 32 bytes}}'
    if current not in keys:
        return "its «current» names no key"
    short = sorted(name for name, key in keys.items() if len(key) != 32)
    if short:
        return f"these keys are not 32 bytes long: {', '.join(short)}"
    weak = sorted(name for name, key in keys.items() if len(set(key)) < 8)
    return f"these keys are not random: {', '.join(weak)}" if weak else ""


def _is_public(environ: Mapping[str, str], name: str) -> bool:
    parts = urlsplit(environ.get(name, ""))
    return parts.scheme == "https" and bool(parts.hostname)


def _database(environ: Mapping[str, str]) -> list[Fault]:
    parts = urlsplit(environ.get("TMC_DATABASE_URL", ""))
    if parts.scheme not in ("postgresql", "postgres"):
        return [
            Fault(
                "TMC_DATABASE_URL",
                "must be the owner's postgresql:// URL; embedded data is not for production",
            )
        ]
    faults = []
    if parts.username == "postgres":
        faults.append(Fault("TMC_DATABASE_URL", "names a superuser; give the database an owner of its own"))
    passwords = {}
    for door in DOORS:
        name = password_variable(door)
        passwords[door] = environ.get(name, "")
        if len(passwords[door]) < SHORTEST_PASSWORD:
            faults.append(
                Fault(name, f"must be a password of its own, {SHORTEST_PASSWORD} characters or more")
            )
    given = [password for password in (*passwords.values(), parts.password) if password]
    if len(given) != len(set(given)):
        faults.append(Fault("TMC_DATABASE_PASSWORD_…", "must differ from login to login"))
    return faults


def _sending(environ: Mapping[str, str]) -> list[Fault]:
    by_notify = [name for name in _NOTIFY.values() if environ.get(name)]
    faults = [
        Fault(name, f"cannot be set together with {url}: only one of them can send")
        for url, name in _NOTIFY.items()
        if environ.get(name)
        and (environ.get(url) or (url == "TMC_TEXT_URL" and environ.get("TMC_TEXT_PROVIDER")))
    ]
    if environ.get("TMC_NOTIFY_LETTERS"):
        by_notify.append("TMC_NOTIFY_LETTERS")
    if by_notify and not environ.get("TMC_NOTIFY_API_KEY"):
        faults.append(
            Fault("TMC_NOTIFY_API_KEY", f"must be set: {' and '.join(by_notify)} send by GOV.UK Notify")
        )
    mail = environ.get("TMC_EMAIL_URL", "")
    if (mail or not environ.get("TMC_NOTIFY_EMAIL_TEMPLATE")) and (
        urlsplit(mail).scheme not in ("smtp", "smtps")
    ):
        faults.append(
            Fault("TMC_EMAIL_URL", "must be smtp://user:password@host:port; without it no email is sent")
        )
    gateway = environ.get("TMC_TEXT_URL") or environ.get("TMC_TEXT_PROVIDER")
    if not gateway and not environ.get("TMC_NOTIFY_TEXT_TEMPLATE"):
        faults.append(Fault("TMC_TEXT_URL", "must be set; without it no text is sent"))
    if gateway and not environ.get("TMC_TEXT_RECEIPTS_SECRET"):
        faults.append(
            Fault("TMC_TEXT_RECEIPTS_SECRET", "must be set: without it nobody knows what became of texts")
        )
    elsewhere = environ.get("TMC_TEXT_PROVIDER", "") not in ("", "plain")
    if elsewhere and not _is_public(environ, "TMC_GATEWAY_URL"):
        faults.append(
            Fault("TMC_GATEWAY_URL", "must be the public https:// address: receipts are posted there")
        )
    return faults


def _mail(environ: Mapping[str, str]) -> list[Fault]:
    """Of mail that we send ourselves: it is from an address of ours, and what becomes of it is heard."""
    if not environ.get("TMC_EMAIL_URL"):
        return []
    faults = []
    for name in ("TMC_EMAIL_FROM", "TMC_EMAIL_FROM_NEUTRAL"):
        try:
            if environ.get(name) or name == "TMC_EMAIL_FROM":
                Sender.read(environ.get(name, ""))
        except ValueError:
            faults.append(Fault(name, "must be an address of your own, like Name <no-reply@example.org>"))
    token = environ.get("TMC_MAIL_RECEIPTS_TOKEN", "")
    if token and len(token) < SHORTEST_SECRET:
        faults.append(
            Fault("TMC_MAIL_RECEIPTS_TOKEN", f"must be random, {SHORTEST_SECRET} characters or more")
        )
    back = environ.get("TMC_EMAIL_RETURN", "")
    try:
        if back:
            Returning.read(back, b"")
        else:
            faults.append(
                Fault(
                    "TMC_EMAIL_RETURN",
                    "must be set (docs/mail.md): without it nobody knows what became of mail",
                )
            )
    except ValueError as wrong:
        faults.append(Fault("TMC_EMAIL_RETURN", str(wrong)))
    return faults


def _pushing(environ: Mapping[str, str]) -> list[Fault]:
    """Push may be left out; what is given of it must be right."""
    private, public = environ.get("TMC_VAPID_PRIVATE_KEY", ""), environ.get("TMC_VAPID_PUBLIC_KEY", "")
    if not private and not public:
        return []
    faults = []
    try:
        if private and public and vapid.public_key(private) != public.rstrip("="):
            faults.append(Fault("TMC_VAPID_PUBLIC_KEY", "is not the public half of TMC_VAPID_PRIVATE_KEY"))
        elif private:
            vapid.public_key(private)
    except ValueError:
        faults.append(Fault("TMC_VAPID_PRIVATE_KEY", "must be 32 bytes in base64url, a key of P-256"))
    if not environ.get("TMC_VAPID_SUBJECT", "").startswith(("mailto:", "https://")):
        faults.append(
            Fault("TMC_VAPID_SUBJECT", "must be mailto:… or https://…: whom a push service may write to")
        )
    return faults


def _one_login(environ: Mapping[str, str]) -> list[Fault]:
    """GOV.UK One Login may be left out; what is given of it must be right."""
    from trackmycrime.people.openid import provider  # only this needs what speaks with one

    named = {name: environ.get(name, "").strip() for name in _ONE_LOGIN}
    if not any(named.values()):
        return []
    faults = [
        Fault(name, f"must be set too: {', '.join(filter(named.get, named))} is")
        for name, value in named.items()
        if not value
    ]
    if named["TMC_ONE_LOGIN_ISSUER"] and not _is_public(environ, "TMC_ONE_LOGIN_ISSUER"):
        faults.append(Fault("TMC_ONE_LOGIN_ISSUER", "must be the provider's https:// address"))
    theirs = f".{urlsplit(named['TMC_ONE_LOGIN_ISSUER']).hostname or ''}".endswith(".account.gov.uk")
    try:
        if named["TMC_ONE_LOGIN_KEY"]:
            kind = provider.signing_key(named["TMC_ONE_LOGIN_KEY"]).key_type
            if theirs and kind != "RSA":
                faults.append(Fault("TMC_ONE_LOGIN_KEY", "must be of RSA: GOV.UK One Login takes no other"))
    except provider.Refused:
        faults.append(Fault("TMC_ONE_LOGIN_KEY", "must be a private key in PEM, of RSA or P-256"))
    return faults


def faults(environ: Mapping[str, str], generated: Mapping[str, str]) -> list[Fault]:
    """All that stands between these settings and production.

    ``generated`` are the keys found in the data folder, by setting: a key that was generated there is refused,
    because it lies beside the data that it protects.
    """
    found = _database(environ)
    secret = environ.get("TMC_SECRET_KEY", "")
    if len(secret) < SHORTEST_SECRET:
        found.append(Fault("TMC_SECRET_KEY", f"must be random, {SHORTEST_SECRET} characters or more"))
    problem = field_keys_problem(environ.get("TMC_FIELD_KEYS", ""))
    if problem:
        found.append(Fault("TMC_FIELD_KEYS", problem))
    for name, value in generated.items():
        if value and environ.get(name) == value:
            found.append(Fault(name, "was generated into the data folder; make one and keep it elsewhere"))
    for name in ("TMC_PORTAL_URL", "TMC_DESK_URL"):
        if not _is_public(environ, name):
            found.append(Fault(name, "must be the public https:// address; cookies are only safe there"))
    contacts = environ.get("TMC_SECURITY_CONTACT", "").split()
    if not contacts or not all(each.startswith(("mailto:", "https://", "tel:")) for each in contacts):
        found.append(
            Fault(
                "TMC_SECURITY_CONTACT", "must be mailto:…, tel:… or https://…: who is told of a security hole"
            )
        )
    found += _sending(environ)
    found += _mail(environ)
    found += _pushing(environ)
    found += _one_login(environ)
    if environ.get("TMC_DEMO") == "1":
        found.append(Fault("TMC_DEMO", "must not be set: it opens the mailbox page to everybody"))
    return found
