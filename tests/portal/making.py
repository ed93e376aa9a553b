"""Cases as the gateway publishes them, and victims who have joined and sign in by the page."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.test import Client

from tests.support.doors import door_client, role
from tests.support.events import START, crime, judged, make_force, make_source, victim
from trackmycrime.feed.accept import Source, accept
from trackmycrime.forces.models import Force
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.crypto import blind_email
from trackmycrime.kernel.locks import force_lock
from trackmycrime.kernel.scope import bound
from trackmycrime.people.models import Account, Victim
from trackmycrime.publish.contacts import publish_contacts
from trackmycrime.publish.models import Case
from trackmycrime.publish.refresh import refresh

PASSWORD = "three random words"


@dataclass
class World:
    """One force and its records system."""

    force: Force
    source: Source

    def send(self, *events: Any) -> None:
        """Accept and publish, as the gateway does."""
        now = utc_now()
        with role("gateway"), bound(force=self.force.id):
            force_lock(self.force.id)
            with accept(self.source, judged(*events, now=now), now=now) as accepted:
                pass
            assert {r.status for r in accepted.results} <= {"applied"}, accepted.results
            publish_contacts(self.force, accepted.contacts)
            refresh(self.force, accepted.crimes, new=accepted.new_crimes, now=now)

    def case(self, reference: str) -> UUID:
        """The opaque id of the published case."""
        return next(c.id for c in Case.objects.filter(force=self.force) if c.page["reference"] == reference)


def world(slug: str = "avon-and-somerset", languages: tuple[str, ...] = ("en",), **policy: Any) -> World:
    """A force that has reported one burglary, 52/1, of one person, P1."""
    force = make_force(slug, languages, **policy)
    made = World(force, make_source(force))
    made.send(crime("52/1", 1), victim("52/1", 1))
    return made


def join(made: World, person: str = "P1", email: str = "rhian@example.org") -> Account:
    """Give the person an account and their parts in all crimes of the force."""
    account = Account.objects.filter(kind="victim", email_hash=blind_email(email)).first()
    if account is None:
        account = Account(kind="victim", email=email, email_hash=blind_email(email), created_at=START)
        account.set_password(PASSWORD)
        account.save()
    Victim.objects.filter(force=made.force, person=person).update(account=account, joined_at=START)
    return account


def signed_in(email: str = "rhian@example.org", **kwargs: Any) -> Client:
    """A browser that has signed in."""
    client = door_client("portal", **kwargs)
    response = client.post("/sign-in/", {"email": email, "password": PASSWORD})
    assert response.status_code == 302, response.content.decode()
    return client
