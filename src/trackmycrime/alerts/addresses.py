"""Which of a victim's addresses are not used any more, and what the victim can say of it, for the portal."""

from datetime import datetime
from uuid import UUID

from trackmycrime.delivery.addresses import LOST
from trackmycrime.kernel import setwise

LOST_OF_VICTIM = f"{LOST} and not (a.state = 'bounced' and coalesce(v.told_at > a.since, false))"
"""Of a row ``a`` of delivery_address and a victim ``v``. A bounce says that an address is wrong: it counts no more once
the records system has named the address anew. That its holder wants no more is undone by no record."""


def lost_of_mine() -> list[tuple[UUID, str]]:
    """The victims of the signed-in account whose address on a channel (``email``, ``text``) is not used any more."""
    return [(row["victim_id"], row["channel"]) for row in setwise.fetch("select * from my_lost_addresses()")]


def confirm_mine(victim_id: UUID, channel: str, *, now: datetime) -> bool:
    """The signed-in account says that its address on that channel is right and wanted; whether there was one lost.

    What officers were asked about it closes by itself.
    """
    (row,) = setwise.fetch("select confirm_my_address(%s, %s, %s) as done", [victim_id, channel, now])
    return bool(row["done"])
