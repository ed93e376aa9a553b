"""Made-up forces, crimes, people and cases, written straight into the tables as the owner."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from trackmycrime.cases.models import Crime
from trackmycrime.forces.models import Force, Unit
from trackmycrime.kernel.crypto import blind_email
from trackmycrime.messages.models import Message
from trackmycrime.people.models import Account, Officer, Staff, Victim
from trackmycrime.publish.models import Case, Entry

NOW = datetime(2026, 11, 24, 14, 4, tzinfo=UTC)  # a Tuesday


@dataclass
class Made:
    """One crime with its published case, one victim and their account."""

    force: Force
    crime: Crime
    case: Case
    victim: Victim
    account: Account


def force(slug: str = "avon-and-somerset", **values: Any) -> Force:
    values = {"name": "Avon and Somerset Police", "languages": ["en"], "created_at": NOW} | values
    return Force.objects.create(slug=slug, **values)


def unit(of: Force, unit_id: str = "U1", **values: Any) -> Unit:
    return Unit.objects.create(
        force=of, unit_id=unit_id, **({"name_en": "Bristol Burglary Team", "hours_en": "8am to 6pm"} | values)
    )


def officer(of: Force, officer_id: str = "O1", **values: Any) -> Officer:
    detail = {"name": "Amara Okafor", "rank": "DC", "shown_as": "DC Okafor"} | values.pop("detail", {})
    return Officer.objects.create(
        force=of, officer_id=officer_id, detail=detail, **({"unit_id": "U1"} | values)
    )


def account(email: str = "", kind: str = "victim") -> Account:
    email = email or f"{uuid.uuid4().hex}@example.org"
    made = Account(kind=kind, email=email, email_hash=blind_email(email), created_at=NOW)
    made.set_password("a long enough password")
    made.save()
    return made


def staff(of: Force, role: str = "officer", officer_id: str = "O1", **values: Any) -> Staff:
    return Staff.objects.create(
        account=account(kind="officer"), force=of, role=role, officer_id=officer_id, **values
    )


def crime(of: Force, reference: str, **values: Any) -> Crime:
    said = {
        "offence_name": "Burglary at home",
        "category": "burglary",
        "reported_at": "2026-11-02",
        "place": "On or near Gloucester Road, Bristol",
        "stage": "investigating",
        "officer_id": "O1",
        "unit_id": "U1",
        "sequence": 1,
        "live": True,
    }
    return Crime.objects.create(
        force=of, reference=reference, reference_key=reference.casefold(), **(said | values)
    )


def victim(of: Crime, holder: Account | None = None, **values: Any) -> Victim:
    said = {
        "person": uuid.uuid4().hex[:12],
        "role": "victim",
        "detail": {"name": "Rhian Pritchard"},
        "account": holder,
        "joined_at": NOW - timedelta(days=20) if holder else None,
    }
    return Victim.objects.create(force_id=of.force_id, crime_id=of.id, **(said | values))


def case(of: Crime, **values: Any) -> Case:
    page = {
        "reference": of.reference,
        "category": of.category,
        "offence": of.offence_name,
        "place": of.place,
        "occurred": [],
        "reported": of.reported_at,
        "contact": {
            "en": {"officer": "DC Okafor", "unit": "Bristol Burglary Team", "phone": "", "hours": ""}
        },
        "since": {},
    }
    said = {"open": True, "page": page, "stage": of.stage, "changed_at": NOW, "next_update_on": None}
    return Case.objects.create(force_id=of.force_id, crime_id=of.id, **(said | values))


def whole(of: Force, reference: str = "5226287413", **values: Any) -> Made:
    """A crime that a victim with an account can read."""
    of_crime = crime(of, reference, **values.pop("crime", {}))
    holder = account()
    return Made(
        of, of_crime, case(of_crime, **values.pop("case", {})), victim(of_crime, holder, **values), holder
    )


def entry(of: Case, key: str, state: str = "published", **values: Any) -> Entry:
    words = {"en": {"title": "Somebody has been arrested", "paragraphs": ["One person."]}, "written": ["en"]}
    said = {
        "revision": 1,
        "milestone": "suspect_arrested",
        "happened_at": NOW - timedelta(days=1),
        "words": words,
        "words_hash": b"0" * 32,
        "state": state,
        "live": True,
        "published_at": NOW - timedelta(days=1) if state == "published" else None,
    }
    return Entry.objects.create(force_id=of.force_id, case=of, key=key, **(said | values))


def message(of: Made, text: str = "Is there news?", *, by: str = "victim", **values: Any) -> Message:
    said = {"account_id": of.account.id, "written_at": NOW - timedelta(hours=1), "once": uuid.uuid4()}
    return Message.objects.create(
        force=of.force, victim=of.victim, case_id=of.case.id, by=by, text=text, **(said | values)
    )
