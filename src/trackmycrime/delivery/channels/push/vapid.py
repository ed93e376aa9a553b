"""The key by which push services know this installation (VAPID, RFC 8292): 32 bytes in base64url, a number of P-256.

Browsers bind what they hand out to its public half, so whoever changes it has lost all subscriptions.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def new_private_key() -> str:
    """A new key, made by chance."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return _text(number.to_bytes(32, "big"))


def public_key(private: str) -> str:
    """The public half of a key, as browsers want it. Raises ValueError for what is no key."""
    try:
        raw = urlsafe_b64decode(private.rstrip("=") + "=" * (-len(private.rstrip("=")) % 4))
        if len(raw) != 32:
            raise ValueError
        key = ec.derive_private_key(int.from_bytes(raw, "big"), ec.SECP256R1())
    except ValueError:
        raise ValueError("TMC_VAPID_PRIVATE_KEY is 32 bytes in base64url, a key of P-256") from None
    return _text(key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint))


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
