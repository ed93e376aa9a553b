"""The published case as its page shows it: plain values, ready in the reader's language.

The portal reads under row security, so whatever is asked for, only the reader's own rows come back. The desk asks for
what one victim sees and gets the very same shapes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, cast
from uuid import UUID

from trackmycrime.cases.vocabulary import PUBLIC_STAGE, PUBLIC_STAGES
from trackmycrime.forces.models import Force
from trackmycrime.kernel import crypto, setwise
from trackmycrime.kernel.clock import london_date

from . import belongings, dates, hearings
from .shapes import CaseLine, CaseView, Contact, Entry, Newer, Promise, StageStep
from .who import by_ref, contact_of, staff_name
from .wording import Language, offence, stage, text, withdrawn_case
from .words import shown

STAGES = PUBLIC_STAGES

NEWEST_FIRST = (
    "happened_at desc, revision desc,"
    " (case milestone when 'recorded' then 0 when 'officer_assigned' then 1 else 2 end) desc,"
    ' key collate "C" desc'
)
"""The order of a timeline. What one and the same state of a case says comes to pass in the order of its steps: the
case is recorded, somebody takes it over, and then something happens (`timeline.derived`)."""

# Columns are named, so that a plan that PostgreSQL keeps outlives a migration.
_CASE = """
select c.id, c.version, c.force_id, c.page, c.officer_id, c.unit_id, c.stage, c.next_update_on, c.promised_on,
  c.closed_on, c.readable_until, f.name as force_name, f.name_cy as force_name_cy{more}
from publish_case c join forces_force f on f.id = c.force_id"""
# Under row security these are the reader's own parts in the case.
_READERS = ", array(select v.id from people_victim v where v.crime_id = c.crime_id and v.live) as readers"
_ENTRIES = """
select id, key, happened_at, words, officer_id, state, published_at, corrected_at, withdrawn_reason,
  replaced_by from publish_entry
where case_id = %s and state in ('published', 'withdrawn')"""
NAMED_ON_PAGE = """force_id = (select force_id from page) and ref = any (array(
    select officer_id from page union select unit_id from page
    union select officer_id from publish_entry where case_id = %(case)s))"""
"""Which contacts the page of a case names, for a statement that has the case as ``page``. The list is made once, and
the contacts are found by their index: a force has thousands of officers."""
_CONTACTS = "select id, kind, ref, shown, away_until, active from publish_contact"
_CONTACTS_OF = f"""
with page as (select officer_id, unit_id, force_id from publish_case where id = %(case)s)
{_CONTACTS} where {NAMED_ON_PAGE}"""  # noqa: S608 (constants of ours; values are bound)

# Row security shows parts in crimes to who holds them: without one, the reader was let in by whoever does.
_MINE = """
select c.*, exists (select from people_victim v where v.crime_id = c.crime_id and v.force_id = c.force_id) as own
from publish_case c order by c.changed_at desc limit 100"""

_MERGED = """
select c.id, c.page from publish_case c
where c.force_id = %s and c.crime_id = %s::uuid and c.open and (c.readable_until is null or c.readable_until > now())
  and exists (select from people_victim v join people_victim w on w.force_id = v.force_id and w.person = v.person
              where v.crime_id = c.crime_id and v.live and w.id = any(%s::uuid[]))"""


def language_of(language: str) -> Language:
    """The language of the page: Welsh where asked for, else English."""
    return "cy" if language == "cy" else "en"


def my_cases(
    language: str, *, now: datetime, seen_at: datetime | None = None, unread: dict[UUID, int] | None = None
) -> list[CaseLine]:
    """The cases of the signed-in account (row security decides which), the one with the newest entry first.

    `unread` is the number of new messages by case. Three statements, whatever the number of cases.
    """
    cases = setwise.fetch(_MINE)
    if not cases:
        return []
    ids = [case["id"] for case in cases]
    newest = {
        row["case_id"]: row
        for row in setwise.fetch(
            "select distinct on (case_id) case_id, id, words, happened_at from publish_entry"  # noqa: S608 (constants of ours)
            f" where case_id = any(%s) and state = 'published' order by case_id, {NEWEST_FIRST}",
            [ids],
        )
    }
    fresh = {
        row["case_id"]: row["n"]
        for row in setwise.fetch(
            "select case_id, count(*) as n from publish_entry where case_id = any(%s) and state = 'published'"
            " and coalesce(corrected_at, published_at) > %s group by case_id",
            [ids, seen_at or now],
        )
    }
    names = force_names({case["force_id"] for case in cases})
    return [
        _line(
            case,
            newest.get(case["id"]),
            names,
            language_of(language),
            now,
            fresh.get(case["id"], 0),
            (unread or {}).get(case["id"], 0),
        )
        for case in cases
    ]


def case_page(
    case_id: UUID, language: str, *, now: datetime, seen_at: datetime | None = None
) -> CaseView | None:
    """One case as the signed-in account sees it; None when there is no such case for it.

    Three statements, asked together; one more where the officer is away, or the team is known only by the officer.
    """
    with setwise.ahead():
        cases, entries, contacts = setwise.Asked(
            (f"{_CASE.format(more=_READERS)} where c.id = %s", [case_id]),
            (f"{_ENTRIES} order by {NEWEST_FIRST}", [case_id]),
            (_CONTACTS_OF, {"case": case_id}),
        ).rows()
    return _view(cases[0], entries, contacts, language_of(language), now, seen_at) if cases else None


def as_victim_sees(force_id: int, victim_id: UUID, language: str, *, now: datetime) -> CaseView | None:
    """What this victim sees of the case now, for the desk; None while it is closed to victims."""
    rows = setwise.fetch(
        f"{_CASE.format(more=', array[v.id] as readers')} join people_victim v on v.crime_id = c.crime_id"
        " where v.id = %s and v.live and c.force_id = %s and c.open",
        [victim_id, force_id],
    )
    if not rows:
        return None
    entries = setwise.fetch(
        f"{_ENTRIES} and (victims is null or %s = any(victims)) order by {NEWEST_FIRST}",
        [rows[0]["id"], victim_id],
    )
    contacts = setwise.fetch(_CONTACTS_OF, {"case": rows[0]["id"]})
    return _view(rows[0], entries, contacts, language_of(language), now, None)


def force_names(ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """The names of these forces by language."""
    wanted = sorted(set(ids))
    rows = Force.objects.filter(id__in=wanted).values_list("id", "name", "name_cy")
    return {row[0]: {"en": row[1], "cy": row[2] or row[1]} for row in rows}


def _view(
    case: dict[str, Any],
    entries: Sequence[dict[str, Any]],
    contacts: Iterable[dict[str, Any]],
    language: Language,
    now: datetime,
    seen_at: datetime | None,
) -> CaseView:
    today = london_date(now)
    page = crypto.unseal_json("publish_case.page", case["id"], case["page"])
    staff = by_ref(contacts)
    more = [
        ref
        for row in staff.values()
        if row["kind"] == "officer"
        for ref in (row["shown"]["cover"], row["shown"]["unit"])
        if ref and ("unit", ref) not in staff and ("officer", ref) not in staff
    ]
    if more:
        staff |= by_ref(
            setwise.fetch(
                f"{_CONTACTS} where force_id = %s and ref = any(%s)",
                [case["force_id"], sorted(set(more))],
            )
        )
    contact = contact_of(case, staff, language, today)
    force = case["force_name_cy"] if language == "cy" and case["force_name_cy"] else case["force_name"]
    shown_entries = _with_newer(
        entries, [_entry(e, staff, contact, force, language, today, seen_at) for e in entries]
    )
    closed = case["closed_on"] is not None
    number = _number(case, page)
    return CaseView(
        id=case["id"],
        version=case["version"],
        reference=page["reference"],
        title=offence(page["category"], language),
        place=page["place"],
        occurred=_occurred(page, language, today),
        force=force,
        stages=_steps(page, number, language, today),
        stage_number=number + 1,
        stage_name=text(f"public_stage.{STAGES[number]}", language),
        stage_sentence=stage(case["stage"], language).sentence,
        promise=_promise(case, language, today),
        contact=contact,
        entries=shown_entries,
        closed=closed,
        closing_words=_closing(case, page, contact, shown_entries, language) if closed else [],
        read_until=dates.day(london_date(case["readable_until"]), language) if case["readable_until"] else "",
        new_updates=sum(1 for e in shown_entries if e.is_new),
        joined=text("merged.here", language) if page.get("joined") else "",
        hearings=[] if closed else hearings.coming(page.get("hearings", ()), language, today),
        property=belongings.listed(
            page.get("property", ()), language, owner=page.get("owner") in map(str, case["readers"])
        ),
    )


def _number(case: dict[str, Any], page: dict[str, Any]) -> int:
    return 4 if page["withdrawn"] or case["closed_on"] else STAGES.index(PUBLIC_STAGE[case["stage"]])


def _steps(page: dict[str, Any], number: int, language: Language, today: date) -> list[StageStep]:
    """The five stages; of a case that ended early only those that it reached, and the end."""
    steps = []
    for position, name in enumerate(STAGES):
        reached = page["reached"].get(name, "")
        if number == 4 and position not in (0, 4) and not reached:
            continue
        state = "done" if position < number else "now" if position == number else "todo"
        if number == 4 and position == 4:
            state = "done"
        when = (
            dates.short_day(london_date(datetime.fromisoformat(reached)), language, today=today)
            if reached
            else ""
        )
        steps.append(
            StageStep(text(f"public_stage.{name}", language), state, when if state != "todo" else "")
        )
    return steps


def _entry(
    row: dict[str, Any],
    staff: dict[tuple[str, str], dict[str, Any]],
    contact: Contact,
    force: str,
    language: Language,
    today: date,
    seen_at: datetime | None,
) -> Entry:
    words = crypto.unseal_json("publish_entry.words", row["id"], row["words"])
    named = staff.get(("officer", row["officer_id"]))
    title, paragraphs, real = shown(
        words, language, unit=contact.unit, officer=staff_name(named, language) if named else ""
    )
    changed_at = row["corrected_at"] or row["published_at"]
    withdrawn = (
        text(f"update.withdrawn.{row['withdrawn_reason']}", language) if row["state"] == "withdrawn" else ""
    )
    return Entry(
        id=row["id"],
        key=row["key"],
        title=title,
        when=dates.moment(row["happened_at"], language, today=today),
        iso=row["happened_at"].isoformat(),
        # what a court decided is told in the records system's words, but by no officer
        who=(contact.officer or contact.unit)
        if words["written"] and not row["key"].startswith("hearing:")
        else force,
        paragraphs=[] if withdrawn else paragraphs,
        language=real,
        is_new=bool(seen_at and changed_at and changed_at > seen_at and not withdrawn),
        corrected=(
            text(
                "update.corrected_on", language, date=dates.moment(row["corrected_at"], language, today=today)
            )
            if row["corrected_at"] and not withdrawn
            else ""
        ),
        withdrawn=withdrawn,
        not_translated=real != language,
    )


def _with_newer(rows: Sequence[dict[str, Any]], entries: list[Entry]) -> list[Entry]:
    """The entries, those that were replaced with the newer one, where it is among what this reader may read."""
    readable = {entry.key: entry for entry in entries if not entry.withdrawn}
    shown = []
    for row, entry in zip(rows, entries, strict=True):
        newer = readable.get(row["replaced_by"]) if entry.withdrawn else None
        shown.append(replace(entry, newer=Newer(newer.id, newer.title, newer.when)) if newer else entry)
    return shown


def _promise(case: dict[str, Any], language: Language, today: date) -> Promise:
    day = promise_date(case, today)
    sentence = stage(case["stage"], language).sentence
    return Promise(day, dates.day(day, language, today=today) if day else "", [sentence])


def promise_date(case: dict[str, Any], today: date) -> date | None:
    """The day by which the victim hears next: an officer's promise, else the force's rule; never a day gone by."""
    if case["closed_on"]:
        return None
    for wanted in (case["promised_on"], case["next_update_on"]):
        if wanted is not None and wanted >= today:
            return cast(date, wanted)
    return None


def _closing(
    case: dict[str, Any], page: dict[str, Any], contact: Contact, entries: Sequence[Entry], language: Language
) -> list[str]:
    if page["withdrawn"]:
        words = list(withdrawn_case(page["withdrawn"], language, unit=contact.unit).paragraphs)
        other = _merged_into(case, page) if page.get("merged_into") else ""
        return [*words, text("merged.into", language, reference=other)] if other else words
    return [stage(case["stage"], language).sentence]


def _merged_into(case: dict[str, Any], page: dict[str, Any]) -> str:
    """The reference of the case that this one is part of now, where the same person has a part in that and may read
    it; else empty. One statement."""
    rows = setwise.fetch(_MERGED, [case["force_id"], page["merged_into"], case["readers"]])
    if not rows:
        return ""
    return str(crypto.unseal_json("publish_case.page", rows[0]["id"], rows[0]["page"])["reference"])


def _occurred(page: dict[str, Any], language: Language, today: date) -> str:
    start, end = page["occurred"]
    if not start:
        return ""
    first = dates.as_known(start, language, today=today)
    return f"{first} – {dates.as_known(end, language, today=today)}" if end and end != start else first


def _line(
    case: dict[str, Any],
    newest: dict[str, Any] | None,
    names: dict[int, dict[str, str]],
    language: Language,
    now: datetime,
    fresh: int,
    unread: int,
) -> CaseLine:
    today = london_date(now)
    page = crypto.unseal_json("publish_case.page", case["id"], case["page"])
    number = _number(case, page)
    steps = _steps(page, number, language, today)
    promise = promise_date(case, today)
    last_title = ""
    if newest:
        words = crypto.unseal_json("publish_entry.words", newest["id"], newest["words"])
        last_title = words[language]["title"]
    return CaseLine(
        id=case["id"],
        reference=page["reference"],
        title=offence(page["category"], language),
        place=page["place"],
        force=names[case["force_id"]][language],
        stage_name=text(f"public_stage.{STAGES[number]}", language),
        stage_number=number + 1,
        stage_count=len(STAGES),
        rail=[step.state for step in steps],
        last_title=last_title,
        last_when=dates.moment(newest["happened_at"], language, today=today) if newest else "",
        promise_date=promise,
        promise_text=dates.day(promise, language, today=today) if promise else "",
        new_updates=fresh,
        new_messages=unread,
        closed=case["closed_on"] is not None,
        helping=not case["own"],
    )
