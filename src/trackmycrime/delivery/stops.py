"""«Stop», texted back by whoever has a number: no more to it, from any force that has texted it of late.

It names no letter, only the number, which is kept as its keyed hash until a worker has carried it on.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from trackmycrime.kernel import crypto, setwise

from .letters import Lost, Receipt

LATELY = timedelta(days=60)
"""Whoever has had no text for longer than this has nothing to stop."""


def receipts(numbers: Sequence[str], now: datetime) -> list[Receipt]:
    """What these numbers (E.164) said, to be heard like what providers say."""
    return [
        Receipt("text", None, crypto.blind("mobile", number).hex(), "unsubscribed", "stop", now)
        for number in numbers
    ]


def is_stop(receipt: Receipt) -> bool:
    """Whether this is what `receipts` made of a number."""
    return receipt.channel == "text" and receipt.result == "unsubscribed" and receipt.dispatch is None


def lost(stops: Sequence[Receipt], now: datetime) -> list[Lost]:
    """The addresses that these say are not wanted any more: one for each force that has texted the number lately."""
    hashes = [bytes.fromhex(each.provider_id) for each in stops]
    if not hashes:
        return []
    rows = setwise.fetch(
        "select distinct on (address_hash, force_id) address_hash, force_id, owner_id from delivery_tally"
        " where address_hash = any(%s) and channel = 'text' and day >= %s"
        " order by address_hash, force_id, day desc",
        [hashes, (now - LATELY).date()],
    )
    return [
        Lost(
            row["force_id"],
            bytes(row["address_hash"]),
            "text",
            "unsubscribed",
            "stop",
            "alert",
            row["owner_id"],
            now,
        )
        for row in rows
    ]
