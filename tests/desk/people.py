"""Forces whose records system has sent something, and officers who sign in at the desk by its page."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from tests.support.doors import DoorClient, door_client, role
from tests.support.events import START, crime, event, judged, make_force, make_source, victim
from trackmycrime import pipeline
from trackmycrime.cases.models import Crime
from trackmycrime.feed.accept import Source
from trackmycrime.feed.models import Event
from trackmycrime.forces.models import Force
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.crypto import blind_email
from trackmycrime.kernel.scope import bound
from trackmycrime.messages import api as messages
from trackmycrime.people.models import Account, Staff, Victim
from trackmycrime.publish.models import Case, Entry

PASSWORD = "three random words"


@dataclass
class World:
    """One force, its records system, and what was sent."""

    force: Force
    source: Source
    sequence: int = 10
    accounts: dict[str, Account] = field(default_factory=dict)

    def send(self, *events: Any) -> None:
        """Deliver events as the gateway does; all must be taken."""
        with role("gateway"), bound(force=self.force.id):
            results = pipeline.take_events(self.source, judged(*events, now=utc_now()), now=utc_now())
        assert {result.status for result in results} <= {"applied"}, results

    def crime(self, reference: str = "52/1") -> Crime:
        return Crime.objects.get(force=self.force, reference=reference)

    def case(self, reference: str = "52/1") -> Case:
        return Case.objects.get(crime_id=self.crime(reference).id)

    def victim(self, reference: str = "52/1", person: str = "P1") -> Victim:
        return Victim.objects.get(crime_id=self.crime(reference).id, person=person)

    def held(self, reference: str = "52/1") -> Entry:
        return Entry.objects.get(case=self.case(reference), state="held")

    def join(self, person: str = "P1") -> Account:
        """Give the person an account and all their parts in crimes."""
        email = f"{person.lower()}@example.org"
        account = Account.objects.filter(kind="victim", email_hash=blind_email(email)).first()
        if account is None:
            account = Account(kind="victim", email=email, email_hash=blind_email(email), created_at=START)
            account.set_password(PASSWORD)
            account.save()
        Victim.objects.filter(force=self.force, person=person).update(account=account, joined_at=START)
        self.accounts[person] = account
        return account

    def write(
        self, text: str, reference: str = "52/1", person: str = "P1", now: datetime | None = None
    ) -> None:
        """The victim writes to the police, and the worker carries on."""
        now = now or utc_now()
        who = self.victim(reference, person)
        case = self.case(reference)
        assert who.account_id
        with role("portal"), bound(account=who.account_id):
            messages.write_as_victim(who.id, case.id, who.account_id, text, uuid.uuid4(), now=now)
        with role("worker"):
            messages.take(messages.untaken(now), now=now)


def world(slug: str = "avon-and-somerset", languages: tuple[str, ...] = ("en",), **policy: Any) -> World:
    """A force with a team and an officer on one burglary, 52/1, of one person, P1, who has joined."""
    force = make_force(slug, languages, **policy)
    made = World(force, make_source(force))
    made.send(
        event("unit.changed", "U1", 1, {"name": {"en": "the Burglary Team"}, "hours": {"en": "8am to 6pm"}}),
        event("officer.changed", "O1", 1, {"name": "Amara Okafor", "rank": "DC", "unit": "U1"}),
        crime("52/1", 1, officer="O1", unit="U1", stage="investigating"),
        victim("52/1", 1, name="Rhian Example"),
    )
    made.join()
    return made


def staff(force: Force, who: str = "officer", officer_id: str = "o1") -> Staff:
    """A member of staff with a password."""
    email = f"{uuid.uuid4().hex[:8]}@police.example.org"
    account = Account(kind="officer", email=email, email_hash=blind_email(email), created_at=START)
    account.set_password(PASSWORD)
    account.save()
    return Staff.objects.create(account=account, force=force, role=who, officer_id=officer_id)


def sign_in(force: Force, who: str = "officer", officer_id: str = "o1") -> DoorClient:
    """A browser at the desk with this member of staff signed in."""
    client = door_client("desk")
    client.enter(staff(force, who, officer_id).account, "password", "app")
    return client


def held(made: World, reference: str = "52/1", update_id: str = "h1") -> UUID:
    """An update of the records system that waits for a yes."""
    made.sequence += 1
    data = {"update": update_id, "milestone": "note", "happened_at": START.isoformat(), "review": True}
    data["text"] = {"en": "The person on bail must not come to your street."}
    made.send(event("update.published", reference, made.sequence, data))
    return made.held(reference).id


def quarantined(made: World, person: str = "Q1") -> UUID:
    """An event about a crime that has not come, so that it waits in quarantine."""
    waits = victim("99/1", 1, person, name="Rhian Example")
    with role("gateway"), bound(force=made.force.id):
        (result,) = pipeline.take_events(made.source, judged(waits, now=utc_now()), now=utc_now())
    assert result.problem
    assert result.problem.type == "waiting-for-crime"
    return Event.objects.get(force=made.force, event_id=waits["id"]).id
