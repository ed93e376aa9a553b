"""Made-up forces, crimes, cases and victims, written straight into the tables as the owner; and what is new to them."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from trackmycrime.alerts.api import News
from trackmycrime.cases.models import Crime
from trackmycrime.forces.models import Force
from trackmycrime.kernel.crypto import blind, blind_email
from trackmycrime.people.models import Account, Invitation, Victim
from trackmycrime.publish.models import Case, Entry

NOW = datetime(2026, 11, 24, 14, 4, tzinfo=UTC)  # a Tuesday afternoon, in winter


def force(slug: str = "avon-and-somerset", **values: Any) -> Force:
    values = {"name": "Avon and Somerset Police", "languages": ["en"], "created_at": NOW} | values
    return Force.objects.create(slug=slug, **values)


@dataclass
class Made:
    """One crime with its open case and one victim."""

    force: Force
    crime: Crime
    case: Case
    victim: Victim

    def entry(self, key: str = "update:1", state: str = "published", **values: Any) -> Entry:
        said = {
            "revision": 1,
            "milestone": "note",
            "happened_at": NOW,
            "words": {"en": {"title": "News", "paragraphs": ["Some."]}, "written": ["en"]},
            "words_hash": blind("words", f"{key}:{values.get('revision', 1)}"),
            "state": state,
            "live": True,
            "published_at": NOW,
        }
        return Entry.objects.create(force=self.force, case=self.case, key=key, **(said | values))

    def news(self, *keys: str, revision: int = 1, words: str = "", make: bool = True) -> list[News]:
        """What is new to this victim; with `make`, the entries are there as well."""
        keys = keys or ("update:1",)
        if make:
            for key in keys:
                if not Entry.objects.filter(case=self.case, key=key).exists():
                    self.entry(key, revision=revision)
        return [
            News(self.victim.id, self.case.id, key, revision, blind("words", words or f"{key}:{revision}"))
            for key in keys
        ]

    def change(self, **values: Any) -> None:
        """Change the victim, as the feed or the portal would."""
        if "email" in values:
            values["email_hash"] = blind_email(values["email"]) if values["email"] else None
        if "mobile" in values:
            values["mobile_hash"] = blind("mobile", values["mobile"]) if values["mobile"] else None
        for name, value in values.items():
            setattr(self.victim, name, value)
        self.victim.save()


def made(of: Force | None = None, *, joined: bool = True, **values: Any) -> Made:
    """A victim of a crime with an open case, by default with both addresses and joined."""
    of = of or Force.objects.filter(slug="avon-and-somerset").first() or force()
    reference = uuid.uuid4().hex[:12]
    crime = Crime.objects.create(
        force=of,
        reference=reference,
        reference_key=reference,
        offence_name="Burglary at home",
        category="burglary",
        reported_at="2026-11-02",
        stage="investigating",
        officer_id="O1",
        unit_id="U1",
        sequence=1,
        live=True,
    )
    case = Case.objects.create(
        force=of,
        crime_id=crime.id,
        open=True,
        page={"reference": reference},
        stage="investigating",
        changed_at=NOW,
    )
    email = values.pop("email", f"{uuid.uuid4().hex[:10]}@example.org")
    mobile = values.pop("mobile", f"+447700900{uuid.uuid4().int % 1000:03d}")
    account = None
    if joined:
        sign_in = f"{uuid.uuid4().hex[:12]}@example.org"
        account = Account.objects.create(
            kind="victim", email=sign_in, email_hash=blind_email(sign_in), created_at=NOW
        )
    victim = Victim.objects.create(
        force=of,
        crime_id=crime.id,
        person=uuid.uuid4().hex[:12],
        role="victim",
        detail={"name": "Rhian Pritchard"},
        email=email or None,
        email_hash=blind_email(email) if email else None,
        mobile=mobile or None,
        mobile_hash=blind("mobile", mobile) if mobile else None,
        account=account,
        joined_at=NOW - timedelta(days=20) if joined else None,
        **values,
    )
    return Made(of, crime, case, victim)


def invitation(of: Made, *, now: datetime = NOW, **values: Any) -> Invitation:
    """An open invitation of this victim, as `people` makes it."""
    id_ = uuid.uuid4()
    said = {
        "way": "email",
        "token_hash": blind("invitation-link", str(id_)),
        "created_at": now,
        "expires_at": now + timedelta(hours=72),
        "second": "text",
        "activation_code": "ABCD-2345",
        "activation_hash": blind("activation", str(id_)),
    }
    fields = {field.name for field in Invitation._meta.get_fields()}
    if "first_at" in fields:
        said["first_at"] = now
    return Invitation.objects.create(id=id_, force=of.force, victim=of.victim, **(said | values))


@dataclass
class Invited:
    """What `people` gives of an invitation, as far as it is used here."""

    victim: Victim
    invitation_id: uuid.UUID
    way: str
    token: str
    expires_at: datetime
    second: str = "text"
    round: int = 1


def invited(of: Made, way: str = "email", token: str = "", **values: Any) -> Invited:
    row = invitation(of, way=way, **values)
    secret = token or ("tok_" + "k" * 28 if way == "email" else "CDFG-HJKM-NPQR")
    return Invited(of.victim, row.id, way, secret, row.expires_at, round=row.round)
