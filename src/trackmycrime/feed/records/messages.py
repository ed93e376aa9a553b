"""What an officer writes to a victim in the records system: `message.sent`."""

from typing import Any

from trackmycrime.feed.contract import Event, subject_key
from trackmycrime.kernel import crypto
from trackmycrime.kernel.ids import new_id

from .rows import Rows, note_said


def message_sent(rows: Rows, event: Event, data: Any, live: bool) -> None:
    """A message in its newest words, to be shown where other words stand, or none."""
    crime = rows.crime(event)
    rows.happened(crime, live)
    message = rows.messages.get((crime["id"], data.message))
    if message is None:
        message = rows.messages[crime["id"], data.message] = {
            "id": new_id(),
            "force_id": rows.force_id,
            "crime_id": crime["id"],
            "message_id": data.message,
            "sequence": -1,
            "said": {},
            "shown": False,
        }
    rows.mark("cases_message", message)
    words = crypto.blind("message", f"{data.victim}\0{data.text}").hex()
    newest = max(message["said"], key=lambda each: message["said"][each][2], default="")
    note_said(message, words, event)
    if event.sequence <= message["sequence"]:
        return
    message |= {
        "person": data.victim,
        "officer_id": subject_key(data.officer) if data.officer else "",
        "unit_id": subject_key(data.unit) if data.unit else "",
        "text": crypto.seal("cases_message.text", message["id"], data.text),
        "sequence": event.sequence,
        "live": live,
        "shown": message["shown"] and newest == words,
    }
