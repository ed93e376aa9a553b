"""What people text back: counted, and «stop» heeded: no more to that number, from any force that has texted it of late.

It names no letter, only the number, which is kept as its keyed hash until a worker has carried it on. Of the words
nothing is kept.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from trackmycrime.kernel import crypto, setwise
from trackmycrime.kernel.ids import new_id

from .hearing import Told
from .letters import Lost, Receipt

LATELY = timedelta(days=60)
"""Whoever has had no text for longer than this has nothing to stop, and answers nothing."""
BY_TEXT = "by text"
"""Why it is not answered (`replies`): who writes a text is not written to by machine"""
_KINDS = {"replied": "reply", "unsubscribed": "unsubscribe"}


def receipts(told: Told, now: datetime) -> list[Receipt]:
    """What the numbers said that a provider tells of, to be heard like what providers say."""
    said = [*((each, "stop") for each in told.stops), *((each, "") for each in told.replies)]
    return [
        Receipt(
            "text",
            None,
            crypto.blind("mobile", number).hex(),
            "unsubscribed" if word else "replied",
            word,
            now,
        )
        for number, word in said
    ]


def was_texted(receipt: Receipt) -> bool:
    """Whether this is what `receipts` made of a number."""
    return receipt.channel == "text" and receipt.result in _KINDS and receipt.dispatch is None


def record(texted: Sequence[Receipt], now: datetime) -> int:
    """Count these with the letter that each number got last, for each force; says how many there are."""
    letters = (
        {
            (bytes(row["address_hash"]), row["force_id"]): row["id"]
            for row in setwise.fetch(
                "select t.address_hash, t.force_id, d.id from"  # noqa: S608 (constants of ours)
                f" ({_LAST_OWNER}) t cross join lateral (select id from delivery_dispatch where owner_id = t.owner_id"
                "   and channel = 'text' and tries > 0 order by created_at desc limit 1) d",
                _said_by(texted, now),
            )
        }
        if texted
        else {}
    )
    rows = [
        {
            "id": new_id(),
            "force_id": force,
            "dispatch_id": letter,
            "kind": _KINDS[each.result],
            "message_key": new_id().bytes * 2,
        }
        for each in texted
        for (hash_, force), letter in letters.items()
        if hash_.hex() == each.provider_id
    ]
    columns = ("id", "force_id", "dispatch_id", "kind", "message_key")
    setwise.insert("delivery_reply", columns, rows, same={"unanswered": BY_TEXT, "at": now})
    return len(rows)


_LAST_OWNER = (
    "select distinct on (address_hash, force_id) address_hash, force_id, owner_id from delivery_tally"
    " where address_hash = any(%s) and channel = 'text' and day >= %s"
    " order by address_hash, force_id, day desc"
)


def _said_by(texted: Sequence[Receipt], now: datetime) -> list[Any]:
    return [[bytes.fromhex(each.provider_id) for each in texted], (now - LATELY).date()]


def lost(stops: Sequence[Receipt], now: datetime) -> list[Lost]:
    """The addresses that these say are not wanted any more: one for each force that has texted the number lately."""
    rows = setwise.fetch(_LAST_OWNER, _said_by(stops, now)) if stops else []
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
