"""What accepted events change in the records of cases, people and forces.

Every kind of news is kept by itself, the newest by sequence of each, so the record is the same whatever order events
came in: an older event still fills in what no newer one has said.
"""

from collections.abc import Sequence
from datetime import datetime

from trackmycrime.people.helping import carrying

from . import belongings, crimes, hearings, merging, messages, staff, updates, victims
from .rows import Rows, Taken

__all__ = ["Rows", "Taken", "apply"]

_APPLY = {
    "crime.changed": crimes.crime_changed,
    "crime.withdrawn": crimes.crime_withdrawn,
    "crime.restored": crimes.crime_restored,
    "victim.changed": victims.victim_changed,
    "victim.withdrawn": victims.victim_withdrawn,
    "update.published": updates.update_published,
    "update.withdrawn": updates.update_withdrawn,
    "hearing.changed": hearings.hearing_changed,
    "property.changed": belongings.property_changed,
    "message.sent": messages.message_sent,
    "officer.changed": staff.officer_changed,
    "unit.changed": staff.unit_changed,
}
# A crime before its victims, and both before what names them.
_FIRST = {"crime.changed": 0, "victim.changed": 1}


def apply(force_id: int, taken: Sequence[Taken], *, now: datetime) -> Rows:
    """Change the records by these events and write them: at most two statements for each table.

    Who was let in to a case goes along with a merge. Says what changed."""
    rows = Rows(force_id, now)
    rows.load(taken)
    for one in sorted(taken, key=lambda each: _FIRST.get(each.event.type, 2)):
        _APPLY[one.event.type](rows, one.event, one.event.data, one.live)
    merging.carry_victims_over(rows)
    rows.write()
    carrying.carry(force_id, rows.links, rows.links_known, now=now)
    return rows
