"""That an officer has checked who somebody is: written down, and for an hour what an invitation may rest on."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from trackmycrime.audit import api as audit
from trackmycrime.people.models import IdentityCheck, Victim

from . import rules

HOLDS = timedelta(hours=1)
"""For so long the officer who checked may let this person in again."""


class NotEnough(ValueError):
    """What was looked at does not show who it is (`rules.enough`)."""


def record(victim: Victim, how: str, what: Sequence[str], *, by: audit.Actor, now: datetime) -> IdentityCheck:
    """Write down that this officer has made sure who it is. For a victim who has joined. Raises NotEnough."""
    assert victim.account_id
    if not rules.enough(how, what):
        raise NotEnough(how)
    looked = sorted(set(what))
    check = IdentityCheck.objects.create(
        force_id=victim.force_id,
        victim_id=victim.pk,
        account_id=victim.account_id,
        by=UUID(by.id),
        at=now,
        how=how,
        what=looked,
    )
    act = audit.Act("identity_checked", "victim", str(victim.pk), {"how": how, "what": looked})
    audit.record(by, [act], force=victim.force_id, now=now)
    return check


def standing(victim: Victim, by: UUID, *, now: datetime) -> IdentityCheck | None:
    """The check by which this officer may let this person in again now; None when there is none (any more)."""
    if victim.account_id is None:
        return None
    found = IdentityCheck.objects.filter(
        force_id=victim.force_id, victim_id=victim.pk, account_id=victim.account_id, by=by, at__gt=now - HOLDS
    )
    return found.order_by("-at").first()


def newest(victim: Victim) -> IdentityCheck | None:
    """The last check of this person, by whomever."""
    return IdentityCheck.objects.filter(force_id=victim.force_id, victim_id=victim.pk).order_by("-at").first()
