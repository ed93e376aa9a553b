"""What was written back to letters: counted for each force, and answered once a day at most. No text is kept.

Who writes to an address that nobody reads must be told so, and where to write instead. But an answer goes only to the
address to which the letter went, so that nobody can have us write to a stranger, and never to a machine.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from trackmycrime.kernel import crypto, limits, setwise
from trackmycrime.kernel.ids import new_id

from .channels.smtp.replies import Reply

ONCE_A_DAY = limits.Limit("mail-answered", most=1, window=timedelta(days=1))

MOST = 50
"""Mails that are counted for one letter: whoever holds it could send any number"""
AUTOMATIC, OTHER, TODAY = "automatic", "other address", "answered today"
"""Why a mail is not answered: a machine wrote it; it came from another address than the letter went to; its writer was
told within a day."""


@dataclass(frozen=True)
class Answered:
    """The letter that a mail answers, as far as answering needs it."""

    id: UUID
    force: int
    purpose: str
    owner_id: UUID
    address_hash: bytes
    disguised: bool


def letter_of(reply: Reply) -> Answered | None:
    """The letter that this mail answers; None when it is not there (any more), and for a mail that came to no letter's
    own address and from another address than that letter went to: anybody could name a letter."""
    rows = setwise.fetch(
        "select id, force_id as force, purpose, owner_id, address_hash, disguised from delivery_dispatch"
        " where id = %s and channel = 'email' and tries > 0",
        [reply.letter],
    )
    if not rows:
        return None
    letter = Answered(**rows[0] | {"address_hash": bytes(rows[0]["address_hash"])})
    return letter if reply.keyed or _of_its_reader(reply, letter) else None


def _of_its_reader(reply: Reply, letter: Answered) -> bool:
    """Whether the mail says that it is from the address to which the letter went."""
    return letter.address_hash in {crypto.blind_email(each) for each in reply.senders}


def record(reply: Reply, letter: Answered, *, now: datetime) -> UUID | None:
    """Count it; returns its id, and None for a mail that was handed over before, or is one of very many."""
    (counted,) = setwise.fetch("select count(*) as n from delivery_reply where dispatch_id = %s", [letter.id])
    if counted["n"] >= MOST:
        return None
    row = {
        "id": new_id(),
        "force_id": letter.force,
        "dispatch_id": letter.id,
        "kind": reply.kind,
        "unanswered": "",
        "message_key": reply.key,
        "at": now,
    }
    made = setwise.insert(
        "delivery_reply", list(row), [row], conflict="on conflict do nothing", returning="id"
    )
    return made[0][0] if made else None


def why_not(reply: Reply, letter: Answered, *, now: datetime) -> str:
    """Why it must not be answered; empty when it may, which counts as the day's answer."""
    if reply.kind != "reply":
        return AUTOMATIC
    if not _of_its_reader(reply, letter):
        return OTHER
    return "" if limits.hit(ONCE_A_DAY, letter.address_hash.hex(), now=now) else TODAY


def not_answered(reply_id: UUID, why: str) -> None:
    """Write down why a mail is not answered."""
    setwise.fetch(
        "update delivery_reply set unanswered = %s where id = %s returning id", [why[:30], reply_id]
    )


def figures(force: int, *, since: datetime) -> Mapping[str, int]:
    """How many mails and texts came back to letters of this force since then, for the desk.

    ``replies`` (of persons), ``answered`` (of those), ``automatic`` (holiday answers and the like), ``unsubscribe``.
    """
    rows = setwise.fetch(
        "select kind, unanswered = '' as answered, count(*) as n from delivery_reply"
        " where force_id = %s and at >= %s group by 1, 2",
        [force, since],
    )
    counts: Counter[str] = Counter({"replies": 0, "answered": 0, "automatic": 0, "unsubscribe": 0})
    for row in rows:
        counts["replies" if row["kind"] == "reply" else row["kind"]] += row["n"]
        if row["kind"] == "reply" and row["answered"]:
            counts["answered"] += row["n"]
    return counts
