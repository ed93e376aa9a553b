"""What is said of a crime: `crime.changed`, `crime.withdrawn`, `crime.restored`."""

from datetime import UTC
from typing import Any

from trackmycrime.feed.contract import Event, subject_key
from trackmycrime.kernel.ids import new_id

from .rows import Rows, as_text


def crime_changed(rows: Rows, event: Event, data: Any, live: bool) -> None:
    """A new state of a crime: always a step of its history, and the record itself if none is newer."""
    crime = rows.crimes.get(event.subject_key)
    if crime is None:
        crime = rows.crimes[event.subject_key] = {
            "id": new_id(),
            "force_id": rows.force_id,
            "reference_key": event.subject_key,
            "sequence": -1,
            "withdrawn_reason": "",
            "withdrawn_sequence": -1,
            "merged_into": None,
            "withheld_sequence": -1,
            "restored_sequence": -1,
            "withheld_here": False,
            "switched_on": None,
            "live": False,
            "shadow": event.subject_key in rows.in_shadow,
            "states": [],
        }
        rows.crimes_new.add(crime["id"])
    rows.restated.add(crime["id"])
    if crime["merged_into"]:
        rows.touched.add(crime["merged_into"])  # its page says that this one is part of it, or no longer
    officer = subject_key(data.officer) if data.officer else ""
    outcome = data.outcome.code if data.outcome else ""
    said_at = event.time.astimezone(UTC).isoformat()
    crime["states"] = [*crime["states"], [event.sequence, said_at, data.stage, outcome, officer, live]]
    crime["live"] = crime["live"] or live
    rows.mark("cases_crime", crime)
    if event.sequence <= crime["sequence"]:
        return
    crime |= {
        "reference": event.subject,
        "offence_code": data.offence.code or "",
        "offence_name": data.offence.name,
        "category": data.offence.category,
        "reported_at": as_text(data.reported_at),
        "occurred_from": as_text(data.occurred.start) if data.occurred else "",
        "occurred_to": as_text(data.occurred.end) if data.occurred else "",
        "place": data.place or "",
        "stage": data.stage,
        "outcome": outcome,
        "outcome_on": as_text(data.outcome.decided_on) if data.outcome else "",
        "officer_id": officer,
        "unit_id": subject_key(data.unit) if data.unit else "",
        "flags": list(data.flags),
        "closed_at": as_text(data.closed_at),
        "other_references": [{"kind": r.kind, "value": r.value} for r in data.other_references or ()],
        "sequence": event.sequence,
    }


def crime_withdrawn(rows: Rows, event: Event, data: Any, live: bool) -> None:
    """The record is no crime any more, or is withheld; the two are kept apart, so neither lifts the other."""
    crime = rows.crime(event)
    rows.mark("cases_crime", crime)
    crime["live"] = crime["live"] or live
    if data.reason == "withheld":
        crime["withheld_sequence"] = max(crime["withheld_sequence"], event.sequence)
    elif event.sequence > crime["withdrawn_sequence"]:
        into = rows.crimes[subject_key(data.merged_into)] if data.merged_into else None
        if crime["merged_into"]:
            rows.merge_targets.add(crime["merged_into"])
        rows.touched |= rows.merge_targets | ({into["id"]} if into else set())
        crime["withdrawn_sequence"] = event.sequence
        crime["withdrawn_reason"] = data.reason
        crime["merged_into"] = into["id"] if into else None


def crime_restored(rows: Rows, event: Event, data: Any, live: bool) -> None:
    """What lifts a withholding that came before it."""
    crime = rows.crime(event)
    rows.mark("cases_crime", crime)
    crime["live"] = crime["live"] or live
    crime["restored_sequence"] = max(crime["restored_sequence"], event.sequence)
