"""Who sees a victim's case with them, and the organisations of a force, in words."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from trackmycrime.desk import words
from trackmycrime.kernel.clock import london_date
from trackmycrime.messages.models import Message
from trackmycrime.people.helping.rules import last_day
from trackmycrime.people.models import Access, Member, Organisation
from trackmycrime.publish import dates

KINDS = {
    "helper": lazy("Let in by the victim"),
    "guardian": lazy("Parent or guardian, let in by police"),
    "organisation": lazy("Organisation, let in by the victim"),
}
ENDED = {
    "victim": lazy("The victim stopped it"),
    "officer": lazy("Police stopped it"),
    "left": lazy("They did not want to any more"),
    "not_for_me": lazy("They said that the invitation was not for them"),
    "time": lazy("The time was over"),
    "of_age": lazy("The child is 18"),
    "contact": lazy("They became the named contact"),
    "reopened": lazy("The account was opened again after it was lost"),
    "lost": lazy("They could not sign in any more"),
    "moved": lazy("Another account follows the case"),
}


@dataclass(frozen=True)
class Shared:
    """Access of one person or organisation."""

    id: UUID
    name: str
    kind: str
    may: str
    until: str
    taken_up: bool
    ended: str
    """Why and when it ended; empty while it stands"""


def shared(victim_id: UUID, now: datetime) -> list[Shared]:
    """All access to this victim's case, what stands first. One statement."""
    found = Access.objects.filter(victim_id=victim_id).order_by("-ended_at", "given_at", "id")[:100]
    return sorted((_line(one, now) for one in found), key=lambda line: bool(line.ended))


def _line(one: Access, now: datetime) -> Shared:
    ended = one.ended_at or (one.until if one.until <= now else None)
    why = words.said(ENDED, one.ended_why or "time")
    return Shared(
        id=one.id,
        name=one.name,
        kind=words.said(KINDS, one.kind),
        may=_("Reads and writes") if one.may_write else _("Reads"),
        until=dates.day(last_day(one.until), words.language(), today=london_date(now)),
        taken_up=one.joined_at is not None,
        ended=f"{why}, {words.moment(ended, now)}" if ended else "",
    )


def names(messages: Iterable[Message]) -> dict[UUID, str]:
    """Who wrote by access that the victim gave, by message: of an organisation, whose workers share one access, who it
    was there."""
    wrote = [message for message in messages if message.access_id]
    if not wrote:
        return {}
    known = Access.objects.in_bulk({message.access_id for message in wrote})
    of = {one.organisation_id for one in known.values() if one.organisation_id}
    accounts = {message.account_id for message in wrote}
    there: dict[tuple[UUID | None, UUID | None], str] = {
        (member.organisation_id, member.account_id): member.name
        for member in (Member.objects.filter(organisation__in=of, account__in=accounts) if of else ())
    }

    def called(message: Message) -> str:
        one = known[message.access_id]
        return ", ".join(filter(None, (there.get((one.organisation_id, message.account_id), ""), one.name)))

    return {message.id: called(message) for message in wrote if message.access_id in known}


@dataclass(frozen=True)
class Working:
    """An organisation, and who says who works there."""

    id: UUID
    name: str
    since: str
    administrators: list[str]
    workers: int
    cases: int


def organisations(force_id: int, now: datetime) -> list[Working]:
    """The organisations that a force works with. Three statements."""
    found = list(Organisation.objects.filter(force_id=force_id, ended_at=None).order_by("name", "id"))
    members = list(Member.objects.filter(organisation__in=found, ended_at=None).order_by("added_at", "id"))
    access = Access.objects.filter(organisation__in=found, ended_at=None, until__gt=now)
    cases = dict(access.order_by().values_list("organisation_id").annotate(n=Count("id")))
    return [
        Working(
            one.id,
            one.name,
            words.moment(one.created_at, now),
            [m.name for m in members if m.organisation_id == one.id and m.role == Member.Role.ADMINISTRATOR],
            sum(1 for m in members if m.organisation_id == one.id and m.joined_at),
            cases.get(one.id, 0),
        )
        for one in found
    ]


def organisation(force_id: int, organisation_id: UUID) -> Organisation | None:
    """That organisation of the force, while it works with it."""
    return Organisation.objects.filter(force_id=force_id, id=organisation_id, ended_at=None).first()
