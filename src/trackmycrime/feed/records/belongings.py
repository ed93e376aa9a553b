"""What is said of the property of a crime: `property.changed`."""

from typing import Any

from trackmycrime.feed.contract import Event
from trackmycrime.kernel import crypto
from trackmycrime.kernel.ids import new_id

from .rows import Rows, note_said


def property_changed(rows: Rows, event: Event, data: Any, live: bool) -> None:
    """An item in its newest state; when each status was said first is kept whatever comes in which order."""
    crime = rows.crime(event)
    rows.happened(crime, live)
    item = rows.belongings.get((crime["id"], data.property))
    if item is None:
        item = rows.belongings[crime["id"], data.property] = {
            "id": new_id(),
            "force_id": rows.force_id,
            "crime_id": crime["id"],
            "property_id": data.property,
            "sequence": -1,
            "said": {},
        }
    rows.mark("cases_property", item)
    note_said(item, data.status, event)
    if event.sequence <= item["sequence"]:
        return
    detail = {
        "description": data.description,
        "serial": data.serial or "",
        "value": data.value or "",
        "collect_from": data.collect_from or "",
    }
    item |= {
        "detail": crypto.seal_json("cases_property.detail", item["id"], detail),
        "status": data.status,
        "sequence": event.sequence,
        "live": live,
    }
