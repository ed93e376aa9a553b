"""Events as a records system would send them; all people made up."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any

from trackmycrime.feed.contract import BodyProblem, Event, Line, Refusal, judge, read_body

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
KEY = b"tests" * 8

DATA: dict[str, dict[str, Any]] = {
    "crime.changed": {
        "offence": {"code": "030/01", "name": "Burglary", "category": "burglary"},
        "reported_at": "2026-11-20T10:00:00+00:00",
        "occurred": {"from": "2026-11-19T22:00:00Z", "to": "2026-11-20"},
        "place": "Near Park Street",
        "stage": "investigating",
        "outcome": {"code": "18", "decided_on": "2026-11"},
        "officer": "o-17",
        "unit": "u-3",
        "flags": ["hate_crime"],
        "closed_at": "2026-11-23",
        "other_references": [{"kind": "incident", "value": "LOG 1234"}],
    },
    "crime.withdrawn": {"reason": "merged", "merged_into": "AS/99"},
    "crime.restored": {"reason": "Looked at again"},
    "victim.changed": {
        "victim": "p-1",
        "role": "victim",
        "name": "Ann Example",
        "organisation": "Example Bakery",
        "born_on": "1980-02-29",
        "email": "ann@example.org",
        "mobile": "07700 900123",
        "address": {"lines": ["1 High Street", "", "Bristol"], "postcode": "BS1 1AA"},
        "language": "cy",
        "needs": ["bsl"],
        "enhanced_rights": True,
        "preferred_channel": "text",
        "safe_contact": {
            "channels": ["email"],
            "hours": {"from": "09:00", "to": "17:00"},
            "disguise": False,
            "no_portal": False,
            "note": "Ring twice",
        },
    },
    "victim.withdrawn": {"victim": "p-1", "reason": "declined"},
    "update.published": {
        "update": "up-1",
        "milestone": "note",
        "happened_at": "2026-11-24T09:00:00Z",
        "text": {"en": "We came by.", "cy": "Fe ddaethon ni heibio."},
        "victims": ["p-1"],
        "review": False,
    },
    "update.withdrawn": {"update": "up-1", "reason": "replaced", "replaced_by": "up-2"},
    "hearing.changed": {
        "hearing": "h-1",
        "type": "Trial",
        "court": {"name": "Bristol Crown Court", "address": "Small Street, Bristol"},
        "starts_at": "2026-12-03T10:00:00Z",
        "attendance": "may_attend",
        "status": "held",
        "result": {"en": "Put back for reports.", "cy": "Gohiriwyd ar gyfer adroddiadau."},
    },
    "property.changed": {
        "property": "i-1",
        "description": "Blue bicycle",
        "status": "ready_to_collect",
        "value": "349.99",
        "serial": "WTU-0042",
        "collect_from": "Bridewell Police Station",
    },
    "message.sent": {
        "message": "m-1",
        "victim": "p-1",
        "officer": "o-17",
        "unit": "u-3",
        "text": "Please bring the receipt.",
    },
    "officer.changed": {
        "name": "Sam Jones",
        "collar_number": "1234",
        "rank": "PC",
        "unit": "u-3",
        "email": "sam.jones@example.org",
        "phone": "101 ext 5",
        "active": True,
        "away_until": "2026-12-01",
        "cover": "u-3",
        "shown_as": "PC Jones",
    },
    "unit.changed": {
        "name": {"en": "Bristol Central", "cy": "Canol Bryste"},
        "phone": "101",
        "email": "central@example.org",
        "hours": {"en": "8am to 8pm", "cy": "8yb i 8yh"},
        "active": True,
    },
}


def said(type_: str, data: dict[str, Any] | None = None, **envelope: Any) -> dict[str, Any]:
    """An event of this type; `data` is merged into one that has every field."""
    subject = {"officer.changed": "o-17", "unit.changed": "u-3"}.get(type_, "AS/26/1")
    return {
        "specversion": "1.0",
        "id": "e-1",
        "source": "urn:niche:avon-and-somerset",
        "type": type_,
        "subject": subject,
        "time": "2026-11-24T09:30:00Z",
        "sequence": "7",
        "data": {**copy.deepcopy(DATA.get(type_, {})), **(data or {})},
        **envelope,
    }


def judged(value: object, allowed: frozenset[str] | None = None, country: str = "GB") -> Event | Refusal:
    """What the contract says to this JSON value."""
    return judge(Line(0, value), now=NOW, allowed_types=allowed, digest_key=KEY, country=country)


def taken(value: object) -> Event:
    """The event; fails the test with the reason if it was refused."""
    verdict = judged(value)
    assert isinstance(verdict, Event), verdict
    return verdict


def refused(value: object, allowed: frozenset[str] | None = None) -> Refusal:
    """The refusal; fails the test if the event was taken."""
    verdict = judged(value, allowed)
    assert isinstance(verdict, Refusal), verdict
    return verdict


def read(content_type: str, raw: bytes, encoding: str | None = None) -> list[Line] | BodyProblem:
    """What reading this body comes to; a refusal is one of the server's «you sent»."""
    try:
        return read_body(content_type, encoding, raw)
    except BodyProblem as found:
        if not 400 <= found.status < 500:
            raise
        return found
