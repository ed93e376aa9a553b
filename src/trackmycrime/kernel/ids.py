"""Identifiers: made where the row is made, so that a row can be encrypted and referred to before it is stored."""

import os
import time
import uuid


def new_id() -> uuid.UUID:
    """A new UUID version 7 (RFC 9562): rises with time, so that indexes stay dense; 74 bits are random."""
    millis = time.time_ns() // 1_000_000
    value = (millis & 0xFFFF_FFFF_FFFF) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)
