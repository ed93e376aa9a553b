"""The invitation by which somebody takes up access, or work for an organisation: made here, sent by the worker.

Two proofs of their own: a link that comes to their mailbox, and a code that whoever invited them tells them another
way. The link's token is made when the mail is; the code is shown once, when it is made.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from trackmycrime.kernel import bell, crypto, setwise
from trackmycrime.kernel.ids import new_id
from trackmycrime.people import codes

from .models import HelpInvitation

LIFE = timedelta(hours=72)
BELL = "helping"
"""What the worker's pass is called that sends these mails and ends what is over (`rounds.PASSES`)."""
UNUSED = ("waiting", "open", "opened")


def link_hash(token: str) -> bytes:
    """By which a link's invitation is found."""
    return crypto.blind("help-link", token)


def code_hash(invitation: UUID, code: str) -> bytes:
    """The code of just this invitation."""
    return crypto.blind("help-code", f"{invitation}:{codes.plain(code)}")


def invite(
    force_id: int,
    email: str,
    *,
    language: str,
    now: datetime,
    access_id: UUID | None = None,
    member_id: UUID | None = None,
) -> str:
    """Invite somebody to take up this access or membership; returns the code to tell them, plain here and nowhere else.

    An earlier invitation to the same must have ended (`revoke`).
    """
    row, code = new_id(), codes.activation_code()
    HelpInvitation.objects.create(
        id=row,
        force_id=force_id,
        access_id=access_id,
        member_id=member_id,
        email=email.strip(),
        email_hash=crypto.blind_email(email),
        language=language,
        code_hash=code_hash(row, code),
        created_at=now,
        expires_at=now + LIFE,
    )
    bell.ring(BELL)
    return code


def revoke(*, now: datetime, access_id: UUID | None = None, member_id: UUID | None = None) -> int:
    """End the open invitation to this; says how many there were."""
    found = HelpInvitation.objects.filter(state__in=UNUSED)
    of = {"access_id": access_id} if access_id else {"member_id": member_id}
    return found.filter(**of).update(state="revoked", finished_at=now)


@dataclass(frozen=True)
class ToSend:
    """One invitation to send; `token` is plain here and nowhere else."""

    id: UUID
    force_id: int
    email: str
    email_hash: bytes
    language: str
    token: str
    expires_at: datetime


def to_send(now: datetime, *, most: int = 100) -> list[ToSend]:
    """Make the links of invitations that wait, in the worker's transaction; other workers skip them."""
    waiting = HelpInvitation.objects.select_for_update(skip_locked=True).filter(
        state="waiting", expires_at__gt=now
    )
    made = [
        ToSend(
            one.id, one.force_id, one.email, bytes(one.email_hash), one.language, codes.link_token(), one.expires_at
        )
        for one in waiting.order_by("expires_at")[:most]
    ]  # fmt: skip
    rows = [{"id": one.id, "token_hash": link_hash(one.token), "state": "open"} for one in made]
    setwise.update("people_help_invitation", ["id"], ["token_hash", "state"], rows)
    return made


def still_open(ids: Sequence[UUID], now: datetime) -> set[UUID]:
    """Those of these invitations whose mail may still go: nobody has ended them, nor what they are for."""
    rows = setwise.fetch(
        "select i.id from people_help_invitation i"
        " left join people_access a on a.id = i.access_id left join people_member m on m.id = i.member_id"
        " where i.id = any(%s) and i.state in ('open', 'opened') and i.expires_at > %s"
        " and a.ended_at is null and m.ended_at is null",
        [list(ids), now],
    )
    return {row["id"] for row in rows}
