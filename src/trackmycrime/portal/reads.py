"""What the portal's pages ask the database for themselves, always inside the rows of the signed-in account."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from trackmycrime.forces.models import Force
from trackmycrime.forces.policy import DEFAULT, Policy
from trackmycrime.kernel import crypto, setwise
from trackmycrime.people import disguise
from trackmycrime.people.helping.rules import last_day
from trackmycrime.people.models import Access, Victim
from trackmycrime.publish import gate
from trackmycrime.publish.models import Case
from trackmycrime.publish.view import NAMED_ON_PAGE

_LOOK = f"""
with page as (
    select id, version, changed_at, force_id, crime_id, officer_id, unit_id from publish_case where id = %(case)s
), noted as (
    update people_account a set seen_at = %(now)s from page
    where a.id = %(account)s and (a.seen_at is null or a.seen_at < page.changed_at)
)
select version, force_id,
    (select coalesce(sum(version), 0)::bigint from publish_contact where {NAMED_ON_PAGE}) as contacts,
    (select count(*) from messages_message m
     where m.case_id = %(case)s and m.by = 'police' and m.read_at is null and m.replaced_at is null
       and m.victim_id = any ((select my_victims())::uuid[])) as unread,
    exists (select from people_victim v where v.crime_id = page.crime_id and v.force_id = page.force_id) as own,
    (select jsonb_agg(jsonb_build_array(a.id, a.victim_id, a.kind, encode(a.name, 'hex'), a.may_write, a.until,
        a.joined_at is not null, a.victim_id = any ((select my_victims())::uuid[])) order by a.given_at, a.id)
     from people_access a
     where a.crime_id = page.crime_id and a.force_id = page.force_id and a.ended_at is null and a.until > %(now)s)
        as access,
    alerts_seen(page.id, %(now)s) as opened, {disguise.ASKED} as disguised
from page
"""  # noqa: S608 (constants of ours; values are bound)


@dataclass(frozen=True)
class Shared:
    """Access to a case, as both sides of it see it."""

    id: UUID
    victim_id: UUID
    kind: str
    name: str
    may_write: bool
    until: datetime
    taken_up: bool
    given: bool
    """A part of the reader's own is shared by it; else it lets the reader in to the part of somebody else"""

    @property
    def last_day(self) -> date:
        """The last day of it."""
        return last_day(self.until)


@dataclass(frozen=True)
class State:
    """What the page of a case depends on, besides the reader's language, the day, and what is new to them."""

    version: int
    contacts: int
    unread: int
    disguised: bool
    """Whether the account asks for disguise"""
    own: bool = True
    """Whether the reader holds a part in it; else they were let in to it"""
    shared: tuple[Shared, ...] = ()
    """Whom the reader's parts are shared with, and by what the reader was let in: who has a part may be both"""
    force_id: int = 0


def look(case_id: UUID, account_id: UUID, *, now: datetime) -> State | None:
    """The state of a case, and a note that its reader has seen it: what they were told of is opened. None when it is
    not theirs to see.

    One statement; it writes only when something has changed since the account looked last.
    """
    rows = setwise.fetch(_LOOK, {"case": case_id, "account": account_id, "now": now})
    if not rows:
        return None
    row = rows[0]
    return State(
        row["version"],
        row["contacts"],
        row["unread"],
        row["disguised"],
        row["own"],
        _shared(row["access"]),
        row["force_id"],
    )


def _shared(rows: list[list[Any]] | None) -> tuple[Shared, ...]:
    return tuple(
        Shared(
            UUID(id_),
            UUID(victim),
            kind,
            crypto.unseal("people_access.name", UUID(id_), bytes.fromhex(name)) if given else "",
            may_write,
            datetime.fromisoformat(until),
            taken_up,
            given,
        )
        for id_, victim, kind, name, may_write, until, taken_up, given in rows or ()
    )


def let_in(account_id: UUID, case_id: UUID, *, now: datetime) -> list[Access]:
    """By what the signed-in account, which has no part in this case, was let in to it: what lets it write first."""
    case = gate.case_for(account_id, case_id)
    if case is None:
        return []
    found = Access.objects.filter(
        crime_id=case.crime_id, force_id=case.force_id, ended_at=None, until__gt=now
    )
    return list(found.order_by("-may_write", "-until", "id"))


def parts(account_id: UUID, case_id: UUID) -> list[UUID]:
    """The victims that this account is in this case, the one that joined first before the others; none: not theirs."""
    case = gate.case_for(account_id, case_id)
    if case is None:
        return []
    mine = Victim.objects.filter(crime_id=case.crime_id, account_id=account_id, live=True)
    return list(mine.order_by("joined_at", "id").values_list("id", flat=True))


def force_names() -> list[str]:
    """What the forces are called that this service is for, in both languages."""
    names = Force.objects.values_list("name", "name_cy")
    return [name for both in names for name in both if name]


def policy_of(victim: Victim) -> Policy:
    """What the force of this victim decides for itself."""
    return DEFAULT.changed(Force.objects.values_list("policy", flat=True).get(id=victim.force_id))


def answer_days(case_id: UUID) -> int:
    """Within how many working days the force of this case answers a message."""
    policy = Force.objects.filter(case__id=case_id).values_list("policy", flat=True).first()
    return DEFAULT.changed(policy or {}).answer_days


def my_parts(account_id: UUID) -> list[tuple[UUID, Victim]]:
    """(case, victim) of each part that this account has in a case that it may read, oldest first."""
    mine = list(Victim.objects.filter(account_id=account_id, live=True).order_by("joined_at", "id"))
    cases = dict(Case.objects.filter(crime_id__in=[v.crime_id for v in mine]).values_list("crime_id", "id"))
    return [(cases[victim.crime_id], victim) for victim in mine if victim.crime_id in cases]
