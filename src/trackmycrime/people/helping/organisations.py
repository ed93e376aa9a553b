"""Advocate organisations: a force names them, their own administrators say who works there."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Count

from trackmycrime.audit import api as audit
from trackmycrime.kernel.limits import hit

from . import inviting
from .giving import GIVING
from .models import Access, Member, Organisation
from .rules import Kind, Refused


def add(
    force_id: int, officer: UUID | None, *, name: str, who: str, email: str, language: str, now: datetime
) -> tuple[Organisation, str]:
    """The force begins to work with an organisation, and invites its first administrator; gives their code.

    Here and below, no officer: by a command, before anybody sits at the desk.
    """
    of = Organisation.objects.create(force_id=force_id, name=name.strip(), created_at=now)
    code = _invite(of, who, email, Member.Role.ADMINISTRATOR, officer, language, now)
    _write_down(_force_did(officer), "organisation.added", of, force_id, now)
    return of, code


def invite_administrator(
    force_id: int,
    organisation_id: UUID,
    officer: UUID | None,
    *,
    who: str,
    email: str,
    language: str,
    now: datetime,
) -> str:
    """The force invites another administrator, when the one before has left without leaving one. Raises Refused."""
    of = _live(force_id, organisation_id)
    code = _invite(of, who, email, Member.Role.ADMINISTRATOR, officer, language, now)
    _write_down(_force_did(officer), "organisation.administrator_invited", of, force_id, now)
    return code


def close(force_id: int, organisation_id: UUID, officer: UUID | None, *, now: datetime) -> Organisation:
    """The force does not work with it any more: whoever works there sees nothing by it from now on, and each victim who
    let it in finds that it has ended. Raises Refused."""
    of = _live(force_id, organisation_id)
    of.ended_at = now
    of.save(update_fields=["ended_at"])
    actor = _force_did(officer)
    _write_down(actor, "organisation.closed", of, force_id, now)
    standing = Access.objects.select_for_update().filter(force_id=force_id, organisation=of, ended_at=None)
    let_in = list(standing.values_list("id", "victim_id"))
    Access.objects.filter(id__in=[id_ for id_, _ in let_in]).update(
        ended_at=now, ended_by=officer, ended_why="officer"
    )
    acts = [
        audit.Act(
            "access.ended", "victim", str(victim), {"access": str(id_), "kind": Kind.ORGANISATION.value}
        )
        for id_, victim in let_in
    ]
    audit.record(actor, acts, force=force_id, now=now)
    return of


def counts(ids: Sequence[UUID], now: datetime) -> dict[UUID, dict[str, int]]:
    """Of each of these: how many ``workers`` there are, how many more are ``invited``, and to how many ``cases`` they
    were let in. Two statements."""
    found = {id_: {"workers": 0, "invited": 0, "cases": 0} for id_ in ids}
    joined = Member.objects.filter(organisation_id__in=ids, ended_at=None).values_list(
        "organisation_id", "joined_at"
    )
    for id_, joined_at in joined:
        found[id_]["workers" if joined_at else "invited"] += 1
    access = Access.objects.filter(organisation_id__in=ids, ended_at=None, until__gt=now)
    for id_, n in access.order_by().values_list("organisation_id").annotate(n=Count("id")):
        found[id_]["cases"] = n
    return found


def led_by(account_id: UUID) -> list[Organisation]:
    """The organisations that the signed-in account is an administrator of."""
    mine = Member.objects.filter(
        account_id=account_id, role=Member.Role.ADMINISTRATOR, ended_at=None
    ).values_list("organisation_id", flat=True)
    return list(Organisation.objects.filter(id__in=list(mine), ended_at=None).order_by("name", "id"))


def members(organisation_id: UUID) -> list[Member]:
    """Who works there or was invited to, as far as the caller's door may see it."""
    return list(
        Member.objects.filter(organisation_id=organisation_id, ended_at=None).order_by("added_at", "id")
    )


def add_member(
    account_id: UUID,
    organisation_id: UUID,
    *,
    who: str,
    email: str,
    administrator: bool,
    language: str,
    now: datetime,
) -> str:
    """An administrator of the organisation invites somebody who works there; gives the code to tell them.

    Raises Refused: ``closed``, ``too_many``.
    """
    of = _led(account_id, organisation_id)
    if not hit(GIVING, str(account_id), now=now):
        raise Refused("too_many")
    role = Member.Role.ADMINISTRATOR if administrator else Member.Role.WORKER
    code = _invite(of, who, email, role, account_id, language, now)
    _write_down(audit.Actor("helper", str(account_id)), "member.invited", of, of.force_id, now)
    return code


def remove_member(account_id: UUID, member_id: UUID, *, now: datetime) -> Member:
    """An administrator takes somebody off, or somebody leaves: at once. Raises Refused: ``closed``; ``last`` where
    nobody would be left who says who works there."""
    member = Member.objects.filter(id=member_id, ended_at=None).first()
    if member is None:
        raise Refused("closed")
    if member.account_id != account_id:
        _led(account_id, member.organisation_id)
    elif member.role == Member.Role.ADMINISTRATOR and not _another(member):
        raise Refused("last")
    Member.objects.filter(id=member_id, ended_at=None).update(ended_at=now, ended_by=account_id)
    if member.account_id is None:
        inviting.revoke(member_id=member_id, now=now)
    act = audit.Act("member.removed", "member", str(member_id))
    audit.record(audit.Actor("helper", str(account_id)), [act], force=member.force_id, now=now)
    return member


def _another(member: Member) -> bool:
    others = Member.objects.filter(
        organisation_id=member.organisation_id,
        role=Member.Role.ADMINISTRATOR,
        ended_at=None,
        account__isnull=False,
    )
    return others.exclude(id=member.id).exists()


def _led(account_id: UUID, organisation_id: UUID) -> Organisation:
    found = next((one for one in led_by(account_id) if one.id == organisation_id), None)
    if found is None:
        raise Refused("closed")
    return found


def _live(force_id: int, organisation_id: UUID) -> Organisation:
    of = Organisation.objects.filter(force_id=force_id, id=organisation_id, ended_at=None).first()
    if of is None:
        raise Refused("closed")
    return of


def _invite(
    of: Organisation, who: str, email: str, role: str, by: UUID | None, language: str, now: datetime
) -> str:
    member = Member.objects.create(
        force_id=of.force_id, organisation=of, name=who.strip(), role=role, added_by=by, added_at=now
    )
    return inviting.invite(of.force_id, email, language=language, now=now, member_id=member.id)


def _force_did(officer: UUID | None) -> audit.Actor:
    return audit.Actor("officer", str(officer)) if officer else audit.SYSTEM


def _write_down(actor: audit.Actor, action: str, of: Organisation, force: int, now: datetime) -> None:
    audit.record(actor, [audit.Act(action, "organisation", str(of.id))], force=force, now=now)
