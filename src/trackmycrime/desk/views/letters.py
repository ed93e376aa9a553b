"""Letters to print: the invitation with its code, and that there is something new, for whoever asked for letters."""

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _

from trackmycrime import pipeline
from trackmycrime.alerts.words import language_for
from trackmycrime.cases.models import Crime
from trackmycrime.desk import letters, words
from trackmycrime.desk.gate import WRITE, allowed, write_down
from trackmycrime.desk.letters.content import From
from trackmycrime.desk.pages import back_to
from trackmycrime.desk.rights import Act
from trackmycrime.forces.models import Force, Unit
from trackmycrime.kernel.clock import london_date, utc_now
from trackmycrime.people import invitations
from trackmycrime.people.access import DeskRequest
from trackmycrime.people.models import Victim
from trackmycrime.publish.wording import Language

from . import found

# what browsers show a PDF with counts as an object
POLICY = "default-src 'self'; object-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"


@allowed(Act.INVITE, WRITE)
def invitation(request: DeskRequest, victim_id: UUID) -> HttpResponse:
    """The open invitation as a letter; with the address where a letter is safe, else to be handed over."""
    victim = found.victim(request, victim_id)
    crime = found.crime(request, victim.crime_id)
    sheet = invitations.sheet(victim.id)
    if sheet is None or sheet.expires_at <= utc_now():
        raise Http404
    large = _large(request)
    # what is all that it takes goes from hand to hand and never into the post
    to = () if sheet.second == "none" or letters.why_not(victim) else letters.addressed(victim)
    who, languages = _from(victim, crime)
    try:
        made = letters.pdf(letters.invitation(sheet, who, languages, to=to, large=large))
    except letters.CannotBeSet:
        return back_to("invitation", victim.id, done="not_set")
    write_down(request, "code.seen", "victim", victim.id)
    write_down(request, "letter.made", "victim", victim.id, letter="invitation", large=large, posted=bool(to))
    return _answer(made)


@allowed(Act.INVITE, WRITE)
def invite(request: DeskRequest, victim_id: UUID) -> HttpResponse:
    """A new invitation, made for the post: earlier ones end. It can be printed this once; another is a new one."""
    victim = found.victim(request, victim_id)
    crime = found.crime(request, victim.crime_id)
    if found.unchecked(request, victim):
        return back_to("check_identity", victim.id)
    with found.possible():
        sent = pipeline.invite_by_letter(request.staff, victim.id, now=utc_now())
    large = _large(request)
    who, languages = _from(victim, crime)
    try:
        made = letters.pdf(letters.posted(sent, who, languages, to=letters.addressed(victim), large=large))
    except letters.CannotBeSet:
        transaction.set_rollback(True)  # the invitation before it stands
        return back_to("invitation", victim.id, done="not_set")
    write_down(request, "letter.made", "victim", victim.id, letter="invitation", large=large, posted=True)
    return _answer(made)


@allowed(Act.DO_TASK, WRITE)
def news(request: DeskRequest, task_id: UUID) -> HttpResponse:
    """That there is something new, for the task of telling somebody by letter; where a letter is safe.

    Made to be printed here, or, where there is somebody who prints and posts, handed over to them: then the task is
    done, and open again if nothing comes of it.
    """
    task = found.task(request, task_id)
    if task.victim_id is None:
        raise Http404
    victim = found.victim(request, task.victim_id)
    crime = found.crime(request, victim.crime_id)
    if not letters.may_tell(task.kind, victim):
        raise Http404
    post = "post" in request.POST and letters.may_post()
    large = words.needs_large_print(victim) if post else _large(request)
    who, languages = _from(victim, crime)
    letter = letters.news(
        who, languages, to=letters.addressed(victim), online=not victim.no_portal, large=large
    )
    try:
        made = letters.pdf(letter)
    except letters.CannotBeSet:
        return back_to("task", task.id, done="not_set")
    write_down(request, "letter.made", "victim", victim.id, letter="news", large=large, task=str(task.id))
    if not post:
        return _answer(made)
    with found.possible():
        pipeline.letter_posted(
            request.staff,
            task.id,
            made,
            "+".join(languages),
            _("Printed and posted by machine"),
            now=utc_now(),
        )
    return back_to("case", victim.crime_id, done="posted")


def _large(request: DeskRequest) -> bool:
    return request.POST.get("large") == "1"


def _from(victim: Victim, crime: Crime) -> tuple[From, list[Language]]:
    """Who writes, and in which languages: the one that the victim chose or is known to read, else what alerts use."""
    force = Force.objects.get(id=victim.force_id)
    unit = Unit.objects.filter(force_id=force.id, unit_id=crime.unit_id).first()
    names: dict[Language, str] = {language: unit.name(language) if unit else "" for language in ("en", "cy")}
    titles: dict[Language, str] = {"en": force.name, "cy": force.name_cy or force.name}
    said = language_for(victim.chosen_language, victim.language, force.languages)
    languages: list[Language] = ["cy" if one == "cy" else "en" for one in said.split("+")]
    return From(titles, names, settings.TMC_PORTAL_URL.rstrip("/"), london_date(utc_now())), languages


def _answer(made: bytes) -> HttpResponse:
    """The letter, to be looked at and printed; no name in its name, and no copy kept on the way."""
    answer = HttpResponse(made, content_type="application/pdf")
    answer["Content-Disposition"] = 'inline; filename="letter.pdf"'
    answer["Cache-Control"] = "no-store"
    answer["Content-Security-Policy"] = POLICY
    return answer
