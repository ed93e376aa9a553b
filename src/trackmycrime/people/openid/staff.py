"""Officers who sign in by their force's own provider: let in, given a role, asked about again, and closed.

The account is made by the claims and lives by them. It is closed when they give no role any more: at the next
sign-in, at the asking anew every quarter of an hour, and when the provider says so by itself (back-channel logout).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection, transaction
from django.http import HttpRequest
from django.urls import reverse

from trackmycrime.audit import api as audit
from trackmycrime.forces.models import Force
from trackmycrime.kernel import crypto, scope
from trackmycrime.kernel.ids import new_id
from trackmycrime.people.access import StaffMember

from . import claims as rules
from . import provider as speaking
from . import told
from .models import ForceProvider, ProviderSession
from .provider import Answer, Provider, Refused, Unreachable

KEPT = "provider"
EVERY = timedelta(minutes=15)
"""How often the provider is asked whether all is as it was"""
GRACE = timedelta(minutes=45)
"""Since its last yes: for so long a provider that does not answer ends nobody's work"""
ASKING = timedelta(seconds=30)
"""How long one process has the asking to itself: a refresh token may be good for one time only"""
LIVES = timedelta(hours=11)


class NotLetIn(Exception):
    """The provider knows them; we do not let them in. The text says why, for the audit."""


@dataclass(frozen=True)
class Known:
    """A force's provider: what it takes to speak with it, and what its claims mean."""

    force: Force
    row: ForceProvider
    speaking: Provider


def offered() -> list[Force]:
    """The forces whose staff sign in by a provider."""
    with connection.cursor() as cursor:
        cursor.execute("select force_id from people_providers()")
        ids = [row[0] for row in cursor.fetchall()]
    return list(Force.objects.filter(pk__in=ids).order_by("name"))


def known(slug: str) -> Known | None:
    """The provider of the force of that name, if it has one that is in use."""
    force = Force.objects.filter(slug=slug).first()
    if force is None:
        return None
    with scope.bound(force=force.pk):
        row = ForceProvider.objects.filter(force=force, active=True).first()
    if row is None:
        return None
    return Known(force, row, Provider(row.issuer, row.client_id, row.secret, row.scope))


def speaking_of(slug: str) -> Provider | None:
    """What it takes to speak with the provider of that force, if it has one that is in use."""
    their = known(slug)
    return their.speaking if their else None


def subject_hash(issuer: str, subject: str) -> bytes:
    """By which an officer's identity is found."""
    return crypto.blind("identity-desk", f"{issuer}\n{subject}")


def _sid_hash(issuer: str, sid: str) -> bytes:
    return crypto.blind("identity-desk-session", f"{issuer}\n{sid}")


def come(their: Known, answer: Answer, *, now: datetime) -> UUID:
    """The account of whoever the provider names, with the role that its claims give: made, changed or opened again.

    Raises NotLetIn when they give none (an account that was there is closed then), when an account of that email is
    there which is not the provider's, and for somebody whom the force has taken off its staff here.
    """
    row = their.row
    subject = subject_hash(row.issuer, answer.subject)
    decided = rules.role(answer.claims, row.role_claim, row.roles)
    if not decided.role:
        gone(their, subject, f"role_{decided.why}", now=now)
        raise NotLetIn(f"role_{decided.why}")
    verified = rules.verified_email(answer.claims)
    email = verified or rules.text(answer.claims, "email") or f"{new_id()}@unknown.invalid"
    # an email that nobody has seen to says nothing of which officer of the records system this is
    mail = crypto.blind_email(email if verified else f"{answer.subject}\n{row.issuer}")
    officer = rules.text(answer.claims, row.officer_claim).casefold()[:64]
    account = new_id()
    with transaction.atomic(), scope.bound(force=their.force.pk), connection.cursor() as cursor:
        cursor.execute(
            "select account_id, became from people_staff_come(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                subject,
                account,
                crypto.seal("people_account.email", account, email),
                mail,
                bool(verified),
                make_password(None),
                new_id(),
                decided.role,
                officer,
                now,
            ],
        )
        mine, became = cursor.fetchone()
        if mine is None:
            _record(their, f"provider_{became}", now, why=became)
        elif became != "known":
            _record(their, f"staff_{became}_by_provider", now, account=mine, role=decided.role)
    if mine is None:
        raise NotLetIn(became)
    return UUID(str(mine))


def gone(their: Known, subject: bytes, why: str, *, now: datetime) -> UUID | None:
    """Close the account of that subject, if it has one here that is open: its sessions end at once."""
    with scope.bound(force=their.force.pk), connection.cursor() as cursor:
        cursor.execute("select people_staff_gone(%s, %s)", [subject, now])
        mine = cursor.fetchone()[0]
        if mine:
            _record(their, "staff_closed_by_provider", now, account=mine, why=why)
        else:
            _record(their, "provider_refused", now, why=why)
    return UUID(str(mine)) if mine else None


def refused(their: Known, why: str, *, now: datetime) -> None:
    """Write down that somebody came back from the provider and was not let in."""
    with scope.bound(force=their.force.pk):
        _record(their, "provider_refused", now, why=why)


def _record(their: Known, act: str, now: datetime, *, account: UUID | None = None, **detail: str) -> None:
    kind, id = ("account", str(account)) if account else ("force", str(their.force.pk))
    audit.record(audit.SYSTEM, [audit.Act(act, kind, id, detail)], force=their.force.pk, now=now)


def began(request: HttpRequest, their: Known, account: UUID, answer: Answer, *, now: datetime) -> None:
    """Keep what it takes to ask again, for the session that has just begun."""
    with scope.bound(force=their.force.pk, account=account):
        made = ProviderSession.objects.create(
            account_id=account,
            sid_hash=_sid_hash(their.row.issuer, answer.sid) if answer.sid else None,
            refresh=answer.refresh or None,
            checked_at=now,
            expires_at=now + LIVES,
        )
    request.session[KEPT] = {"id": str(made.pk), "force": their.force.slug}


def is_same(their: Known, answer: Answer, who: StaffMember) -> bool:
    """Whether the provider speaks of the person who sits here: by its subject."""
    with scope.bound(force=their.force.pk), connection.cursor() as cursor:
        cursor.execute("select people_staff_by(%s)", [subject_hash(their.row.issuer, answer.subject)])
        return bool(cursor.fetchone()[0] == who.account_id)


def fresh_enough(their: Known, answer: Answer, since: datetime) -> bool:
    """Whether they have shown who they are at that time or later, and by the means that the force asks for."""
    wanted = tuple(their.row.acr)
    return rules.signed_in_since(answer.claims, since) and rules.strong_enough(answer.claims, wanted)


def of_session(request: HttpRequest) -> Known | None:
    """The provider by which this session began, if it did."""
    kept = request.session.get(KEPT)
    return known(kept["force"]) if kept else None


def back_address() -> str:
    """Where a provider sends people back to: this is what is registered there."""
    return str(settings.TMC_DESK_URL).rstrip("/") + reverse("provider_back")


def still(request: HttpRequest, who: StaffMember, *, now: datetime) -> str:
    """Whether this session goes on: ``yes``; ``asked``: the provider has just said so; ``no``; or ``ask``: it must be
    asked by way of the browser, which can be done when a page is opened, and not when a form is sent.

    Once in a quarter of an hour the provider is asked; of several requests at once one does it.
    """
    kept = request.session.get(KEPT)
    if not kept:
        return "no"
    row = _row(kept["id"], who)
    if row is None:
        return "no"
    if now - row.checked_at < EVERY:
        return "yes"
    their = known(kept["force"])
    if their is None or their.force.pk != who.force_id:
        return "no"
    late = "yes" if now - row.checked_at < GRACE else "no"
    if row.refresh is None:
        return "ask" if request.method == "GET" else late
    if not _alone(row, who, now):
        return late
    try:
        answer = speaking.again(
            their.speaking, back_address(), refresh=row.refresh, wanted=their.row.role_claim, now=now
        )
        if come(their, answer, now=now) != who.account_id:
            raise Refused("it speaks of somebody else now")
    except Unreachable:
        return late
    except (Refused, NotLetIn) as why:
        ended(who, row.pk, str(why), now=now)
        return "no"
    checked(who, row.pk, answer.refresh, now=now)
    return "asked"


def _row(id: str, who: StaffMember) -> ProviderSession | None:
    with scope.bound(force=who.force_id, account=who.account_id):
        return ProviderSession.objects.filter(pk=id).first()


def _alone(row: ProviderSession, who: StaffMember, now: datetime) -> bool:
    with scope.bound(force=who.force_id, account=who.account_id):
        free = ProviderSession.objects.filter(pk=row.pk, checked_at=row.checked_at).exclude(
            asking_until__gt=now
        )
        return bool(free.update(asking_until=now + ASKING))


def checked(who: StaffMember, id: UUID | str, refresh: str, *, now: datetime) -> None:
    """Write down that the provider has said yes, and the refresh token for the next time."""
    with scope.bound(force=who.force_id, account=who.account_id):
        row = ProviderSession.objects.filter(pk=id).first()
        if row:
            row.checked_at, row.refresh, row.asking_until = now, refresh or row.refresh, None
            row.save(update_fields=["checked_at", "refresh", "asking_until"])


def ended(who: StaffMember, id: UUID | str, why: str, *, now: datetime) -> None:
    """End what the provider vouches for no more, and write it down."""
    with scope.bound(force=who.force_id, account=who.account_id):
        ProviderSession.objects.filter(pk=id).delete()
        act = audit.Act("session_ended_by_provider", "account", str(who.account_id), {"why": why[:80]})
        audit.record(audit.SYSTEM, [act], force=who.force_id, now=now)


def logged_out(their: Known, token: str, *, now: datetime) -> None:
    """End the sessions of whom the provider says are signed out there. Raises Refused, Unreachable."""
    said = speaking.logged_out(their.speaking, token, now=now)
    subject = subject_hash(their.row.issuer, rules.text(said, "sub"))
    session = _sid_hash(their.row.issuer, rules.text(said, "sid"))
    with scope.bound(force=their.force.pk), connection.cursor() as cursor:
        if not told.is_new(str(their.force.pk), said, now=now):
            return
        cursor.execute("select * from people_staff_logged_out(%s, %s)", [subject, session])
        for (mine,) in cursor.fetchall():
            _record(their, "signed_out_by_provider", now, account=mine)


def forget(request: HttpRequest, who: StaffMember) -> None:
    """Keep no refresh token of a session that its person ends."""
    if kept := request.session.get(KEPT):
        with scope.bound(force=who.force_id, account=who.account_id):
            ProviderSession.objects.filter(pk=kept["id"]).delete()
