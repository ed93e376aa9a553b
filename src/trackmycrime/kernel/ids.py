"""Identifiers: made where the row is made, so that a row can be encrypted and referred to before it is stored."""

import os
import time
import uuid
from datetime import datetime

_RANDOM = 0xFFF << 64 | (1 << 62) - 1
_VERSION_AND_VARIANT = 0x7 << 76 | 0x2 << 62


def new_id() -> uuid.UUID:
    """A new UUID version 7 (RFC 9562): rises with time, so that indexes stay dense; 74 bits are random."""
    millis = time.time_ns() // 1_000_000
    noise = int.from_bytes(os.urandom(10), "big") & _RANDOM
    return uuid.UUID(int=(millis & 0xFFFF_FFFF_FFFF) << 80 | noise | _VERSION_AND_VARIANT)


def lowest_id(moment: datetime) -> uuid.UUID:
    """The lowest id that can have been made at that moment: what was made before has a lower one, all others a higher
    one, as far as the clocks of the machines that made them agree."""
    millis = max(int(moment.timestamp() * 1000), 0)
    return uuid.UUID(int=(millis & 0xFFFF_FFFF_FFFF) << 80 | _VERSION_AND_VARIANT)
