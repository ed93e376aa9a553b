"""What a receipt means for its letter and for the address. Pure: no Django, no clock.

Receipts come late, twice and in any order, so what they make of a letter depends on which there are, not on when they
came: a failure for good outweighs a delivery (the victim is told by another way rather than not at all), and a delivery
outweighs whatever our own tries came to, for only a letter that arrived can be delivered.
"""

import re
from collections.abc import Collection

ARRIVED = frozenset({"delivered", "complained", "unsubscribed"})

_NOT_THE_ADDRESS = re.compile(
    # RFC 3463: mailbox full, too long, lists; the system; loops and expiry; protocol; content; policy
    r"\b5\.(?:2\.[234]|3\.\d+|4\.[567]|5\.[1-6]|6\.\d+|7\.\d+)\b|technical|content|policy|spam|expired",
    re.IGNORECASE,
)
_NO_SUCH_ADDRESS = re.compile(r"\b5\.(?:1\.[1236]|1\.10|2\.1)\b")


def state_after(state: str, results: Collection[str]) -> str | None:
    """The state that all receipts of a letter make of it, or None where it stays as it is.

    What was cancelled stays so: it is over, and the alert may have gone on by another way.
    """
    if state == "cancelled":
        return None
    after = "failed" if "failed" in results else "delivered" if ARRIVED & set(results) else None
    return after if after != state else None


def loses_the_address(result: str, answer: str) -> str:
    """What becomes of the address by such a receipt: ``bounced``, ``complained``, ``unsubscribed``, or nothing.

    A failure for good counts against the address unless its answer blames the text or us; missing data closes.
    """
    if result == "failed":
        return "" if _NOT_THE_ADDRESS.search(answer) else "bounced"
    return result if result in ("complained", "unsubscribed") else ""


def no_such_address(answer: str) -> bool:
    """Whether a mail server that refused a mail at once said, by its status (RFC 3463), that it knows no such address.

    A bare 550 does not: it may be about whoever sends.
    """
    return bool(_NO_SUCH_ADDRESS.search(answer))
