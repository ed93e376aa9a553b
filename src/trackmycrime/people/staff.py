"""Officers' accounts: who is on the staff of which force, and the link by which a password is set."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import make_password
from django.db import connection, transaction

from trackmycrime.audit import api as audit
from trackmycrime.forces.models import Force
from trackmycrime.kernel import crypto, scope

from . import accounts, codes
from .access import StaffMember
from .models import Account, DeskSession, Identity, ProviderSession, SetupLink, Staff

SETUP_LIFE = timedelta(hours=24)


class NotOurs(Exception):
    """That email belongs to an officer of another force."""


class VouchedFor(Exception):
    """The force's OpenID provider says what this officer may do; it is changed there."""


@dataclass(frozen=True)
class Added:
    """A member of staff, and the secret part of their set-up link (shown once)."""

    staff: Staff
    token: str
    again: bool = False
    """Whether they had been set up before: using the link ends what they signed in with"""


def member(account_id: UUID) -> StaffMember | None:
    """The member of staff that this account is; None when it is none (any more)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select force_id, role, officer_id, by_provider from people_staff_of(%s)", [account_id]
        )
        row = cursor.fetchone()
    return StaffMember(account_id, *row) if row else None


def add(
    force: Force, email: str, role: str, *, officer_id: str = "", checked: str = "", now: datetime
) -> Added:
    """Put an officer on the staff and make their set-up link; done again it changes the role and makes a new link.

    A new link lets in again who lost what they signed in with, so it is written down as that, with how somebody made
    sure that it is the officer who asks (`checked`).
    Needs the owner's login. An older link of theirs ends. Without `officer_id` the officer is found by the same
    email in what the records system says. Raises NotOurs for an email of another force's officer,
    VouchedFor for one whom the force's provider vouches for.
    """
    with transaction.atomic():
        account = Account.objects.filter(
            kind=Account.Kind.OFFICER, email_hash=crypto.blind_email(email)
        ).first() or accounts.create(Account.Kind.OFFICER, email, None, now=now)
        assert account is not None
        known = Staff.objects.filter(account=account).first()
        if known and known.force_id != force.pk:
            raise NotOurs
        if known and known.by_provider:
            raise VouchedFor
        staff, _ = Staff.objects.update_or_create(
            account=account,
            defaults={
                "force": force,
                "role": role,
                # compared without case, as the feed keeps it
                "officer_id": officer_id.strip().casefold(),
                "active": True,
            },
        )
        SetupLink.objects.filter(account=account, used_at=None).delete()
        token = codes.link_token()
        SetupLink.objects.create(
            account=account, token_hash=codes.setup_hash(token), expires_at=now + SETUP_LIFE
        )
        again = account.has_usable_password()
        detail = {"role": role} | ({"checked": checked or "not said"} if again else {})
        act = audit.Act("staff_let_in_again" if again else "staff_added", "account", str(account.pk), detail)
        audit.record(audit.SYSTEM, [act], force=force.pk, now=now)
    return Added(staff, token, again)


def remove(force: Force, email: str, *, now: datetime) -> bool:
    """Take an officer off the staff: sessions and set-up links end at once. False when they are not on it.

    Whom the force's provider vouches for is off it for good then, also when its claims have closed the account before.
    """
    with transaction.atomic():
        staff = Staff.objects.filter(force=force, account__email_hash=crypto.blind_email(email)).first()
        if staff is None:
            return False
        by_claims = Identity.objects.filter(account_id=staff.pk, closed_at__isnull=False).update(
            closed_at=None
        )
        if not (staff.active or by_claims):
            return False
        staff.active = False
        staff.save(update_fields=["active"])
        SetupLink.objects.filter(account_id=staff.pk, used_at=None).delete()
        DeskSession.objects.filter(account_id=staff.pk).delete()
        ProviderSession.objects.filter(account_id=staff.pk).delete()
        acts = [audit.Act("staff_removed", "account", str(staff.pk))]
        audit.record(audit.SYSTEM, acts, force=force.pk, now=now)
    return True


def setup_usable(token: str, *, now: datetime) -> bool:
    """Whether a set-up link still works. Uses nothing up."""
    with connection.cursor() as cursor:
        cursor.execute("select people_setup_usable(%s, %s)", [codes.setup_hash(token), now])
        return bool(cursor.fetchone()[0])


def set_up(token: str, password: str, *, now: datetime) -> UUID | None:
    """Set the password by the link, use the link up, and end the account's sessions; None when it does not work."""
    secret = make_password(password)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "select * from people_setup_use(%s, %s, %s)", [codes.setup_hash(token), secret, now]
            )
            row = cursor.fetchone()
        if row is None:
            return None
        account, force = row
        with scope.bound(force=force):
            actor = audit.Actor("officer", str(account))
            audit.record(actor, [audit.Act("staff_set_up", "account", str(account))], force=force, now=now)
    return UUID(str(account))
