"""What is said of the hearings of a crime: `hearing.changed`."""

from typing import Any

from trackmycrime.feed.contract import Event
from trackmycrime.kernel import crypto
from trackmycrime.kernel.ids import new_id

from .rows import Rows, note_said


def hearing_changed(rows: Rows, event: Event, data: Any, live: bool) -> None:
    """A hearing in its newest state; when each state was said first is kept whatever comes in which order."""
    crime = rows.crime(event)
    rows.happened(crime, live)
    hearing = rows.hearings.get((crime["id"], data.hearing))
    if hearing is None:
        hearing = rows.hearings[crime["id"], data.hearing] = {
            "id": new_id(),
            "force_id": rows.force_id,
            "crime_id": crime["id"],
            "hearing_id": data.hearing,
            "sequence": -1,
            "said": {},
        }
    rows.mark("cases_hearing", hearing)
    result = {k: v for k, v in (("en", data.result.en), ("cy", data.result.cy)) if v} if data.result else {}
    when = data.starts_at or data.week_commencing
    note_said(hearing, f"{data.status}{'+' if result else ''} {when.isoformat()} {data.weeks or 1}", event)
    if event.sequence <= hearing["sequence"]:
        return
    hearing |= {
        "type": data.type or "",
        "court": data.court.name,
        "court_address": data.court.address or "",
        "starts_at": data.starts_at,
        "week_commencing": data.week_commencing,
        "weeks": data.weeks or 1,
        "attendance": data.attendance or "",
        "status": data.status,
        "result": crypto.seal_json("cases_hearing.result", hearing["id"], result) if result else None,
        "sequence": event.sequence,
        "live": live,
    }
