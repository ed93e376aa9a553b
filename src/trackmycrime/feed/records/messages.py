"""What an officer writes to a victim in the records system: `message.sent`."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from trackmycrime.feed.contract import Event, subject_key
from trackmycrime.kernel import crypto, setwise
from trackmycrime.kernel.ids import new_id
from trackmycrime.tasks.api import Need

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
    standing = max(message["said"], key=lambda each: message["said"][each][2], default="")
    known = message["said"].get(words)
    note_said(message, words, event)
    # what stands in the thread is replaced, turns out to be a correction, or was said earlier than was known
    newer = event.sequence > message["sequence"] and words != standing
    if newer or known is None or (words == standing and known[0] != message["said"][words][0]):
        message["shown"] = False
    rows.messages_touched.add(crime["id"])
    if event.sequence <= message["sequence"]:
        return
    message |= {
        "person": data.victim,
        "officer_id": subject_key(data.officer) if data.officer else "",
        "unit_id": subject_key(data.unit) if data.unit else "",
        "text": crypto.seal("cases_message.text", message["id"], data.text),
        "sequence": event.sequence,
        "live": live,
    }


_UNSHOWN = """
select m.id, m.crime_id, m.person, m.message_id, m.sequence, m.officer_id, m.unit_id, m.text, m.said, m.live,
  c.officer_id as asked_officer, c.unit_id as asked_unit
from cases_message m join cases_crime c on c.id = m.crime_id and c.force_id = m.force_id
where m.force_id = %s and m.crime_id = any(%s) and not m.shown order by m.sequence, m.id"""


@dataclass(frozen=True)
class Unshown:
    """A message in its newest words that stands in no thread yet, and whom one asks on its crime.

    `corrected`: other words were said under its id before, or came late.
    """

    id: UUID
    crime_id: UUID
    person: str
    ref: str
    sequence: int
    officer: str
    unit: str
    text: str
    written_at: datetime
    corrected: bool
    live: bool
    asked_officer: str
    asked_unit: str

    def not_shown(self, now: datetime) -> Need:
        """What an officer must do about it where it came while the case was closed: one task for a crime."""
        return Need(
            "messages_not_shown",
            str(self.crime_id),
            crime_id=self.crime_id,
            officer_id=self.asked_officer,
            unit_id=self.asked_unit,
            due_at=now + timedelta(days=1),
        )


def unshown(force_id: int, crimes: Sequence[UUID]) -> list[Unshown]:
    """The messages of these crimes that are not dealt with, in their order. One statement; none for no crimes."""
    if not crimes:
        return []
    return [
        Unshown(
            id=row["id"],
            crime_id=row["crime_id"],
            person=row["person"],
            ref=row["message_id"],
            sequence=row["sequence"],
            officer=row["officer_id"],
            unit=row["unit_id"],
            text=crypto.unseal("cases_message.text", row["id"], row["text"]),
            written_at=next(
                datetime.fromisoformat(at) for _, at, last in row["said"].values() if last == row["sequence"]
            ),
            corrected=len(row["said"]) > 1,
            live=row["live"],
            asked_officer=row["asked_officer"],
            asked_unit=row["asked_unit"],
        )
        for row in setwise.fetch(_UNSHOWN, [force_id, list(crimes)])
    ]


def dealt_with(ids: Iterable[UUID]) -> None:
    """These stand in their threads, or an officer was told that they do not."""
    setwise.update("cases_message", ["id"], ["shown"], [{"id": key, "shown": True} for key in ids])
