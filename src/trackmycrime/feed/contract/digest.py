"""The digest by which two sides see that they hold the same of an entity without showing it to each other.

SHA-256, in hexadecimal, of the UTF-8 text of ``{"data": …, "type": …}`` of its newest event in canonical JSON (RFC
8785: names sorted, no spaces), after what the contract does with every value: strings trimmed, an empty one is null,
and a member that is null is left out. Id, source, time and sequence are not in it: they are about the telling.
"""

import hashlib

from trackmycrime.feed.contract.judge import canonical
from trackmycrime.feed.contract.tidy import tidy


def content_digest(type_: str, data: object) -> str:
    """The digest of an event's type and data. Raises Untidy for what could never be stored."""
    return hashlib.sha256(canonical({"data": _known(tidy(data)), "type": type_})).hexdigest()


def _known(value: object) -> object:
    if isinstance(value, dict):
        return {name: _known(inner) for name, inner in value.items() if inner is not None}
    if isinstance(value, list):
        return [_known(inner) for inner in value]
    return value
