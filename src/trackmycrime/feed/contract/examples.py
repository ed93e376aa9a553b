"""One whole event of each type, as it is published. All people are made up."""

from __future__ import annotations

from typing import Any

_DATA: dict[str, tuple[str, dict[str, Any]]] = {
    "crime.changed": (
        "5226/0012345",
        {
            "offence": {"code": "030/01", "name": "Burglary in a dwelling", "category": "burglary"},
            "reported_at": "2026-03-01T08:10:00Z",
            "occurred": {"from": "2026-02-28T22:00:00Z", "to": "2026-03-01T07:30:00Z"},
            "place": "Near Park Street",
            "stage": "closed",
            "outcome": {"code": "18", "decided_on": "2026-03-20"},
            "officer": "4711",
            "unit": "bristol-central",
            "flags": [],
            "closed_at": "2026-03-20",
            "other_references": [{"kind": "incident", "value": "5226-LOG-0007"}],
        },
    ),
    "crime.withdrawn": ("5226/0012345", {"reason": "merged", "merged_into": "5226/0012300"}),
    "crime.restored": ("5226/0012345", {"reason": "The risk has passed; agreed with the supervisor."}),
    "victim.changed": (
        "5226/0012345",
        {
            "victim": "N-1002003",
            "role": "business_contact",
            "name": "Ann Example",
            "organisation": "Example Bakery",
            "born_on": "1980-02-29",
            "email": "ann@example.org",
            "mobile": "07700 900123",
            "address": {"lines": ["1 Example Street", "Bristol"], "postcode": "BS1 1AA"},
            "language": "en",
            "needs": ["large_print"],
            "enhanced_rights": False,
            "preferred_channel": "email",
            "safe_contact": {
                "channels": ["email", "text"],
                "hours": {"from": "09:00", "to": "17:30"},
                "disguise": False,
                "no_portal": False,
                "note": "Ask for Ann.",
            },
        },
    ),
    "victim.withdrawn": ("5226/0012345", {"victim": "N-1002003", "reason": "declined"}),
    "update.published": (
        "5226/0012345",
        {
            "update": "U-9001",
            "milestone": "note",
            "happened_at": "2026-03-02T14:00:00Z",
            "text": {
                "en": "We have asked the shops nearby for their camera recordings.",
                "cy": "Rydym wedi gofyn i’r siopau gerllaw am eu recordiadau camera.",
            },
            "victims": ["N-1002003"],
            "review": False,
        },
    ),
    "update.withdrawn": ("5226/0012345", {"update": "U-9001", "reason": "replaced", "replaced_by": "U-9002"}),
    "hearing.changed": (
        "5226/0012345",
        {
            "hearing": "H-77",
            "type": "Plea and trial preparation hearing",
            "court": {"name": "Bristol Crown Court", "address": "Small Street, Bristol BS1 1DA"},
            "week_commencing": "2026-04-13",
            "weeks": 2,
            "attendance": "may_attend",
            "status": "listed",
        },
    ),
    "property.changed": (
        "5226/0012345",
        {
            "property": "P-301",
            "description": "Blue mountain bicycle",
            "status": "ready_to_collect",
            "value": "349.99",
            "serial": "WTU-0042",
            "collect_from": "Bridewell Police Station, Monday to Friday, 9am to 4pm",
        },
    ),
    "message.sent": (
        "5226/0012345",
        {
            "message": "M-5001",
            "victim": "N-1002003",
            "officer": "4711",
            "unit": "bristol-central",
            "text": "Please bring the receipt for the bicycle when you collect it.",
        },
    ),
    "officer.changed": (
        "4711",
        {
            "name": "Sam Jones",
            "collar_number": "4711",
            "rank": "PC",
            "unit": "bristol-central",
            "email": "sam.jones@example.org",
            "phone": "101 extension 4711",
            "active": True,
            "away_until": "2026-03-15",
            "cover": "bristol-central",
            "shown_as": "PC Jones",
        },
    ),
    "unit.changed": (
        "bristol-central",
        {
            "name": {"en": "Bristol Central", "cy": "Canol Bryste"},
            "phone": "101",
            "email": "bristol.central@example.org",
            "hours": {"en": "Every day from 8am to 10pm", "cy": "Bob dydd rhwng 8yb a 10yh"},
            "active": True,
        },
    ),
}


def _event(number: int, type_: str, subject: str, data: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"example-{number}",
        "source": "urn:example:records-system",
        "type": type_,
        "subject": subject,
        "time": "2026-03-20T09:30:00Z",
        "sequence": str(1000 + number),
        "data": data,
    }


# A hearing has one date or the other, and a result once it has been: no one event can show every field.
OTHERS: dict[str, dict[str, Any]] = {
    "hearing.changed": _event(
        100,
        "hearing.changed",
        "5226/0012345",
        {
            "hearing": "H-76",
            "type": "First hearing",
            "court": {"name": "Bristol Magistrates’ Court"},
            "starts_at": "2026-03-19T10:00:00Z",
            "attendance": "not_needed",
            "status": "held",
            "result": {
                "en": "The case was sent to the Crown Court.",
                "cy": "Anfonwyd yr achos i Lys y Goron.",
            },
        },
    )
}

EVENTS: dict[str, dict[str, Any]] = {
    type_: _event(number, type_, subject, data)
    for number, (type_, (subject, data)) in enumerate(_DATA.items(), 1)
}
