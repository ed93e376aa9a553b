"""What is written to people who were let in to a case: the invitation, and that there is something new, if they asked.

It goes to the address that is theirs, never to one of the victim's, and says nothing of the case or of whose it is.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from trackmycrime.delivery import addresses
from trackmycrime.delivery.api import Letter, prepare
from trackmycrime.kernel import crypto, setwise
from trackmycrime.kernel.ids import new_id
from trackmycrime.people.helping import inviting
from trackmycrime.publish import own_words

from . import words
from .writing import GIVE_UP_AFTER, portal_address

INVITATION, NEWS = "invitation.helper", "alert.helper"
AT_MOST = timedelta(hours=24)
"""Who helps is told at most once in this time: no clock of the Code waits for them"""
SETTLED = timedelta(minutes=10)
"""How long a case has to be quiet before they are told: by then what belongs together is there"""

_STILL_WANTED = """
select a.id from people_access a join people_victim v on v.id = a.victim_id and v.force_id = a.force_id
where a.id = any(%s) and a.wants_alerts and a.ended_at is null and a.until > %s and v.live
"""


def send_invitations(now: datetime) -> int:
    """The mails that let somebody take up access go out; says how many (worker)."""
    made = inviting.to_send(now)
    revisions = _revisions({one.force_id for one in made})
    letters = []
    for one in made:
        own = own_words.of(one.force_id, revisions[one.force_id])
        link = f"{portal_address()}/helping/start/{one.token}"
        said = words.frozen(INVITATION, "email", one.language or "en", own, link=link)
        sent = _letter(one.force_id, "invitation", one.id, one.email, one.email_hash, said, now)
        letters.append(sent._replace(give_up_at=one.expires_at))
    prepare(letters, now=now)
    return len(made)


def tell_of_news(now: datetime) -> int:
    """People who help, and asked to, are told that there is something new, once a day at most; says how many."""
    rows = setwise.fetch("select * from helpers_to_tell(%s, %s, %s)", [now, now - SETTLED, now - AT_MOST])
    letters = []
    for row in rows:
        if addresses.lost_among(row["force_id"], [bytes(row["email_hash"])]):
            continue
        letters.append(_news(row, now))
    prepare(letters, now=now)
    return len(rows)


def _news(row: dict[str, Any], now: datetime) -> Letter:
    own = own_words.of(row["force_id"], row["words_revision"])
    said = words.frozen(NEWS, "email", row["language"] or "en", own, address=portal_address())
    email = crypto.unseal("people_account.email", row["account_id"], row["email"])
    return _letter(row["force_id"], "alert", row["id"], email, bytes(row["email_hash"]), said, now)


def still_to_go(owners: Sequence[UUID], now: datetime) -> set[UUID]:
    """Those of these owners of letters that are invitations of this kind still open, or access still to be told of."""
    if not owners:
        return set()
    wanted = {row["id"] for row in setwise.fetch(_STILL_WANTED, [list(owners), now])}
    return wanted | inviting.still_open(owners, now)


def _letter(
    force: int, purpose: str, owner: UUID, address: str, hashed: bytes, said: words.Frozen, now: datetime
) -> Letter:
    return Letter(
        id=new_id(), force=force, purpose=purpose, owner_id=owner, channel="email", address=address,
        address_hash=hashed, subject=said.subject, body=said.body, language=said.language, words=said.words,
        due_at=now, give_up_at=now + GIVE_UP_AFTER,
    )  # fmt: skip


def _revisions(forces: set[int]) -> dict[int, int]:
    rows = setwise.fetch("select id, words_revision from forces_force where id = any(%s)", [sorted(forces)])
    return {row["id"]: row["words_revision"] for row in rows}
