"""Who lets in whom: a victim their helpers and an organisation, an officer the guardian of a child. And how it ends.

Each verb runs in its caller's transaction, under the row security of the caller's door, which says all of it again.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from trackmycrime.audit import api as audit
from trackmycrime.kernel import setwise
from trackmycrime.kernel.clock import london_date
from trackmycrime.kernel.limits import Limit, hit
from trackmycrime.people.models import Victim

from . import inviting, rules
from .models import Access, Organisation
from .rules import Kind, Part, Refused

GIVING = Limit("help-giving", 10, timedelta(days=1))
"""How many mails one person may have sent in a day by letting people in: an address of somebody else gets them."""
BUSINESS = "business_contact"


@dataclass(frozen=True)
class Given:
    """Access that was given, and the code to tell whoever is to take it up (shown once)."""

    access_id: UUID
    code: str


def part_of(victim: Victim) -> Part:
    """What the rules need to know of this victim."""
    born = victim.detail.get("born_on")
    return Part(victim.role, victim.under_age, victim.no_portal, date.fromisoformat(born) if born else None)


def _mine(account_id: UUID, victim_id: UUID) -> Victim:
    victim = Victim.objects.filter(id=victim_id, account_id=account_id, live=True).first()
    if victim is None:
        raise Refused("closed")
    return victim


def give(
    account_id: UUID,
    victim_id: UUID,
    *,
    name: str,
    email: str,
    may_write: bool,
    day: date,
    language: str,
    now: datetime,
) -> Given:
    """The victim lets a person in to this one case, through that day. Raises Refused (`rules`), also ``too_many``."""
    victim = _mine(account_id, victim_id)
    ends = rules.until(Kind.HELPER, part_of(victim), day, london_date(now))
    _count(account_id, now)
    access = _new(
        victim, Kind.HELPER, name, ends, given_by=account_id, by_officer=False, may_write=may_write, now=now
    )
    code = inviting.invite(victim.force_id, email, language=language, now=now, access_id=access.id)
    _write_down(audit.Actor("victim", str(account_id)), "access.given", access, None, now)
    return Given(access.id, code)


def give_organisation(
    account_id: UUID, victim_id: UUID, organisation_id: UUID, *, may_write: bool, day: date, now: datetime
) -> Access:
    """The victim lets in an organisation, whoever works there: from this moment on. Raises Refused."""
    victim = _mine(account_id, victim_id)
    ends = rules.until(Kind.ORGANISATION, part_of(victim), day, london_date(now))
    of = Organisation.objects.filter(id=organisation_id, force_id=victim.force_id, ended_at=None).first()
    if of is None:
        raise Refused("closed")
    if Access.objects.filter(victim=victim, organisation=of, ended_at=None).exists():
        raise Refused("already")
    access = _new(
        victim, Kind.ORGANISATION, of.name, ends, given_by=account_id, by_officer=False, may_write=may_write,
        now=now, organisation=of,
    )  # fmt: skip
    _write_down(audit.Actor("victim", str(account_id)), "access.given", access, None, now)
    return access


def give_guardian(
    force_id: int,
    victim_id: UUID,
    officer: UUID,
    *,
    name: str,
    email: str,
    may_write: bool,
    language: str,
    now: datetime,
) -> Given:
    """An officer lets in the parent or guardian of a child, until the 18th birthday. Raises Refused."""
    victim = Victim.objects.filter(force_id=force_id, id=victim_id, live=True).first()
    if victim is None:
        raise Refused("closed")
    ends = rules.until(Kind.GUARDIAN, part_of(victim), None, london_date(now))
    access = _new(
        victim, Kind.GUARDIAN, name, ends, given_by=officer, by_officer=True, may_write=may_write, now=now
    )
    code = inviting.invite(force_id, email, language=language, now=now, access_id=access.id)
    _write_down(audit.Actor("officer", str(officer)), "access.given", access, force_id, now)
    return Given(access.id, code)


def change(account_id: UUID, access_id: UUID, *, may_write: bool, day: date, now: datetime) -> Access:
    """The victim changes until when, and whether they may write. Raises Refused."""
    access = _given(account_id, access_id)
    if access.kind == Kind.GUARDIAN or access.by_officer:
        raise Refused("closed")
    ends = rules.until(Kind(access.kind), part_of(access.victim), day, london_date(now))
    Access.objects.filter(id=access_id, ended_at=None).update(until=ends, may_write=may_write)
    _write_down(audit.Actor("victim", str(account_id)), "access.changed", access, None, now)
    return access


def again(account_id: UUID, access_id: UUID, *, email: str, language: str, now: datetime) -> str:
    """Invite anew whoever has not taken it up; the invitation before ends. Gives the new code. Raises Refused."""
    access = _given(account_id, access_id)
    if access.account_id is not None or access.organisation_id is not None:
        raise Refused("already")
    _count(account_id, now)
    inviting.revoke(access_id=access_id, now=now)
    code = inviting.invite(access.force_id, email, language=language, now=now, access_id=access_id)
    _write_down(audit.Actor("victim", str(account_id)), "access.invited_again", access, None, now)
    return code


def anew(account_id: UUID, access_id: UUID, *, email: str, language: str, now: datetime) -> Given:
    """Who was let in cannot sign in any more: what they had ends, and they are invited anew to the same, until the same
    day. Raises Refused."""
    access = _given(account_id, access_id)
    if access.kind != Kind.HELPER or access.by_officer or access.account_id is None:
        raise Refused("closed")
    rules.until(Kind.HELPER, part_of(access.victim), rules.last_day(access.until), london_date(now))
    _count(account_id, now)
    _end(access, by=account_id, why="lost", now=now)
    actor = audit.Actor("victim", str(account_id))
    _write_down(actor, "access.ended", access, None, now)
    new = _new(
        access.victim, Kind.HELPER, access.name, access.until, given_by=account_id, by_officer=False,
        may_write=access.may_write, now=now,
    )  # fmt: skip
    code = inviting.invite(access.force_id, email, language=language, now=now, access_id=new.id)
    _write_down(actor, "access.given", new, None, now)
    return Given(new.id, code)


def end(account_id: UUID, access_id: UUID, *, now: datetime) -> Access:
    """The victim ends access to their case: at once, and whoever gave it. Raises Refused."""
    access = _given(account_id, access_id)
    _end(access, by=account_id, why="victim", now=now)
    _write_down(audit.Actor("victim", str(account_id)), "access.ended", access, None, now)
    return access


def end_by_officer(force_id: int, access_id: UUID, officer: UUID, *, now: datetime) -> Access:
    """An officer ends it: it only protects. Raises Refused."""
    access = Access.objects.filter(force_id=force_id, id=access_id, ended_at=None).first()
    if access is None:
        raise Refused("closed")
    _end(access, by=officer, why="officer", now=now)
    _write_down(audit.Actor("officer", str(officer)), "access.ended", access, force_id, now)
    return access


def hand_over(account_id: UUID, access_id: UUID, *, keep_addresses: bool, now: datetime) -> None:
    """A business's named contact makes a colleague who helps with the case the named contact: it is theirs from now on.

    Unless `keep_addresses` (they are the business's), what police know for reaching the one before is not used any
    more; either way an officer is asked to tell the records system. Raises Refused.
    """
    access = _given(account_id, access_id)
    if access.victim.role != BUSINESS:
        raise Refused("not_a_business")
    if access.account_id is None:
        raise Refused("not_joined")
    rows = setwise.fetch("select * from people_hand_over(%s, %s, %s)", [access_id, keep_addresses, now])
    if not rows:
        raise Refused("closed")
    acts = [
        audit.Act(
            "contact.handed_over", "victim", str(access.victim_id),
            {"access": str(access_id), "to": str(rows[0]["account_id"])},
        )
    ]  # fmt: skip
    audit.record(audit.Actor("victim", str(account_id)), acts, force=access.force_id, now=now)


def leave(account_id: UUID, access_id: UUID, *, now: datetime) -> None:
    """Who helps does not want to any more. Raises Refused."""
    rows = setwise.fetch("select * from people_access_leave(%s, %s)", [access_id, now])
    if not rows:
        raise Refused("closed")
    _helper_did(account_id, "access.left", access_id, rows[0], now)


def want_alerts(account_id: UUID, access_id: UUID, wanted: bool, *, now: datetime) -> None:
    """Who helps asks to be told that there is something new, or not any more. Raises Refused."""
    rows = setwise.fetch("select * from people_access_alerts(%s, %s)", [access_id, wanted])
    if not rows:
        raise Refused("closed")
    action = "access.alerts_on" if wanted else "access.alerts_off"
    _helper_did(account_id, action, access_id, rows[0], now)


def looked(account_id: UUID, access: UUID, victim_id: UUID, *, force_id: int, now: datetime) -> None:
    """Write down that somebody who was let in has opened the case: the act is theirs, not the victim's."""
    row = {"force_id": force_id, "victim_id": victim_id}
    _helper_did(account_id, "case.seen_by_helper", access, row, now)


def _helper_did(
    account_id: UUID, action: str, access_id: UUID, row: dict[str, object], now: datetime
) -> None:
    act = audit.Act(action, "victim", str(row["victim_id"]), {"access": str(access_id)})
    force = row["force_id"]
    assert isinstance(force, int)
    audit.record(audit.Actor("helper", str(account_id)), [act], force=force, now=now)


def _given(account_id: UUID, access_id: UUID) -> Access:
    """Access to a part that this account holds, that has not ended."""
    found = Access.objects.select_related("victim").filter(
        id=access_id, ended_at=None, victim__account_id=account_id, victim__live=True
    )
    access = found.first()
    if access is None:
        raise Refused("closed")
    return access


def _end(access: Access, *, by: UUID, why: str, now: datetime) -> None:
    Access.objects.filter(id=access.id, ended_at=None).update(ended_at=now, ended_by=by, ended_why=why)
    inviting.revoke(access_id=access.id, now=now)


def _count(account_id: UUID, now: datetime) -> None:
    if not hit(GIVING, str(account_id), now=now):
        raise Refused("too_many")


def _new(
    victim: Victim,
    kind: Kind,
    name: str,
    until: datetime,
    *,
    given_by: UUID,
    by_officer: bool,
    may_write: bool,
    now: datetime,
    organisation: Organisation | None = None,
) -> Access:
    return Access.objects.create(
        force_id=victim.force_id,
        victim=victim,
        crime_id=victim.crime_id,
        kind=kind.value,
        name=name.strip(),
        may_write=may_write,
        until=until,
        given_by=given_by,
        by_officer=by_officer,
        given_at=now,
        organisation=organisation,
        joined_at=now if organisation else None,
    )


def _write_down(actor: audit.Actor, action: str, access: Access, force: int | None, now: datetime) -> None:
    detail = {"access": str(access.id), "kind": access.kind}
    act = audit.Act(action, "victim", str(access.victim_id), detail)
    audit.record(actor, [act], force=access.force_id if force is None else force, now=now)
