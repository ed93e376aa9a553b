"""The whole life of alerts: what each tells of, its letters with every try, and the task for a person instead."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from trackmycrime.delivery.record import Sent, record_of
from trackmycrime.kernel import setwise

from .looking import NOT_REACHED
from .writing import TELL_NO_NEWS, TELL_YOURSELF


@dataclass(frozen=True)
class Told:
    """One thing that an alert tells of."""

    entry: str
    """The key of the published entry, ``message:<id>`` or ``invitation:<id>``"""
    revision: int
    milestone: str
    """The entry's kind; empty for what is no entry, or has gone"""


@dataclass(frozen=True)
class InPerson:
    """The task by which a person was asked to tell the victim instead of a machine."""

    id: UUID
    kind: str
    asked_at: datetime
    due_at: datetime | None
    done_at: datetime | None
    done_by: UUID | None
    """Whose account; None where it was closed by itself"""
    officer_id: str
    """Theirs in the records system; empty where it has told us of none"""


@dataclass(frozen=True)
class Life:
    """One alert with everything that became of it."""

    id: UUID
    victim_id: UUID
    person: str
    """The records system's id of the victim"""
    crime_id: UUID
    reference: str
    case_id: UUID
    about: str
    channel: str
    state: str
    reason: str
    why: str
    """Why by this channel, and what put it off last: ``chosen, quiet hours`` (`Alert.why`)"""
    decided_at: datetime
    due_at: datetime
    finished_at: datetime | None
    told: tuple[Told, ...]
    letters: tuple[Sent, ...]
    in_person: InPerson | None

    @property
    def opened_at(self) -> datetime | None:
        """When the victim looked."""
        return self.finished_at if self.state == "opened" else None


# Tasks of a kind are open once for each victim, so the first that was not done before the alert came is the one.
_ALERTS = """
select a.id, a.victim_id, v.person, v.crime_id, c.reference, a.case_id, a.about, a.channel, a.state, a.reason,
  a.why, a.decided_at, a.due_at, a.finished_at, k.id as task, k.kind, k.created_at as asked_at, k.due_at as task_due_at,
  k.done_at, k.done_by,
  coalesce(s.officer_id, '') as officer_id
from alerts_alert a join people_victim v on v.id = a.victim_id join cases_crime c on c.id = v.crime_id
left join lateral (
  select t.id, t.kind, t.created_at, t.due_at, t.done_at, t.done_by from tasks_task t
  where a.state in ('by_person', 'failed') and t.victim_id = a.victim_id and t.force_id = a.force_id
    and t.kind = any(%s) and (t.done_at is null or t.done_at >= a.finished_at)
  order by t.created_at, t.id limit 1) k on true
left join people_staff s on s.account_id = k.done_by and s.force_id = a.force_id
where a.id = any(%s) order by a.id desc
"""
_TOLD = """
select t.alert_id, t.entry, t.revision, coalesce(e.milestone, '') as milestone
from alerts_told t join alerts_alert a on a.id = t.alert_id
left join publish_entry e on e.case_id = a.case_id and e.key = t.entry
where t.alert_id = any(%s) order by t.entry, t.revision
"""
_TASK = ("task", "kind", "asked_at", "task_due_at", "done_at", "done_by", "officer_id")


def lives(alert_ids: Sequence[UUID]) -> list[Life]:
    """These alerts, the newest first. Five statements, however many; sees what the caller's login may see."""
    ids = list(alert_ids)
    if not ids:
        return []
    told: dict[UUID, list[Told]] = {}
    for row in setwise.fetch(_TOLD, [ids]):
        told.setdefault(row.pop("alert_id"), []).append(Told(**row))
    letters = record_of(ids)
    found = []
    for row in setwise.fetch(_ALERTS, [[TELL_YOURSELF, TELL_NO_NEWS, NOT_REACHED], ids]):
        task = [row.pop(name) for name in _TASK]
        found.append(
            Life(
                **row,
                told=tuple(told.get(row["id"], ())),
                letters=tuple(letters.get(row["id"], ())),
                in_person=None if task[0] is None else InPerson(*task),
            )
        )
    return found
