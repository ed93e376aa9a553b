"""Who has opened or changed a case: its part of the audit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from trackmycrime.desk import words
from trackmycrime.kernel import crypto, setwise
from trackmycrime.kernel.clock import london_date
from trackmycrime.publish import dates
from trackmycrime.publish.contacts import shown_as

from .due import Slice

ACTIONS = {
    "case.seen": lazy("Opened the case"),
    "case.closed_to_victims": lazy("Closed the case to its victims"),
    "thread.seen": lazy("Read the messages"),
    "record.seen": lazy("Read this list"),
    "code.seen": lazy("Showed the activation code"),
    "invited": lazy("Invited a victim"),
    "invitation.revoked": lazy("Took an invitation back"),
    "entry.published": lazy("Published an update"),
    "entry.held": lazy("Held an update"),
    "entry.never": lazy("Decided that an update is not shown"),
    "entry.withdrawn": lazy("Withdrew an update"),
    "entry.gone": lazy("Removed an update"),
    "task.done": lazy("Did a task"),
}
PAGE = 50


@dataclass(frozen=True)
class Line:
    """One act."""

    when: str
    who: str
    what: str


_LINES = """
select r.at, r.actor_kind, r.actor_id, r.action, count(*) over () total from audit_record r
where r.object_kind = any(%s) and r.object_id = any(array(
    select %s::text
    union all select id::text from publish_case where crime_id = %s
    union all select id::text from people_victim where crime_id = %s
    union all select e.id::text from publish_entry e join publish_case c on c.id = e.case_id where c.crime_id = %s
    union all select id::text from tasks_task where crime_id = %s))
order by r.id desc offset %s limit %s
"""
KINDS = ["crime", "case", "victim", "entry", "task", "update"]


def record(force: int, crime_id: UUID, now: datetime, *, number: int) -> Slice:
    """One page of what was done about this crime, the newest first. Two statements."""
    rows = setwise.fetch(
        _LINES, [KINDS, crime_id, crime_id, crime_id, crime_id, crime_id, (number - 1) * PAGE, PAGE]
    )
    who = staff_names(force, {row["actor_id"] for row in rows if row["actor_kind"] == "officer"})
    others = {
        "system": _("The service"),
        "source": _("The records system"),
        "victim": _("The victim"),
        "officer": _("A member of staff"),
    }
    language, today = words.language(), london_date(now)
    lines = [
        Line(
            when=dates.moment(row["at"], language, today=today),
            who=who.get(row["actor_id"]) or others.get(row["actor_kind"], row["actor_kind"]),
            what=words.said(ACTIONS, row["action"]).replace(".", ": "),
        )
        for row in rows
    ]
    return Slice(lines, number, rows[0]["total"] if rows else 0, PAGE)


def staff_names(force: int, accounts: Iterable[UUID | str]) -> dict[str, str]:
    """How these members of staff are shown, by account id as text; who has no officer record is left out."""
    wanted = sorted({str(account) for account in accounts})
    if not wanted:
        return {}
    rows = setwise.fetch(
        "select s.account_id, o.id, o.detail from people_staff s join people_officer o"
        " on o.force_id = s.force_id and o.officer_id = s.officer_id and s.officer_id <> ''"
        " where s.force_id = %s and s.account_id = any(%s::uuid[])",
        [force, wanted],
    )
    return {
        str(row["account_id"]): shown_as(
            crypto.unseal_json("people_officer.detail", row["id"], row["detail"])
        )
        for row in rows
    }
