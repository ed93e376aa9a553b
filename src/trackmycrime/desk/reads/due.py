"""What is due: tasks by their clock, held updates, threads that wait for an answer, and how many there are of each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from trackmycrime.desk import words
from trackmycrime.desk.rights import OFFICER, SUPERVISOR
from trackmycrime.kernel import crypto, setwise
from trackmycrime.kernel.clock import london_date
from trackmycrime.publish import dates, speaking, wording
from trackmycrime.rights import working_days

from .me import Scope

PAGE = 20
UNREACHABLE = (
    "could_not_be_reached",
    "tell_yourself",
    "tell_no_news",
    "tell_in_person",
    "invite_in_person",
    "not_for_me",
    "address_bounced",
    "agree_another_way",
)
"""Kinds of task that mean: no machine reaches this person."""
QUARANTINE = "feed_waits"
"""The kind of task that is the administrators', and on no officer's list"""
SUPERVISORS = speaking.OVERDUE
"""The kind of task that is the supervisors', and on no officer's list: none has done it in time"""


@dataclass(frozen=True)
class Counts:
    """The figures above the lists."""

    due: int
    late: int
    messages: int
    held: int
    unreachable: int
    not_set_up: int
    """Alerts of the force that wait because their channel has no provider"""


@dataclass(frozen=True)
class Row:
    """One line of a list: whom it is about, what is to be done, by when."""

    id: UUID
    crime_id: UUID | None
    victim_id: UUID | None
    who: str
    about: str
    reference: str
    kind: str
    title: str
    more: str
    due_on: date | None
    due_words: str
    late: bool
    unread: int


@dataclass(frozen=True)
class Slice:
    """One page of a list, in the shape that ``design/_pagination.html`` reads."""

    rows: list[Any]
    number: int
    total: int
    size: int = PAGE

    @property
    def paginator(self) -> "Slice":
        return self

    @property
    def num_pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def has_next(self) -> bool:
        return self.number < self.num_pages

    @property
    def has_previous(self) -> bool:
        return self.number > 1

    @property
    def has_other_pages(self) -> bool:
        return self.num_pages > 1

    @property
    def next_page_number(self) -> int:
        return self.number + 1

    @property
    def previous_page_number(self) -> int:
        return self.number - 1


def counts(scope: Scope, now: datetime) -> Counts:
    """All figures in one statement."""
    of_task, task_values = _listed(scope)
    of_crime, crime_values = scope.sql("k")
    sql = f"""
    select
      (select count(*) from tasks_task t where t.done_at is null and {of_task}) due,
      (select count(*) from tasks_task t where t.done_at is null and t.due_at < %s and {of_task}) late,
      (select count(*) from tasks_task t where t.done_at is null and t.kind = any(%s) and {of_task}) unreachable,
      (select count(distinct m.victim_id) from messages_message m
        join people_victim v on v.id = m.victim_id join cases_crime k on k.id = v.crime_id
        where m.by = 'victim' and m.read_at is null and {of_crime}) messages,
      (select count(*) from publish_entry e join publish_case c on c.id = e.case_id
        join cases_crime k on k.id = c.crime_id where e.state = 'held' and c.open and {of_crime}) held,
      (select count(*) from alerts_alert a where a.state = 'not_set_up') not_set_up
    """  # noqa: S608 the conditions are ours
    values = [
        *task_values,
        now,
        *task_values,
        list(UNREACHABLE),
        *task_values,
        *crime_values,
        *crime_values,
    ]
    return Counts(**setwise.fetch(sql, values)[0])


def _listed(scope: Scope) -> tuple[str, list[Any]]:
    """A condition over tasks ``t``: those on this list. What waits for a supervisor and has no unit is on the list of
    each."""
    condition, values = scope.sql("t")
    if scope.role == OFFICER:
        return f"t.kind <> all(%s) and {condition}", [[QUARANTINE, SUPERVISORS], *values]
    if scope.role == SUPERVISOR and scope.name == "team":
        condition, values = f"({condition} or t.kind = %s and t.unit_id = '')", [*values, SUPERVISORS]
    return f"t.kind <> %s and {condition}", [QUARANTINE, *values]


_TASKS = """
select t.id, t.kind, t.crime_id, t.due_at, t.created_at, k.reference, k.category, k.place,
       v.id victim_id, v.detail,
       (select count(*) from messages_message m where m.victim_id = v.id and m.by = 'victim' and m.read_at is null)
         unread
from tasks_task t
left join cases_crime k on k.id = t.crime_id
left join lateral (
    select v.id, v.detail from people_victim v
    where v.crime_id = t.crime_id and (t.victim_id is null or v.id = t.victim_id)
    order by v.live desc, v.id limit 1) v on true
where t.done_at is null and {condition}
order by t.due_at nulls last, t.id
offset %s limit %s
"""


def tasks(
    scope: Scope, now: datetime, *, number: int, total: int, kinds: Iterable[str] | None = None
) -> Slice:
    """One page of the open tasks, the most urgent first. One statement."""
    condition, values = _listed(scope)
    if kinds is not None:
        condition, values = f"{condition} and t.kind = any(%s)", [*values, list(kinds)]
    rows = setwise.fetch(_TASKS.format(condition=condition), [*values, (number - 1) * PAGE, PAGE])
    return Slice([_task(row, now) for row in rows], number, total)


def _task(row: dict[str, Any], now: datetime) -> Row:
    due_on, late = None, False
    due_words = _("No date")
    if row["due_at"] is not None:
        due_on, late = london_date(row["due_at"]), row["due_at"] < now
        due_words = by_when(due_on, late, now)
    return Row(
        id=row["id"],
        crime_id=row["crime_id"],
        victim_id=row["victim_id"],
        who=name_of(row["victim_id"], row["detail"]) or about(row) or _("The force"),
        about=about(row),
        reference=row["reference"] or "",
        kind=row["kind"],
        title=words.task(row["kind"], "title"),
        more=due_words,
        due_on=due_on,
        due_words=dates.day(due_on, words.language(), today=london_date(now)) if due_on else "",
        late=late,
        unread=row["unread"],
    )


def by_when(due_on: date, late: bool, now: datetime) -> str:
    """«4 working days late», «Due today», «2 working days left»."""
    today = london_date(now)
    days = working_days.between(today, due_on)
    if late:
        n = -days
        if n < 1:
            return _("Late")
        return _("1 working day late") if n == 1 else _("%(n)s working days late") % {"n": n}
    if due_on == today:
        return _("Due today")
    if days < 1:
        return _("Due before the next working day")
    return _("1 working day left") if days == 1 else _("%(n)s working days left") % {"n": days}


def name_of(victim_id: UUID | None, detail: Any) -> str:
    """The victim's name, opened from a row; empty where there is none."""
    if victim_id is None or detail is None:
        return ""
    return str(crypto.unseal_json("people_victim.detail", victim_id, detail).get("name") or "")


def about(row: dict[str, Any]) -> str:
    """«Burglary · Gloucester Road»"""
    if not row["category"]:
        return ""
    return " · ".join(filter(None, (wording.offence(row["category"], words.language()), row["place"])))


def sections(rows: Iterable[Row], now: datetime) -> list[tuple[str, str, list[Row]]]:
    """The rows under their headings (key, words, rows): late, today, this week, later, without a date."""
    today = london_date(now)
    heads = {
        "late": _("Late"),
        "today": _("Today"),
        "week": _("In the next seven days"),
        "later": _("Later"),
        "none": _("Without a date"),
    }
    sorted_rows: dict[str, list[Row]] = {key: [] for key in heads}
    for row in rows:
        sorted_rows[_section(row, today)].append(row)
    return [(key, heads[key], found) for key, found in sorted_rows.items() if found]


def _section(row: Row, today: date) -> str:
    if row.late:
        return "late"
    if row.due_on is None:
        return "none"
    if row.due_on <= today:
        return "today"
    return "week" if row.due_on <= today + timedelta(days=7) else "later"
