"""Lists of cases, and the search by a reference."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from trackmycrime.cases.models import Crime
from trackmycrime.desk import words
from trackmycrime.kernel import setwise
from trackmycrime.kernel.clock import london_date
from trackmycrime.publish import dates

from .due import PAGE, Slice, about, name_of
from .me import Scope


@dataclass(frozen=True)
class Case:
    """One crime in a list."""

    id: UUID
    reference: str
    who: str
    others: int
    about: str
    stage: str
    next_on: date | None
    next_words: str
    late: bool
    unread: int
    held: int
    shown: bool
    """Whether its victims can see it now"""


_CASES = """
select k.id, k.reference, k.category, k.place, k.stage, c.open, coalesce(c.promised_on, c.next_update_on) next_on,
       v.id victim_id, v.detail, v.n,
       (select count(*) from messages_message m
         where m.case_id = c.id and m.by = 'victim' and m.read_at is null) unread,
       (select count(*) from publish_entry e where e.case_id = c.id and e.state = 'held') held
from (
    select k.* from cases_crime k
    where not k.shadow and {condition} and (k.stage = 'closed') = %s
    order by k.id desc offset %s limit %s) k
left join publish_case c on c.crime_id = k.id
left join lateral (
    select v.id, v.detail, count(*) over () n from people_victim v where v.crime_id = k.id and v.live
    order by v.id limit 1) v on true
order by k.id desc
"""


def cases(scope: Scope, now: datetime, *, closed: bool, number: int, size: int = PAGE) -> Slice:
    """One page of the crimes of this scope, the newest first. Two statements."""
    condition, values = scope.sql("k")
    total = setwise.fetch(
        f"select count(*) n from cases_crime k where not k.shadow and {condition} and (k.stage = 'closed') = %s",  # noqa: S608
        [*values, closed],
    )[0]["n"]
    rows = setwise.fetch(_CASES.format(condition=condition), [*values, closed, (number - 1) * size, size])
    language, today = words.language(), london_date(now)
    found = [
        Case(
            id=row["id"],
            reference=row["reference"],
            who=name_of(row["victim_id"], row["detail"]),
            others=max(0, (row["n"] or 0) - 1),
            about=about(row),
            stage=words.said(words.STAGES, row["stage"]),
            next_on=row["next_on"],
            next_words=dates.day(row["next_on"], language, today=today) if row["next_on"] else "",
            late=bool(row["next_on"] and row["next_on"] < today),
            unread=row["unread"],
            held=row["held"],
            shown=bool(row["open"]),
        )
        for row in rows
    ]
    return Slice(found, number, total, size)


def normalised(reference: str) -> str:
    """A reference as it is compared: without space around or in it, without case (CONTRACT, `subject`)."""
    return "".join(reference.split()).casefold()


def find(force: int, reference: str) -> UUID | None:
    """The crime with exactly this reference in this force."""
    key = normalised(reference)
    return (
        Crime.objects.filter(force_id=force, reference_key=key).values_list("id", flat=True).first()
        if key
        else None
    )
