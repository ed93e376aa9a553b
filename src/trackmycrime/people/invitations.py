"""The police's side of an invitation: making, renewing, revoking, handing over, and texting codes.

Set-wise: each verb costs a fixed number of SQL statements, however many victims it is about. It runs in the caller's
transaction and sends nothing: who calls it writes the dispatches from what it returns.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from trackmycrime.audit import api as audit
from trackmycrime.delivery import addresses
from trackmycrime.forces.models import Force
from trackmycrime.kernel import crypto, setwise
from trackmycrime.kernel.ids import new_id
from trackmycrime.tasks import api as tasks

from . import codes, reaching
from .models import IdentityCheck, Invitation, Victim

LIFE = timedelta(hours=72)
LETTER_LIFE = timedelta(days=14)
"""Of one that goes by post: it is days on its way, and never the only proof."""
RENEWED_AFTER = {1: timedelta(days=3), 2: timedelta(days=10)}
"""Which round is followed by another, how long after the first was made. After the last, an officer is asked."""
TEXT_LIFE = timedelta(minutes=15)
ALIVE = (Invitation.State.OPEN, Invitation.State.OPENED)


class NotChecked(Exception):
    """This person has joined: nobody lets them in again without having checked who it is (`recovering.checks`)."""


@dataclass(frozen=True)
class Invited:
    """One invitation to send. `token` is plain here and nowhere else.

    `way` ``email``: the token goes into the link ``/start/<token>``. ``text``, ``letter``: it is the code to type at
    ``/start/``. ``desk``: it is the code that the officer hands over.
    """

    victim: Victim | reaching.Known
    invitation_id: UUID
    way: str
    token: str
    expires_at: datetime
    second: str
    round: int


def contact_of(victim: Victim | reaching.Known, *, lost: Collection[bytes] = ()) -> reaching.Contact:
    """What is known of reaching this victim, without opening an address; `lost` are addresses that are not used."""
    channels = victim.safe_channels
    return reaching.Contact(
        email=_bytes(victim.email_hash),
        mobile=_bytes(victim.mobile_hash),
        safe_known=victim.safe_known,
        safe_channels=None if channels is None else frozenset(channels),
        safe_from=victim.safe_from,
        safe_to=victim.safe_to,
        disguise=victim.disguise,
        no_portal=victim.no_portal,
        blocked=frozenset(bytes(each) for each in (*victim.blocked_hashes, *lost)),
    )


def _bytes(value: bytes | memoryview | None) -> bytes | None:
    return None if value is None else bytes(value)


def invite(
    force: Force, victims: Sequence[Victim | reaching.Known], *, flagged: Collection[UUID], now: datetime
) -> list[Invited]:
    """Invite each victim for the first time; returns what is to be sent.

    `flagged` are the victims in a protected case. Whom no machine may invite gets a task for the officer instead. Who
    has joined, was invited before, or is withdrawn is left out.
    """
    new = [v for v in victims if v.live and v.account_id is None and v.invited_at is None]
    setwise.update("people_victim", ["id"], ["invited_at"], [{"id": v.id, "invited_at": now} for v in new])
    # one to an address that was lost is stopped when it is about to go: nothing is read for each of a burst
    return _make(force, new, flagged, {}, (), by=audit.SYSTEM, now=now)


def renew(
    force: Force,
    victims: Sequence[Victim],
    *,
    flagged: Collection[UUID],
    now: datetime,
    by: audit.Actor = audit.SYSTEM,
    check: IdentityCheck | None = None,
) -> list[Invited]:
    """Replace the victims' invitations by new ones, for what is known of them now; the old ones end.

    By the system it is the next round of those that `due_for_renewal` named; by an officer it begins anew. Who has
    joined is let in again only where `check` shows that an officer made sure who it is: raises NotChecked.
    """
    ended = _end([v.pk for v in victims], now)
    again = ended if by is audit.SYSTEM else {}
    live = [v for v in victims if v.live]
    known = [bytes(each) for v in live for each in (v.email_hash, v.mobile_hash) if each is not None]
    lost = addresses.lost_among(force.pk, known)
    return _make(force, live, flagged, again, lost, by=by, check=check, now=now)


def invite_in_person(
    force: Force, victim: Victim, *, by: audit.Actor, now: datetime, check: IdentityCheck | None = None
) -> Invited | None:
    """Make a code that an officer hands over, knowing whom they give it to; earlier invitations end.

    None when the victim must not use the portal at all, or is withdrawn. Raises NotChecked as `renew`.
    """
    return _by_officer(force, victim, reaching.Plan("desk", second="none"), by=by, check=check, now=now)


def invite_by_letter(
    force: Force, victim: Victim, *, by: audit.Actor, now: datetime, check: IdentityCheck | None = None
) -> Invited | None:
    """Make an invitation for a letter in the post, which alone opens nothing; earlier ones end.

    Whether there may be a letter is `letters.why_not`. None when the victim must not use the portal, or is withdrawn.
    Raises NotChecked as `renew`.
    """
    return _by_officer(force, victim, reaching.by_letter(contact_of(victim)), by=by, check=check, now=now)


def _by_officer(
    force: Force,
    victim: Victim,
    plan: reaching.Plan,
    *,
    by: audit.Actor,
    check: IdentityCheck | None,
    now: datetime,
) -> Invited | None:
    if victim.no_portal or not victim.live:
        return None
    _end([victim.pk], now)
    made = _insert(force, [(victim, plan)], {}, by=by, check=check, now=now)
    for kind in ("invite_in_person", "invitation_not_used", "invitation_locked"):
        tasks.needless(force.pk, kind, [victim.pk], now=now)
    return made[0] if made else None


def revoke(victims: Sequence[UUID], *, now: datetime) -> int:
    """End the victims' open invitations (the case was withheld, the victim withdrawn); returns how many there were."""
    return len(_end(victims, now))


def _end(victims: Sequence[UUID], now: datetime) -> dict[UUID, tuple[int, datetime]]:
    """End open invitations; says for each victim which round it was, and when the first of them was made."""
    rows = setwise.fetch(
        "update people_invitation set state = 'revoked', finished_at = %s, proof_hash = null, code_wanted_at = null"
        " where victim_id = any(%s) and state in ('open', 'opened') returning victim_id, round, first_at",
        [now, list(victims)],
    )
    return {row["victim_id"]: (row["round"], row["first_at"]) for row in rows}


def _make(
    force: Force,
    victims: Sequence[Victim | reaching.Known],
    flagged: Collection[UUID],
    before: Mapping[UUID, tuple[int, datetime]],
    lost: Collection[bytes],
    *,
    by: audit.Actor,
    check: IdentityCheck | None = None,
    now: datetime,
) -> list[Invited]:
    plans = [
        (v, reaching.plan(contact_of(v, lost=lost), protected=v.id in flagged or v.under_age))
        for v in victims
    ]
    tasks.open_tasks(
        force.pk,
        [
            tasks.Need(
                plan.task,
                once=f"invite:{victim.id}",
                crime_id=victim.crime_id,
                victim_id=victim.id,
                detail={"reason": plan.reason},
            )
            for victim, plan in plans
            if plan.task
        ],
        now=now,
    )
    machines = [(v, plan) for v, plan in plans if not plan.task]
    return _insert(force, machines, before, by=by, check=check, now=now)


def _recovers(victim: Victim | reaching.Known, check: IdentityCheck | None) -> dict[str, UUID | None]:
    """Which account the invitation lets in again, and on whose check it rests."""
    if victim.account_id is None:
        return {"recovers": None, "check_id": None}
    if check is None or (check.victim_id, check.account_id) != (victim.id, victim.account_id):
        raise NotChecked
    return {"recovers": victim.account_id, "check_id": check.pk}


def _insert(
    force: Force,
    plans: Sequence[tuple[Victim | reaching.Known, reaching.Plan]],
    before: Mapping[UUID, tuple[int, datetime]],
    *,
    by: audit.Actor,
    check: IdentityCheck | None = None,
    now: datetime,
) -> list[Invited]:
    made: dict[UUID, Invited] = {}
    rows: list[dict[str, Any]] = []
    for victim, plan in plans:
        earlier, first_at = before.get(victim.id, (0, now))
        row = new_id()
        token = codes.link_token() if plan.way == "email" else codes.start_code()
        code = token if plan.second == "none" else codes.activation_code()
        until = now + (LETTER_LIFE if plan.way == "letter" else LIFE)
        made[row] = Invited(victim, row, plan.way, token, until, plan.second, earlier + 1)
        rows.append(
            {
                "id": row,
                "victim_id": victim.id,
                "round": earlier + 1,
                "first_at": first_at,
                "expires_at": until,
                "way": plan.way,
                "address_hash": plan.address,
                "token_hash": codes.link_hash(token) if plan.way == "email" else codes.start_hash(token),
                "second": plan.second,
                "activation_code": crypto.seal("people_invitation.activation_code", row, code),
                "activation_hash": codes.activation_hash(row, code),
                **_recovers(victim, check),
            }
        )
    same = {
        "force_id": force.pk,
        "state": Invitation.State.OPEN.value,
        "created_at": now,
        "codes_sent": 0,
        "tries": 0,
    }
    stored = setwise.insert(
        "people_invitation",
        list(rows[0]) if rows else [],
        rows,
        same=same,
        conflict="on conflict do nothing",
        returning="id",
    )
    invited = [made[row[0]] for row in stored]
    acts = [
        audit.Act("invited", "victim", str(one.victim.id), {"way": one.way, "round": one.round})
        for one in invited
    ]
    audit.record(by, acts, force=force.pk, now=now)
    return invited


@dataclass(frozen=True)
class Due:
    """An invitation that nobody has used: to be renewed, or (`last`) handed to an officer."""

    force_id: int
    victim_id: UUID
    crime_id: UUID
    last: bool


def due_for_renewal(now: datetime, most: int = 200) -> list[Due]:
    """Unused invitations whose time has come, claimed for this transaction; for `renew` and `hand_over`."""
    rows = setwise.fetch(
        # a letter is followed by no machine: when it has run out, an officer is asked
        "select i.force_id, i.victim_id, v.crime_id, i.round > %s or i.way = 'letter' as last"
        " from people_invitation i join people_victim v on v.id = i.victim_id"
        " where i.state in ('open', 'opened') and v.account_id is null and ("
        " (i.round = 1 and i.first_at <= %s and i.way <> 'letter')"
        " or (i.round = 2 and i.first_at <= %s and i.way <> 'letter')"
        " or ((i.round > %s or i.way = 'letter') and i.expires_at <= %s))"
        " order by i.first_at limit %s for update of i skip locked",
        [len(RENEWED_AFTER), now - RENEWED_AFTER[1], now - RENEWED_AFTER[2], len(RENEWED_AFTER), now, most],
    )
    return [Due(row["force_id"], row["victim_id"], row["crime_id"], row["last"]) for row in rows]


def hand_over(force: Force, due: Sequence[Due], *, now: datetime) -> int:
    """End the last round of these victims' invitations and ask the officer; returns how many tasks are new."""
    Invitation.objects.filter(victim_id__in=[each.victim_id for each in due], state__in=ALIVE).update(
        state=Invitation.State.EXPIRED, finished_at=now, proof_hash=None, code_wanted_at=None
    )
    needs = [
        tasks.Need(
            "invitation_not_used",
            once=f"invite:{each.victim_id}",
            crime_id=each.crime_id,
            victim_id=each.victim_id,
        )
        for each in due
    ]
    return tasks.open_tasks(force.pk, needs, now=now)


@dataclass(frozen=True)
class CodeWanted:
    """A code to text to the victim's mobile; plain here and nowhere else."""

    victim: Victim
    invitation_id: UUID
    code: str
    expires_at: datetime


def codes_wanted(now: datetime, most: int = 100) -> list[CodeWanted]:
    """Make the codes that people on the portal have asked for, in the worker's transaction; they live 15 minutes.

    Looks once more: nothing is made where texts are no longer safe, at an hour that is not, or after the fifth.
    """
    asked = (
        Invitation.objects.select_for_update(skip_locked=True, of=("self",))
        .filter(code_wanted_at__isnull=False)
        .select_related("victim")
        .order_by("code_wanted_at")[:most]
    )
    made, rows = [], []
    for one in asked:
        contact = contact_of(one.victim)
        may = (
            one.state == Invitation.State.OPENED
            and one.expires_at > now
            and one.victim.live
            and one.codes_sent < 5
            and not reaching.forbidden(contact, protected=False)
            and contact.address("text") is not None
            and reaching.within_hours(contact, now)
        )
        code = codes.text_code()
        row: dict[str, Any] = {"id": one.pk, "code_wanted_at": None}
        row |= {"codes_sent": one.codes_sent, "code_sent_at": one.code_sent_at}
        row |= {"code_hash": one.code_hash, "code_expires_at": one.code_expires_at}
        if may:
            made.append(CodeWanted(one.victim, one.pk, code, now + TEXT_LIFE))
            row |= {"codes_sent": one.codes_sent + 1, "code_sent_at": now, "code_expires_at": now + TEXT_LIFE}
            row["code_hash"] = codes.text_hash(one.pk, code)
        rows.append(row)
    columns = ["code_wanted_at", "codes_sent", "code_sent_at", "code_hash", "code_expires_at"]
    setwise.update("people_invitation", ["id"], columns, rows)
    return made


@dataclass(frozen=True)
class Sheet:
    """What an officer gives to a victim: the code, and what it is for."""

    code: str
    way: str
    second: str
    state: str
    expires_at: datetime


def sheet(victim_id: UUID) -> Sheet | None:
    """The open invitation of a victim of this force, with the code to hand over; None when there is none."""
    one = Invitation.objects.filter(victim_id=victim_id, state__in=ALIVE).first()
    if one is None:
        return None
    return Sheet(one.activation_code, one.way, one.second, one.state, one.expires_at)
