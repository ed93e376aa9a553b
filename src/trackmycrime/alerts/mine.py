"""What was sent to the signed-in account, for the portal, in a transaction that is bound to it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from trackmycrime.kernel import setwise


@dataclass(frozen=True)
class SentToMe:
    """One letter that a provider took, or that could not be sent."""

    victim_id: UUID
    purpose: str
    """``alert``, ``invitation`` or ``code``"""
    about: str
    """What an alert was about: ``no_news``, ``contact_new``, ``contact_told``, ``sign_in``, or something new"""
    channel: str
    language: str
    state: str
    """``accepted``, ``delivered`` or ``failed``"""
    at: datetime
    on_file: bool | None
    """Whether it went to the address that is on file today; None for a channel without such a thing"""


def sent_to_me(*, most: int) -> list[SentToMe]:
    """The newest letters to the account, the newest first. One statement.

    The portal may read neither letters nor addresses: the database says what its own account may know, and nothing
    of what went out in disguise, nor where this site is not safe (`walls`).
    """
    rows = setwise.fetch("select * from sent_to_me(%s)", [most])
    return [SentToMe(**row) for row in rows]
