"""How a victim joins: the state of the invitation, its code on demand, a sheet to print, again, and taken back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpResponse

from trackmycrime import pipeline
from trackmycrime.desk import letters, words
from trackmycrime.desk.gate import WRITE, allowed, write_down
from trackmycrime.desk.pages import back_to, page
from trackmycrime.desk.reads import case as reads
from trackmycrime.desk.reads.me import me
from trackmycrime.desk.reads.record import staff_names
from trackmycrime.desk.rights import Act
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people import invitations
from trackmycrime.people.access import DeskRequest
from trackmycrime.people.models import IdentityCheck, Invitation
from trackmycrime.people.recovering import checks
from trackmycrime.publish import wording
from trackmycrime.publish.models import Case

from . import found
from .case import title_of

MOST_SHOWN = 20
"""How many invitations of one person the page shows"""


@allowed(Act.INVITE)
def invitation(request: DeskRequest, victim_id: UUID) -> HttpResponse:
    """The state of a victim's invitation and what can be done about it. The code itself is not on this page."""
    now = utc_now()
    victim = found.victim(request, victim_id)
    crime = found.crime(request, victim.crime_id)
    every = list(
        Invitation.objects.filter(victim_id=victim.id)
        .defer("activation_code")
        .order_by("-created_at", "-id")[:MOST_SHOWN]
    )
    newest = every[0] if every else None
    alive = newest is not None and newest.state in invitations.ALIVE and newest.expires_at > now
    write_down(request, "invitation.seen", "victim", victim.id)
    checked = checks.standing(victim, request.staff.account_id, now=now) if victim.account_id else None
    last = checks.newest(victim) if victim.account_id else None
    return page(
        request,
        "desk/invitation.html",
        "cases",
        crime=crime,
        title=title_of(crime),
        victim=victim,
        name=str(victim.detail.get("name") or ""),
        state=reads.invitation_state(newest, now),
        newest=newest,
        alive=alive,
        earlier=[
            (
                words.moment(one.created_at, now),
                words.said(words.WAYS, one.way),
                reads.invitation_state(one, now),
            )
            for one in every[1:]
        ],
        can_invite=victim.live
        and Case.objects.filter(force_id=victim.force_id, crime_id=crime.id, open=True).exists(),
        checked=checked,
        checked_before=_checked(request, last, now) if last else "",
        may_make=victim.account_id is None or checked is not None,
        way=words.said(words.WAYS, newest.way) if newest else "",
        sent=words.moment(newest.created_at, now) if newest else "",
        until=words.moment(newest.expires_at, now) if newest and alive else "",
        safe=words.safe_contact(victim),
        reach=words.reach(victim),
        by_hand=newest is not None and newest.second == "none",
        why_no_letter=words.said(words.NO_LETTER, letters.why_not(victim)),
        large=words.needs_large_print(victim),
    )


def _checked(request: DeskRequest, last: IdentityCheck, now: datetime) -> str:
    who = staff_names(request.staff.force_id, {str(last.by)}).get(str(last.by), "")
    return words.checked(last.how, last.what, who, words.moment(last.at, now))


@allowed(Act.INVITE, WRITE)
def code(request: DeskRequest, victim_id: UUID) -> HttpResponse:
    """Show the code of the open invitation, on a sheet that can be printed. Each showing is written down."""
    victim = found.victim(request, victim_id)
    crime = found.crime(request, victim.crime_id)
    now = utc_now()
    sheet = invitations.sheet(victim.id)
    if sheet is None or sheet.expires_at <= now:
        raise Http404
    write_down(request, "code.seen", "victim", victim.id)
    facts = reads.facts(crime, me(request).policy, now)
    return page(
        request,
        "desk/sheet.html",
        "cases",
        crime=crime,
        victim=victim,
        name=str(victim.detail.get("name") or ""),
        sheet=sheet,
        until=words.moment(sheet.expires_at, now),
        words=_sheet_words(sheet, facts.staffing.unit),
    )


def _sheet_words(sheet: invitations.Sheet, unit: str) -> dict[str, Any]:
    """The sheet in the page's language: its steps begin with what this person has (a mail, a text, or nothing)."""

    def said(part: str) -> str:
        address = f"{settings.TMC_PORTAL_URL}/start/"
        return wording.text(
            f"activation.{part}", words.language(), address=address, unit=unit, code=sheet.code
        )

    parts = ("title", "intro", "code_label", "steps_title", "keep_safe", "lost", "choice", "danger")
    return {part: said(part) for part in parts} | {"steps": [said(step) for step in letters.steps(sheet.way)]}


@allowed(Act.INVITE, WRITE)
def again(request: DeskRequest, victim_id: UUID) -> HttpResponse:
    """Send a new invitation; the old one ends. To who has joined only after their identity was checked."""
    victim = found.victim(request, victim_id)
    if found.unchecked(request, victim):
        return back_to("check_identity", victim.id)
    with found.possible():
        sent = pipeline.invite_again(request.staff, victim.id, now=utc_now())
    return back_to("invitation", victim.id, done="invited" if sent else "not_by_machine")


@allowed(Act.INVITE, WRITE)
def in_person(request: DeskRequest, victim_id: UUID) -> HttpResponse:
    """Make a code that the officer hands over to somebody they know to be this person; earlier invitations end."""
    victim = found.victim(request, victim_id)
    if found.unchecked(request, victim):
        return back_to("check_identity", victim.id)
    with found.possible():
        made = pipeline.invite_in_person(request.staff, victim.id, now=utc_now())
    return back_to("invitation", victim.id, done="made" if made else "no_portal")


@allowed(Act.INVITE, WRITE)
def revoke(request: DeskRequest, victim_id: UUID) -> HttpResponse:
    """Take the open invitation back."""
    victim = found.victim(request, victim_id)
    if invitations.revoke([victim.id], now=utc_now()):
        write_down(request, "invitation.revoked", "victim", victim.id)
    return back_to("invitation", victim.id, done="revoked")
