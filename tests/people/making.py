"""Made-up people for tests: forces, crimes, victims, accounts, and browsers that are signed in."""

import importlib
from datetime import UTC, datetime
from typing import Any

from django.contrib.sessions.backends.base import SessionBase
from django.utils.http import urlencode

from tests.support.doors import DoorClient, door_client
from trackmycrime.cases.models import Crime
from trackmycrime.forces.models import Force
from trackmycrime.kernel import crypto
from trackmycrime.people import accounts, invitations, staff
from trackmycrime.people.models import Account, Victim

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
EMAIL, MOBILE = "sam@example.org", "+447700900123"
PASSWORD = "wooden kettle orbit"


def make_force(slug: str = "kent") -> Force:
    return Force.objects.create(slug=slug, name=slug.title(), languages=["en"], created_at=NOW)


def make_crime(force: Force, reference: str = "46/1/26", **more: Any) -> Crime:
    return Crime.objects.create(
        force=force, reference=reference, reference_key=reference.lower(), offence_name="Burglary",
        category="burglary", reported_at="2026-11-24", stage="investigating", sequence=1, live=True, **more,
    )  # fmt: skip


def make_victim(
    crime: Crime, person: str = "p1", *, email: str | None = EMAIL, mobile: str | None = MOBILE, **more: Any
) -> Victim:
    return Victim.objects.create(
        force_id=crime.force_id, crime_id=crime.pk, person=person, role="victim", detail={"name": "Sam Example"},
        email=email, email_hash=crypto.blind_email(email) if email else None,
        mobile=mobile, mobile_hash=crypto.blind("mobile", mobile) if mobile else None, **more,
    )  # fmt: skip


def make_account(email: str = EMAIL, password: str = PASSWORD) -> Account:
    account = accounts.create("victim", email, password, now=NOW)
    assert account
    return account


def make_officer(force: Force, email: str = "jo@example.org", role: str = "officer", **more: Any) -> Account:
    added = staff.add(force, email, role, now=NOW, **more)
    account = Account.objects.get(pk=added.staff.pk)
    account.set_password(PASSWORD)
    account.save()
    return account


def invited(victim: Victim, now: datetime, *, flagged: bool = False) -> invitations.Invited:
    (made,) = invitations.invite(victim.force, [victim], flagged={victim.pk} if flagged else set(), now=now)
    return made


def sign_in(
    door: str, email: str = EMAIL, password: str = PASSWORD, *, client: DoorClient | None = None, **extra: Any
) -> tuple[DoorClient, Any]:
    """A browser that has sent the sign-in form of a door, and the answer."""
    client = client or door_client(door)
    next_ = extra.pop("next", None)
    address = "/sign-in/" + (f"?{urlencode({'next': next_})}" if next_ else "")
    return client, client.post(address, {"email": email, "password": password}, **extra)


def session_of(client: DoorClient) -> SessionBase:
    """The session that a browser holds, as its door reads it."""
    store = importlib.import_module(f"trackmycrime.people.sessions.{client.door}").SessionStore
    found: SessionBase = store(client.cookies[client.door].value)
    return found


class Counted:
    """The statements that ran."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.said.append(sql.lower())
        return execute(sql, params, many, context)
