"""Who works the cases: `officer.changed`, `unit.changed`."""

from typing import Any

from trackmycrime.feed.contract import Event, subject_key
from trackmycrime.kernel import crypto
from trackmycrime.kernel.ids import new_id

from .rows import Rows


def officer_changed(rows: Rows, event: Event, data: Any, live: bool) -> None:
    """What the records system says of an officer, if nothing newer is known."""
    row = rows.staff.get(("officer", event.subject_key))
    if row is None:
        row = {"id": new_id(), "force_id": rows.force_id, "officer_id": event.subject_key, "sequence": -1}
        rows.staff["officer", event.subject_key] = row
    if event.sequence <= row["sequence"]:
        return
    detail = {
        "name": data.name,
        "collar_number": data.collar_number,
        "rank": data.rank,
        "email": data.email,
        "phone": data.phone,
        "shown_as": data.shown_as,
    }
    row |= {
        "unit_id": subject_key(data.unit) if data.unit else "",
        "detail": crypto.seal_json("people_officer.detail", row["id"], detail),
        "email_hash": crypto.blind_email(data.email) if data.email else None,
        "active": data.active is not False,
        "away_until": data.away_until,
        "cover": subject_key(data.cover) if data.cover else "",
        "sequence": event.sequence,
    }
    rows.mark("people_officer", row)
    rows.contacts_touched.add(("officer", event.subject_key))


def unit_changed(rows: Rows, event: Event, data: Any, live: bool) -> None:
    """What the records system says of a team, if nothing newer is known."""
    row = rows.staff.get(("unit", event.subject_key))
    if row is None:
        row = {"id": new_id(), "force_id": rows.force_id, "unit_id": event.subject_key, "sequence": -1}
        rows.staff["unit", event.subject_key] = row
    if event.sequence <= row["sequence"]:
        return
    row |= {
        "name_en": data.name.en or "",
        "name_cy": data.name.cy or "",
        "phone": data.phone or "",
        "email": data.email or "",
        "hours_en": (data.hours.en or "") if data.hours else "",
        "hours_cy": (data.hours.cy or "") if data.hours else "",
        "active": data.active is not False,
        "sequence": event.sequence,
    }
    rows.mark("forces_unit", row)
    rows.contacts_touched.add(("unit", event.subject_key))
