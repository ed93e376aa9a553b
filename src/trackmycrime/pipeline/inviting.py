"""What follows from what officers do about invitations."""

from datetime import datetime
from uuid import UUID

from trackmycrime.alerts import api as alerts
from trackmycrime.forces.models import Force
from trackmycrime.people import invitations, letters
from trackmycrime.people.models import Victim
from trackmycrime.publish.refresh import protected_crimes

from .desk import NotPossible, Staff, _actor, _victim


def _flagged(force: Force, victim: Victim) -> bool:
    return bool(protected_crimes(force, [victim.crime_id]))


def invite_again(staff: Staff, victim_id: UUID, *, now: datetime) -> bool:
    """Send a new invitation, which ends the old one. False: no machine may, and a task says so. Raises NotPossible."""
    victim = _victim(staff, victim_id)
    force = Force.objects.get(id=staff.force_id)
    flagged = {victim.id} if _flagged(force, victim) else set()
    invited = invitations.renew(force, [victim], flagged=flagged, now=now, by=_actor(staff))
    alerts.send_invitations(staff.force_id, invited, now=now)
    return bool(invited)


def invite_in_person(staff: Staff, victim_id: UUID, *, now: datetime) -> invitations.Invited | None:
    """Make a code that the officer hands over, knowing whom they give it to. Raises NotPossible."""
    force = Force.objects.get(id=staff.force_id)
    return invitations.invite_in_person(force, _victim(staff, victim_id), by=_actor(staff), now=now)


def invite_by_letter(staff: Staff, victim_id: UUID, *, now: datetime) -> invitations.Invited:
    """Make an invitation for a letter that the officer prints and posts.

    Raises NotPossible: ``unknown``, or why no letter may be sent to them (`people.letters.why_not`, ``no_portal``).
    """
    victim = _victim(staff, victim_id)
    force = Force.objects.get(id=staff.force_id)
    if why := letters.why_not(victim, protected=_flagged(force, victim)):
        raise NotPossible(why)
    made = invitations.invite_by_letter(force, victim, by=_actor(staff), now=now)
    if made is None:
        raise NotPossible("no_portal")
    return made
