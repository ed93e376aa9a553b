"""Encryption of stored personal data and the keyed hashes by which it is found.

AES-256-GCM. A stored value is: version byte, length of the key's id, the key's id, 12 bytes of nonce, ciphertext
with its tag. The associated data names table, column and row, so a value moved to another row does not open.
Keys come from ``TMC_FIELD_KEYS``: ``{"current": "k1", "keys": {"k1": "<base64 of 32 bytes>"}, "lookup": "<base64>"}``.
"""

import base64
import binascii
import functools
import hashlib
import hmac
import json
import os
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from .documents import read_document

VERSION = 1
NONCE_BYTES = 12
KEY_BYTES = 32


class CannotOpen(Exception):
    """A stored value did not open: another key, another row, or changed bytes. The value is never shown."""


@dataclass(frozen=True)
class Keyring:
    """The keys that open what was stored, and the one that new values are sealed with."""

    current: str
    ciphers: dict[str, AESGCM]
    lookup: bytes

    @cached_property
    def head(self) -> bytes:
        """What every new value begins with: the version, and the id of its key after its length."""
        name = self.current.encode()
        return bytes((VERSION, len(name))) + name

    @cached_property
    def cipher(self) -> AESGCM:
        """What new values are sealed with."""
        return self.ciphers[self.current]


def read_keyring(text: str, secret: str) -> Keyring:
    """The keyring written in ``TMC_FIELD_KEYS``.

    Raises ImproperlyConfigured, naming what is wrong, for anything that is not exactly that; never falls back.
    """
    try:
        parsed = json.loads(text)
        keys = {str(name): base64.b64decode(value, validate=True) for name, value in parsed["keys"].items()}
        current = str(parsed["current"])
        lookup = base64.b64decode(parsed["lookup"], validate=True) if parsed.get("lookup") else None
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        raise ImproperlyConfigured(
            'TMC_FIELD_KEYS is not readable. It is JSON: {"current": "k1", "keys": {"k1": "<base64 of 32 bytes>"}}'
        ) from None
    if current not in keys:
        raise ImproperlyConfigured(
            f"TMC_FIELD_KEYS names {current!r} as current, but has no key of that name"
        )
    for name, key in keys.items():
        if len(key) != KEY_BYTES or not 1 <= len(name.encode()) <= 32:
            raise ImproperlyConfigured(
                f"TMC_FIELD_KEYS: key {name!r} must be 32 bytes, and its name 1 to 32 bytes"
            )
    return Keyring(current, {n: AESGCM(k) for n, k in keys.items()}, lookup or derive("lookup", secret))


def derive(purpose: str, secret: str | None = None) -> bytes:
    """A key of 32 bytes for one purpose, from the installation's secret (``TMC_SECRET_KEY``)."""
    source = settings.SECRET_KEY if secret is None else secret
    return hmac.new(source.encode(), f"trackmycrime:{purpose}:1".encode(), hashlib.sha256).digest()


@functools.cache
def _keyring() -> Keyring:
    return read_keyring(settings.TMC_FIELD_KEYS, settings.SECRET_KEY)


def seal(place: str, row: object, plain: str) -> bytes:
    """Encrypt a text for one place (``table.column``) in one row (its primary key)."""
    return _seal(place, row, plain.encode())


def _seal(place: str, row: object, plain: bytes) -> bytes:
    ring = _keyring()
    nonce = os.urandom(NONCE_BYTES)
    return ring.head + nonce + ring.cipher.encrypt(nonce, plain, f"{place}.{row}".encode())


def unseal(place: str, row: object, stored: bytes) -> str:
    """Decrypt what `seal` made for the same place and row.

    Raises CannotOpen for anything else: another row, another column, an unknown key, a changed byte.
    """
    return _unseal(place, row, stored).decode()


def _unseal(place: str, row: object, stored: bytes) -> bytes:
    raw = bytes(stored)
    try:
        if raw[0] != VERSION:
            raise CannotOpen(f"{place}: version {raw[0]} is not known")
        start = 2 + raw[1]
        cipher = _keyring().ciphers[raw[2:start].decode("ascii")]
        body = raw[start + NONCE_BYTES :]
        return cipher.decrypt(raw[start : start + NONCE_BYTES], body, f"{place}.{row}".encode())
    except (IndexError, KeyError, UnicodeDecodeError, InvalidTag, ValueError):
        raise CannotOpen(f"{place}: the value of this row does not open with the keys at hand") from None


def seal_json(place: str, row: object, value: Any) -> bytes:
    """`seal` for anything that JSON can say."""
    try:
        plain = orjson.dumps(value)
    except orjson.JSONEncodeError:  # a number of more than 64 bits
        plain = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return _seal(place, row, plain)


def unseal_json(place: str, row: object, stored: bytes) -> Any:
    """`unseal` for what `seal_json` made."""
    return read_document(_unseal(place, row, stored))


def blind(purpose: str, value: str) -> bytes:
    """The keyed hash by which an encrypted or secret value is looked up; 32 bytes, different for every purpose."""
    return hmac.digest(_keyring().lookup, f"{purpose}:{value}".encode(), "sha256")


def blind_email(address: str) -> bytes:
    """The look-up hash of an email address; addresses that differ only in case are the same."""
    return blind("email", address.strip().casefold())


def forget_keys() -> None:
    """Read the keys anew at the next use (tests, rotation)."""
    _keyring.cache_clear()
