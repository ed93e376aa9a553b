"""People who are let in to the case of somebody else, for tests."""

from datetime import timedelta
from typing import Any

from trackmycrime.kernel import crypto
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.models import Access, Account, Member, Organisation, Victim

PASSWORD = "three random words"


def person(email: str) -> Account:
    """Somebody with a sign-in at the portal."""
    account = Account(kind="victim", email=email, email_hash=crypto.blind_email(email), created_at=utc_now())
    account.set_password(PASSWORD)
    account.save(force_insert=True)
    return account


def let_in(victim: Victim, account: Account | None = None, **more: Any) -> Access:
    """Access that this victim gave, taken up by that account."""
    now = utc_now()
    given = {
        "kind": "helper", "name": "Gwen Example", "until": now + timedelta(days=30), "given_by": victim.account_id,
        "given_at": now, "joined_at": now if account else None,
    } | more  # fmt: skip
    return Access.objects.create(
        force_id=victim.force_id, victim=victim, crime_id=victim.crime_id, account=account, **given
    )


def organisation(force: Any, name: str = "Harbour Advocates") -> Organisation:
    return Organisation.objects.create(force=force, name=name, created_at=utc_now())


def worker(of: Organisation, account: Account | None, role: str = "worker", **more: Any) -> Member:
    now = utc_now()
    return Member.objects.create(
        force=of.force, organisation=of, account=account, name="Ivo Example", role=role, added_by=of.id,
        added_at=now, joined_at=now if account else None, **more,
    )  # fmt: skip
