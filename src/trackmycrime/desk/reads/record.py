"""Who has opened or changed a case: its part of the audit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from trackmycrime.desk import words
from trackmycrime.kernel import crypto, setwise
from trackmycrime.publish.contacts import shown_as

from .due import Slice

ACTIONS = {
    "case.seen": lazy("Opened the case"),
    "thread.seen": lazy("Read the messages"),
    "entry.seen": lazy("Read an update that was held"),
    "invitation.seen": lazy("Looked at the invitation"),
    "code.seen": lazy("Showed the activation code"),
    "letter.made": lazy("Made a letter to print"),
    "letter.posted": lazy("Had a letter printed and posted"),
    "alert.seen": lazy("Looked at what became of an alert"),
    "log.seen": lazy("Read what was sent about the case"),
    "log.exported": lazy("Took away a file of what was sent about the case"),
    "record.seen": lazy("Read this list"),
    "case.promised": lazy("Set the date of the next update"),
    "case.closed_to_victims": lazy("The case was closed to its victims"),
    "crime.withheld": lazy("Closed the case to its victims"),
    "crime.lifted": lazy("Opened the case again"),
    "crime.switched_on": lazy("Switched the case on"),
    "crime.switched_off": lazy("Switched the case off"),
    "look.switched_on": lazy("Allowed a look without an account again"),
    "look.switched_off": lazy("Switched a look without an account off"),
    "invited": lazy("Invited a victim"),
    "identity_checked": lazy("Made sure who a victim is, to let them in again"),
    "account_reopened": lazy("A victim’s account was opened again"),
    "invitation.revoked": lazy("Took an invitation back"),
    "invitation_locked": lazy("The invitation was locked after too many wrong codes"),
    "invitation_not_for_me": lazy("Somebody said that the invitation is not for them"),
    "joined": lazy("Joined"),
    "look_code_made": lazy("Asked for a code to look without an account"),
    "looked_without_account": lazy("Looked where the case stands, without an account"),
    "account.email_changed": lazy("Changed the email address that they sign in with"),
    "account.frozen": lazy("Closed the account, because somebody else may have seen it"),
    "address.asked": lazy("Asked to change their address or number"),
    "address.changed": lazy("Changed their address or number"),
    "address.allowed": lazy("Said that a new address or number is theirs"),
    "address.refused": lazy("Said that a new address or number is not theirs"),
    "address.confirmed": lazy("Confirmed an address"),
    "sharing.seen": lazy("Looked at who sees the case"),
    "access.given": lazy("Let somebody in to the case"),
    "access.changed": lazy("Changed what somebody who was let in may do"),
    "access.invited_again": lazy("Invited anew somebody who was let in"),
    "access.taken_up": lazy("Joined, to help"),
    "access.carried": lazy("Whoever was let in came over from a merged crime"),
    "access.ended": lazy("Access of somebody who was let in ended"),
    "access.left": lazy("Does not help any more"),
    "access.alerts_on": lazy("Asked to be told when there is something new"),
    "access.alerts_off": lazy("Asked to be told no more"),
    "case.seen_by_helper": lazy("Opened the case, to help"),
    "message.written_by_helper": lazy("Wrote to police, to help"),
    "contact.handed_over": lazy("Handed the case to another contact of the business"),
    "message.sent": lazy("Wrote to a victim"),
    "entry.published": lazy("An update was published"),
    "entry.held": lazy("An update was held"),
    "entry.release": lazy("Said yes to an update"),
    "entry.keep": lazy("Kept an update back"),
    "entry.never": lazy("An update is not shown"),
    "entry.withdrawn": lazy("An update was withdrawn"),
    "entry.gone": lazy("An update was removed"),
    "task": lazy("Did a task"),
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
    union all select id::text from tasks_task where crime_id = %s
    union all select m.id::text from messages_message m join publish_case c on c.id = m.case_id
      where c.crime_id = %s and m.by = 'police'))
order by r.id desc offset %s limit %s
"""
KINDS = ["crime", "case", "victim", "entry", "task", "message"]


def record(force: int, crime_id: UUID, now: datetime, *, number: int) -> Slice:
    """One page of what was done about this crime, the newest first. Two statements."""
    rows = setwise.fetch(_LINES, [KINDS, *[crime_id] * 6, (number - 1) * PAGE, PAGE])
    who = staff_names(force, {row["actor_id"] for row in rows if row["actor_kind"] == "officer"})
    others = {
        "system": _("The service"),
        "source": _("The records system"),
        "victim": _("The victim"),
        "officer": _("A member of staff"),
        "helper": _("Somebody who was let in"),
    }
    lines = [
        Line(
            when=words.moment(row["at"], now),
            who=who.get(row["actor_id"]) or others.get(row["actor_kind"], row["actor_kind"]),
            what=words.said(ACTIONS, "task" if row["action"].startswith("task.") else row["action"]),
        )
        for row in rows
    ]
    return Slice(lines, number, rows[0]["total"] if rows else 0, PAGE)


_STAFF = """
select a.id account_id, a.email, o.id, o.detail from people_staff s
join people_account a on a.id = s.account_id
left join lateral (
    select o.id, o.detail from people_officer o where o.force_id = s.force_id
      and case when s.officer_id <> '' then o.officer_id = s.officer_id else o.email_hash = a.email_hash end limit 1
    ) o on true
where s.force_id = %s and a.id = any(%s::uuid[])
"""


def staff_names(force: int, accounts: Iterable[UUID | str]) -> dict[str, str]:
    """Who these members of staff are, by account id as text: as their officer is shown, else by their email."""
    wanted = sorted({str(account) for account in accounts})
    found = {}
    for row in setwise.fetch(_STAFF, [force, wanted]) if wanted else []:
        if row["id"]:
            name = shown_as(crypto.unseal_json("people_officer.detail", row["id"], row["detail"]))
        else:
            name = crypto.unseal("people_account.email", row["account_id"], row["email"])
        found[str(row["account_id"])] = name
    return found
