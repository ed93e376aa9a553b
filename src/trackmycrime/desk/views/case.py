"""One case: exactly what its victims see, and what officers need beside it."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString

from trackmycrime.cases.models import Crime
from trackmycrime.desk import words, words_of_looks
from trackmycrime.desk.forms import UpdateForm
from trackmycrime.desk.gate import allowed, write_down
from trackmycrime.desk.pages import page
from trackmycrime.desk.reads import case as reads
from trackmycrime.desk.reads import record as records
from trackmycrime.desk.reads.me import me
from trackmycrime.desk.rights import Act
from trackmycrime.kernel.clock import london_date, utc_now
from trackmycrime.people.access import DeskRequest
from trackmycrime.publish import dates, looks, wording
from trackmycrime.publish.view import as_victim_sees

from . import found


@allowed(Act.SEE_CASES)
def case(request: DeskRequest, crime_id: UUID) -> HttpResponse:
    """What one of the victims sees now, and the facts beside it. Opening it is written down."""
    now = utc_now()
    crime = found.crime(request, crime_id)
    who = me(request)
    facts = reads.facts(crime, who.policy, now)
    person = _chosen(request.GET.get("v", ""), facts.people)
    write_down(request, "case.seen", "crime", crime.id, **({"victim": str(person.id)} if person else {}))
    return page(
        request,
        "desk/case.html",
        "cases",
        title=title_of(crime),
        crime=crime,
        facts=facts,
        person=person,
        reach=words.reach(person.row) if person else [],
        safe=words.safe_contact(person.row) if person else [],
        look=words_of_looks.look(looks.possible(crime.force_id, person.id, now=now)) if person else "",
        alerts=reads.alerts(person.id, now) if person else [],
        seen=seen(crime, person) if person and not facts.why_closed else "",
        form=UpdateForm(languages=who.languages, today=london_date(now)),
        **described(crime, facts),
    )


def _chosen(wanted: str, people: list[reads.Person]) -> reads.Person | None:
    if not wanted:
        return people[0] if people else None
    for person in people:
        if str(person.id) == wanted:
            return person
    raise Http404


def title_of(crime: Crime) -> str:
    """The kind of crime, as its victims read it."""
    return wording.offence(crime.category, words.language())


def described(crime: Crime, facts: reads.CaseFacts) -> dict[str, Any]:
    """The records system's facts in words."""
    language, today = words.language(), london_date(utc_now())
    return {
        "stage": words.said(words.STAGES, crime.stage),
        "outcome": crime.outcome,
        "reported": dates.as_known(crime.reported_at, language, today=today),
        "flags": [words.said(words.FLAGS, flag) for flag in sorted({*crime.flags, *facts.protected})],
        "closed_words": words.said(words.CLOSED, facts.why_closed) if facts.why_closed else "",
        "withdrawn_words": words.said(words.WITHDRAWN, crime.withdrawn) if crime.withdrawn else "",
    }


def language_for(person: reads.Person) -> str:
    """The language in which this victim reads the page: theirs, else the one of the desk."""
    chosen = person.row.chosen_language or person.row.language
    return chosen if chosen in wording.LANGUAGES else words.language()


def seen(crime: Crime, person: reads.Person) -> SafeString:
    """The case as this victim sees it now: the same components with the same words, in the victim's language."""
    language = language_for(person)
    view = as_victim_sees(crime.force_id, person.id, language, now=utc_now())
    with translation.override(language):
        html = render_to_string(
            "desk/_seen.html",
            {
                "view": view,
                "rail": [step.state for step in view.stages] if view else [],
                "language": language,
            },
        )
    return SafeString(html)


@allowed(Act.SEE_RECORD)
def record(request: DeskRequest, crime_id: UUID) -> HttpResponse:
    """Who has opened or changed this case. Reading it is written down too."""
    now = utc_now()
    crime = found.crime(request, crime_id)
    write_down(request, "record.seen", "crime", crime.id)
    lines = records.record(crime.force_id, crime.id, now, number=found.page_number(request))
    return page(request, "desk/record.html", "cases", crime=crime, title=title_of(crime), lines=lines)
