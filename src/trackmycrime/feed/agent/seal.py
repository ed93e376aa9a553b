"""How lines are encrypted in the spool: AES-GCM, each bound to the row that it stands in."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from trackmycrime.feed.agent import secret_files

_BYTES = 32
_NONCE = 12


class Broken(Exception):
    """What is kept does not open: it, or the row it stands in, was changed."""


class Seal:
    """One key."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)
        self.name = hashlib.sha256(b"trackmycrime spool key\0" + key).hexdigest()[:16]
        """By which a spool knows whether this is its key; says nothing of it"""

    def close(self, line: bytes, place: str) -> bytes:
        """The line, encrypted; `place` is where alone it will open again."""
        nonce = os.urandom(_NONCE)
        return nonce + self._cipher.encrypt(nonce, line, place.encode())

    def open(self, kept: bytes, place: str) -> bytes:
        """The line again. Raises Broken."""
        try:
            return self._cipher.decrypt(kept[:_NONCE], kept[_NONCE:], place.encode())
        except (InvalidTag, ValueError):
            raise Broken(place) from None


def kept_in(file: Path, *, may_make: bool) -> Seal:
    """The seal whose key is in the file; made where there is none and it may be. Raises NotSecret."""
    if may_make and not file.exists():
        secret_files.make(file, base64.b64encode(os.urandom(_BYTES)).decode())
    try:
        key = base64.b64decode(secret_files.read(file), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != _BYTES:
        raise secret_files.NotSecret(
            f"{file} must hold {_BYTES} bytes in base64; the agent makes one where none is"
        )
    return Seal(key)
