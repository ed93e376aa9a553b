"""What follows from what officers do about invitations."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from trackmycrime.alerts import api as alerts
from trackmycrime.forces.models import Force
from trackmycrime.people import invitations, letters
from trackmycrime.people.models import IdentityCheck, Victim
from trackmycrime.people.recovering import checks
from trackmycrime.publish.refresh import protected_crimes

from .desk import NotPossible, Staff, _actor, _victim


def _flagged(force: Force, victim: Victim) -> bool:
    return bool(protected_crimes(force, [victim.crime_id]))


def check_identity(staff: Staff, victim_id: UUID, how: str, what: Sequence[str], *, now: datetime) -> None:
    """An officer has made sure who this victim is, who had joined and cannot get in any more: it is written down.

    For an hour this officer may let them in again. Raises NotPossible: ``unknown``, ``not_joined``, ``not_enough``.
    """
    victim = _victim(staff, victim_id)
    if victim.account_id is None:
        raise NotPossible("not_joined")
    try:
        checks.record(victim, how, what, by=_actor(staff), now=now)
    except checks.NotEnough as wrong:
        raise NotPossible("not_enough") from wrong


def _check(staff: Staff, victim: Victim, now: datetime) -> IdentityCheck | None:
    """On what a new invitation rests; None for whom none is needed. Raises NotPossible: ``not_checked``."""
    if victim.account_id is None:
        return None
    found = checks.standing(victim, staff.account_id, now=now)
    if found is None:
        raise NotPossible("not_checked")
    return found


def invite_again(staff: Staff, victim_id: UUID, *, now: datetime) -> bool:
    """Send a new invitation, which ends the old one. False: no machine may, and a task says so.

    Who has joined is thereby let in again. Raises NotPossible: ``unknown``, ``not_checked`` (`check_identity`).
    """
    victim = _victim(staff, victim_id)
    check = _check(staff, victim, now)
    force = Force.objects.get(id=staff.force_id)
    flagged = {victim.id} if _flagged(force, victim) else set()
    invited = invitations.renew(force, [victim], flagged=flagged, now=now, by=_actor(staff), check=check)
    alerts.send_invitations(staff.force_id, invited, now=now)
    return bool(invited)


def invite_in_person(staff: Staff, victim_id: UUID, *, now: datetime) -> invitations.Invited | None:
    """Make a code that the officer hands over, knowing whom they give it to. Raises NotPossible as `invite_again`."""
    victim = _victim(staff, victim_id)
    force = Force.objects.get(id=staff.force_id)
    check = _check(staff, victim, now)
    return invitations.invite_in_person(force, victim, by=_actor(staff), check=check, now=now)


def invite_by_letter(staff: Staff, victim_id: UUID, *, now: datetime) -> invitations.Invited:
    """Make an invitation for a letter that the officer prints and posts.

    Raises NotPossible as `invite_again`, or why there may be no letter (`people.letters.why_not`, ``no_portal``).
    """
    victim = _victim(staff, victim_id)
    force = Force.objects.get(id=staff.force_id)
    if why := letters.why_not(victim, protected=_flagged(force, victim)):
        raise NotPossible(why)
    check = _check(staff, victim, now)
    made = invitations.invite_by_letter(force, victim, by=_actor(staff), check=check, now=now)
    if made is None:
        raise NotPossible("no_portal")
    return made
