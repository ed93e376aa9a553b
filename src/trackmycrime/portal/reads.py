"""What the portal's pages ask the database for themselves, always inside the rows of the signed-in account."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from trackmycrime.forces.models import Force
from trackmycrime.forces.policy import DEFAULT, Policy
from trackmycrime.kernel import setwise
from trackmycrime.people import disguise
from trackmycrime.people.models import Victim
from trackmycrime.publish import gate
from trackmycrime.publish.models import Case
from trackmycrime.publish.view import NAMED_ON_PAGE

_LOOK = f"""
with page as (
    select id, version, changed_at, force_id, officer_id, unit_id from publish_case where id = %(case)s
), noted as (
    update people_account a set seen_at = %(now)s from page
    where a.id = %(account)s and (a.seen_at is null or a.seen_at < page.changed_at)
)
select version,
    (select coalesce(sum(version), 0)::bigint from publish_contact where {NAMED_ON_PAGE}) as contacts,
    (select count(*) from messages_message m
     where m.case_id = %(case)s and m.by = 'police' and m.read_at is null and m.replaced_at is null) as unread,
    alerts_seen(page.id, %(now)s) as opened, {disguise.ASKED} as disguised
from page
"""  # noqa: S608 (constants of ours; values are bound)


@dataclass(frozen=True)
class State:
    """What the page of a case depends on, besides the reader's language, the day, and what is new to them."""

    version: int
    contacts: int
    unread: int
    disguised: bool
    """Whether the account asks for disguise"""


def look(case_id: UUID, account_id: UUID, *, now: datetime) -> State | None:
    """The state of a case, and a note that its reader has seen it: what they were told of is opened. None when it is
    not theirs to see.

    One statement; it writes only when something has changed since the account looked last.
    """
    rows = setwise.fetch(_LOOK, {"case": case_id, "account": account_id, "now": now})
    return (
        State(*(rows[0][name] for name in ("version", "contacts", "unread", "disguised"))) if rows else None
    )


def parts(account_id: UUID, case_id: UUID) -> list[UUID]:
    """The victims that this account is in this case, the one that joined first before the others; none: not theirs."""
    case = gate.case_for(account_id, case_id)
    if case is None:
        return []
    mine = Victim.objects.filter(crime_id=case.crime_id, account_id=account_id, live=True)
    return list(mine.order_by("joined_at", "id").values_list("id", flat=True))


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
