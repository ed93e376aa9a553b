"""Updates that wait for an officer's yes."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from trackmycrime.desk import words
from trackmycrime.kernel import crypto, setwise
from trackmycrime.kernel.clock import london_date
from trackmycrime.publish import dates

from .due import PAGE, Slice, about, name_of
from .me import Scope


@dataclass(frozen=True)
class Held:
    """One held update in a list."""

    id: UUID
    crime_id: UUID
    who: str
    about: str
    reference: str
    title: str
    why: str
    when: str


_HELD = """
select e.id, e.milestone, e.hold_reason, e.happened_at, e.words, k.id crime_id, k.reference, k.category, k.place,
       v.id victim_id, v.detail
from publish_entry e
join publish_case c on c.id = e.case_id and c.open
join cases_crime k on k.id = c.crime_id
left join lateral (
    select v.id, v.detail from people_victim v where v.crime_id = k.id and v.live
      and (e.victims is null or v.id = any(e.victims)) order by v.id limit 1) v on true
where e.state = 'held' and {condition}
order by e.happened_at, e.id
offset %s limit %s
"""


def held(scope: Scope, now: datetime, *, number: int, total: int, size: int = PAGE) -> Slice:
    """One page of the updates that wait for an officer's yes, the oldest first. One statement."""
    condition, values = scope.sql("k")
    rows = setwise.fetch(_HELD.format(condition=condition), [*values, (number - 1) * size, size])
    language, today = words.language(), london_date(now)
    found = [
        Held(
            id=row["id"],
            crime_id=row["crime_id"],
            who=name_of(row["victim_id"], row["detail"]) or about(row),
            about=about(row),
            reference=row["reference"],
            title=crypto.unseal_json("publish_entry.words", row["id"], row["words"])[language]["title"],
            why=words.said(words.HOLDS, row["hold_reason"]),
            when=dates.day(london_date(row["happened_at"]), language, today=today),
        )
        for row in rows
    ]
    return Slice(found, number, total, size)
