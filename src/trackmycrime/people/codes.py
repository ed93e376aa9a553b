"""The secrets that invitations and set-up links are made of: how they are made, read, and hashed."""

import math
import re
import secrets
from uuid import UUID

from trackmycrime.kernel import crypto

ALPHABET = "CDFGHJKMNPQRTVWXY34679"
"""No vowels (so no words), nothing that is read for another sign (0 O, 1 I L, 2 Z, 5 S, 8 B)."""
BITS = math.log2(len(ALPHABET))

START_LENGTH = 12
"""A code that is typed instead of a link: 53 bits. It is looked up among all open invitations."""
ACTIVATION_LENGTH = 8
"""A code that only counts for one invitation, five times: 35 bits."""
LINK_PATTERN = "[A-Za-z0-9_-]{32}"


def link_token() -> str:
    """What a link carries: 192 random bits, 32 signs that need no escaping."""
    return secrets.token_urlsafe(24)


def _typed(length: int) -> str:
    drawn, signs = secrets.randbelow(len(ALPHABET) ** length), ""
    for _ in range(length):
        drawn, sign = divmod(drawn, len(ALPHABET))
        signs += ALPHABET[sign]
    return "-".join(signs[n : n + 4] for n in range(0, length, 4))


def start_code() -> str:
    """A code to type at the portal's address: ``XXXX-XXXX-XXXX``."""
    return _typed(START_LENGTH)


def start_code_in(asked: str) -> str:
    """The code that the square of a letter carries in its address, as it is printed; empty for anything else."""
    signs = plain(asked[:60])
    fits = len(signs) == START_LENGTH and set(signs) <= set(ALPHABET)
    return "-".join(signs[n : n + 4] for n in range(0, START_LENGTH, 4)) if fits else ""


def activation_code() -> str:
    """The code that the officer gives out: ``XXXX-XXXX``."""
    return _typed(ACTIVATION_LENGTH)


def text_code() -> str:
    """The code that is texted: six digits, good for minutes and for five tries."""
    return f"{secrets.randbelow(1_000_000):06d}"


def plain(typed: str) -> str:
    """What somebody typed, without case, spaces and dashes."""
    return re.sub(r"[^A-Z0-9]", "", typed.upper())


def link_hash(token: str) -> bytes:
    """By which a link's invitation is found. Typed codes have a hash of their own, so a link's address tries none."""
    return crypto.blind("invitation-link", token)


def start_hash(code: str) -> bytes:
    """By which a typed code's invitation is found."""
    return crypto.blind("invitation-start", plain(code))


def activation_hash(invitation: UUID, code: str) -> bytes:
    """The activation code of just this invitation."""
    return crypto.blind("invitation-activation", f"{invitation}:{plain(code)}")


def text_hash(invitation: UUID, code: str) -> bytes:
    """The texted code of just this invitation."""
    return crypto.blind("invitation-text", f"{invitation}:{plain(code)}")


def address_hash(batch: UUID, code: str) -> bytes:
    """The code that went to an address that somebody wants to change to."""
    return crypto.blind("own-address", f"{batch}:{plain(code)}")


def proof_hash(ticket: str) -> bytes:
    """What a browser holds that typed the right code."""
    return crypto.blind("invitation-proof", ticket)


def setup_hash(token: str) -> bytes:
    """By which an officer's set-up link is found."""
    return crypto.blind("staff-setup", token)
