"""JSON of our own, read back: what was sealed, and what PostgreSQL keeps as documents. Not for what others send."""

import json
import re
from typing import Any

import orjson

_LONG_NUMBER = re.compile(rb"[0-9]{19}")


def read_document(written: str | bytes) -> Any:
    """What it says, just as `json` has it, several times as fast."""
    if isinstance(written, str):
        written = written.encode()
    # orjson takes an integer of more than 64 bits for a fraction
    return json.loads(written) if _LONG_NUMBER.search(written) else orjson.loads(written)
