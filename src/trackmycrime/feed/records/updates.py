"""What officers write for victims: `update.published`, `update.withdrawn`."""

from typing import Any

from trackmycrime.feed.contract import Event
from trackmycrime.kernel import crypto
from trackmycrime.kernel.ids import new_id

from .rows import Rows


def _update(rows: Rows, event: Event) -> dict[str, Any]:
    crime = rows.crime(event)
    update = rows.updates.get((crime["id"], event.entity.id))
    if update is None:
        update = rows.updates[crime["id"], event.entity.id] = {
            "id": new_id(),
            "force_id": rows.force_id,
            "crime_id": crime["id"],
            "update_id": event.entity.id,
            "by_desk": False,
            "author": "",
            "milestone": "",
            "happened_at": None,
            "text": None,
            "sequence": -1,
            "persons": None,
            "review": False,
            "review_sequence": -1,
            "live": False,
            "withdrawn_sequence": -1,
            "withdrawn_reason": "",
            "replaced_by": "",
        }
    rows.mark("cases_update", update)
    return update


def update_published(rows: Rows, event: Event, data: Any, live: bool) -> None:
    """An update in its newest words; silence about `review` leaves what is known."""
    update = _update(rows, event)
    crime = rows.crime(event)
    rows.happened(crime, live)
    if data.review is not None and event.sequence > update["review_sequence"]:
        update |= {"review": data.review, "review_sequence": event.sequence}
    if event.sequence <= update["sequence"]:
        return
    text = {k: v for k, v in (("en", data.text.en), ("cy", data.text.cy)) if v} if data.text else {}
    update |= {
        "milestone": data.milestone,
        "happened_at": data.happened_at,
        "text": crypto.seal_json("cases_update.text", update["id"], text) if text else None,
        "sequence": event.sequence,
        "persons": list(data.victims) if data.victims is not None else None,
        "live": live,
    }


def update_withdrawn(rows: Rows, event: Event, data: Any, live: bool) -> None:
    """An update taken back, kept apart from its words, whichever came first."""
    update = _update(rows, event)
    if event.sequence > update["withdrawn_sequence"]:
        update |= {
            "withdrawn_sequence": event.sequence,
            "withdrawn_reason": data.reason,
            "replaced_by": data.replaced_by or "",
        }
