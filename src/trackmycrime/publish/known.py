"""What is known of crimes, and of their cases until now, as timelines are made of it: asked for set-wise, read once."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any
from uuid import UUID

from trackmycrime.kernel import crypto, setwise

from .belongings import Item
from .case_rows import closed_since, reached
from .entry_rows import GLANCED, READ
from .hearings import Hearing
from .timeline import Sealed, State, Written, derived


def _of(table: str, as_: str, *where: str) -> str:
    """The rows of a table about each crime of a list; by ``w.n``, its place there, they find together."""
    return setwise.each_of(table, {"crime_id": "uuid"}, as_, "t.force_id = %s", *where)


_CRIMES = "select * from cases_crime where force_id = %s and id = any(%s)"
_JOINED = """select distinct merged_into from cases_crime
where force_id = %s and merged_into = any(%s) and withdrawn_reason = 'merged' and withdrawn_sequence > sequence"""
_UPDATES = f"""select w.n, u.id, u.update_id, u.by_desk, u.sequence, u.milestone, u.happened_at, u.text, u.persons,
  u.review, u.live, u.withdrawn_reason, u.withdrawn_sequence, u.replaced_by
{_of("cases_update", "u", "t.sequence >= 0")}"""
_HEARINGS = f"""select w.n, h.id, h.hearing_id, h.type, h.court, h.court_address, h.starts_at, h.week_commencing,
  h.weeks, h.attendance, h.status, h.result, h.sequence, h.said, h.live
{_of("cases_hearing", "h")} order by h.hearing_id collate "C"
"""
_PROPERTY = f"""select w.n, p.id, p.property_id, p.detail, p.status, p.sequence, p.said, p.live
{_of("cases_property", "p")} order by p.property_id collate "C"
"""
_VICTIMS = f"""select w.n, v.id, v.person, v.role, v.live, v.under_age, v.enhanced, v.account_id, v.invited_at
{_of("people_victim", "v")}"""
_CASES = f"select w.n, c.* {_of('publish_case', 'c')}"
_ENTRIES = f"""select w.n, {", ".join(f"e.{column}" for column in GLANCED)}
{_of("publish_case", "c")} cross join lateral (
  select * from publish_entry t where t.case_id = c.id and t.force_id = c.force_id offset 0) as e"""  # noqa: S608 (columns of ours)
_IN_FULL = f"""select {", ".join(f"e.{column}" for column in READ)}
from unnest(%s::uuid[], %s::text[]) as w (case_id, key)
join publish_entry e on e.case_id = w.case_id and e.key = w.key and e.force_id = %s"""  # noqa: S608 (columns of ours)


@dataclass(frozen=True, slots=True)
class Known:
    """What the records system and the desk have said of one crime, and how its case and entries stand."""

    crime: dict[str, Any]
    states: list[State]
    """In their order"""
    updates: list[Written]
    hearings: list[Hearing]
    items: list[Item]
    joined: bool
    """Another record of it was put together with this one"""
    victims: list[dict[str, Any]]
    case: dict[str, Any] | None
    entries: dict[str, dict[str, Any]]
    """By key; of each only what tells whether it may change (`entry_rows.GLANCED`)"""


class Asked:
    """Asks for all that is known of some crimes when it is made; `answers` reads it. Within one `setwise.ahead`.

    `crimes` are rows of crimes as they stand in this transaction, which need not be read again.
    """

    def __init__(self, force_id: int, ids: Iterable[UUID], crimes: Mapping[UUID, dict[str, Any]]) -> None:
        self._ids, self._crimes = sorted(set(ids), key=attrgetter("int")), crimes
        questions: list[tuple[str, list[Any]]] = []
        if self._ids:
            asked = setwise.array(self._ids)
            of_each = (_UPDATES, _HEARINGS, _PROPERTY, _VICTIMS, _CASES, _ENTRIES)
            questions = [(sql, [asked, force_id]) for sql in of_each]
            unknown = [id_ for id_ in self._ids if id_ not in crimes]
            questions += [(_JOINED, [force_id, asked]), (_CRIMES, [force_id, unknown])]
        self._asked = setwise.Asked(*questions)

    def answers(self) -> Iterator[Known]:
        """Each crime that there is, in the order of the ids."""
        found = self._asked.rows()
        if not found:
            return
        updates, hearings, belongings, victims, cases, entries = map(_by_crime, found[:6])
        joined = {row["merged_into"] for row in found[6]}
        crimes = {**self._crimes, **{row["id"]: row for row in found[7]}}
        for number, id_ in enumerate(self._ids, start=1):
            if (crime := crimes.get(id_)) is None:
                continue
            yield Known(
                crime,
                in_order(crime["states"]),
                [_written(row) for row in updates[number]],
                [_hearing(row) for row in hearings[number]],
                [_item(row) for row in belongings[number]],
                id_ in joined,
                victims[number],
                next(iter(cases[number]), None),
                {row["key"]: row for row in entries[number]},
            )


def in_order(said: Iterable[list[Any]]) -> list[State]:
    """What was said of a crime's states, by sequence, in whatever order it came."""
    return sorted(
        State(sequence, datetime.fromisoformat(moment), stage, outcome, officer, live)
        for sequence, moment, stage, outcome, officer, live in said
    )


def look_alike(before: Iterable[list[Any]], after: Iterable[list[Any]]) -> bool:
    """Whether a case looks the same with what was said of its states before as after more was said."""
    two, known = in_order(after), {said[0] for said in before}
    one = [state for state in two if state.sequence in known]
    return (
        derived(one) == derived(two)
        and reached(one) == reached(two)
        and closed_since(one) == closed_since(two)
    )


def in_full(force_id: int, entries: Sequence[tuple[UUID, str]]) -> dict[tuple[UUID, str], dict[str, Any]]:
    """The rows of these entries, named by case and key, but for their words."""
    if not entries:
        return {}
    rows = setwise.fetch(_IN_FULL, [[case for case, _ in entries], [key for _, key in entries], force_id])
    return {(row["case_id"], row["key"]): row for row in rows}


def _by_crime(rows: Iterable[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    grouped: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        grouped[row["n"]].append(row)
    return grouped


def _written(row: dict[str, Any]) -> Written:
    return Written(
        key=f"{'desk' if row['by_desk'] else 'update'}:{row['update_id']}",
        id=row["update_id"],
        revision=row["sequence"],
        milestone=row["milestone"],
        happened_at=row["happened_at"],
        text=Sealed(row["id"], row["text"]) if row["text"] is not None else (),
        victims=frozenset(row["persons"]) if row["persons"] is not None else None,
        review=row["review"],
        live=row["live"],
        withdrawn=row["withdrawn_reason"] if row["withdrawn_sequence"] > row["sequence"] else "",
        replaced_by=row["replaced_by"],
    )


def _hearing(row: dict[str, Any]) -> Hearing:
    result = crypto.unseal_json("cases_hearing.result", row["id"], row["result"]) if row["result"] else {}
    return Hearing(
        id=row["hearing_id"],
        sequence=row["sequence"],
        type=row["type"],
        court=row["court"],
        address=row["court_address"],
        starts_at=row["starts_at"],
        week=row["week_commencing"],
        weeks=row["weeks"],
        attendance=row["attendance"],
        status=row["status"],
        result=tuple(sorted(result.items())),
        said_at=next(
            datetime.fromisoformat(at) for _, at, last in row["said"].values() if last == row["sequence"]
        ),
        changed=len(row["said"]) > 1,
        live=row["live"],
    )


def _item(row: dict[str, Any]) -> Item:
    detail = crypto.unseal_json("cases_property.detail", row["id"], row["detail"])
    return Item(
        id=row["property_id"],
        sequence=row["sequence"],
        **detail,
        status=row["status"],
        said={name: (datetime.fromisoformat(at), last) for name, (_, at, last) in row["said"].items()},
        live=row["live"],
    )
