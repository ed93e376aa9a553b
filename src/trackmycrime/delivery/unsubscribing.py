"""The token in a letter by which whoever holds the letter says «no more to this address», without signing in."""

import base64
import binascii
import hmac
from uuid import UUID

from trackmycrime.kernel import crypto

_MAC_BYTES = 16


def token(dispatch: UUID) -> str:
    """The letter's token: 43 characters that may stand in an address, which nobody can make for another letter."""
    return base64.urlsafe_b64encode(dispatch.bytes + _mac(dispatch.bytes)).decode("ascii").rstrip("=")


def dispatch_of(said: str) -> UUID | None:
    """The letter that this token is of; None for what is no token of ours."""
    try:
        raw = base64.b64decode(said + "=" * (-len(said) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    if len(raw) != 16 + _MAC_BYTES or not hmac.compare_digest(_mac(raw[:16]), raw[16:]):
        return None
    return UUID(bytes=raw[:16])


def _mac(id_: bytes) -> bytes:
    return hmac.digest(crypto.derive("unsubscribing"), id_, "sha256")[:_MAC_BYTES]
