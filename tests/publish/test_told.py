"""Hearings and property as a victim reads of them: entries, «Court dates», the list, and who may read what."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import connection

from tests.publish.test_refresh import send
from tests.support.doors import role
from tests.support.events import (
    NOW,
    belonging,
    crime,
    event,
    hearing,
    make_force,
    make_source,
    update,
    victim,
)
from trackmycrime.cases.models import Crime
from trackmycrime.design.timeline import timeline
from trackmycrime.feed.accept import Source
from trackmycrime.forces.models import Force
from trackmycrime.kernel.scope import bound
from trackmycrime.people.models import Victim
from trackmycrime.publish.known import _JOINED
from trackmycrime.publish.models import Case, Entry
from trackmycrime.publish.view import CaseView, as_victim_sees
from trackmycrime.publish.wording import text, withdrawn_case

pytestmark = pytest.mark.django_db

BEGINNING = [crime("52/1", 1, stage="court"), victim("52/1", 1)]


@pytest.fixture
def force() -> Force:
    return make_force("south-wales", ("cy", "en"))


@pytest.fixture
def source(force: Force) -> Source:
    return make_source(force)


def seen(force: Force, language: str = "en", person: str = "P1", now: datetime = NOW) -> CaseView:
    key = Victim.objects.get(force=force, person=person).id
    with role("desk"), bound(force=force.id):
        view = as_victim_sees(force.id, key, language, now=now)
    assert view is not None
    return view


def entry_of(view: CaseView, key: str) -> Any:
    return next((entry for entry in view.entries if entry.key == key), None)


def test_a_hearing_is_told_in_plain_words_with_its_place_its_time_and_whether_to_go(
    source: Source, force: Force
) -> None:
    send(source, *BEGINNING, hearing("52/1", 2, attendance="not_needed"))
    view = seen(force)
    entry = entry_of(view, "hearing:H1")
    assert entry.title == "There is a date for a court hearing"
    body = "\n".join(entry.paragraphs)
    for words in (
        "Where: Bristol Crown Court, Small Street, Bristol BS1 1DA",
        "When: Thursday 3\u00a0December 2026, 10.00am",
        "Kind of hearing: Plea hearing",
        "You do not need to be there.",
        "Court dates often change",
        "You can ask",
    ):
        assert words in body
    (line,) = view.hearings
    assert (str(line.day), line.court) == ("2026-12-03", "Bristol Crown Court")
    assert line.attendance == "You do not need to be there"
    welsh = seen(force, "cy")
    assert "Pryd: Dydd Iau 3\u00a0Rhagfyr 2026, 10.00yb" in "\n".join(
        entry_of(welsh, "hearing:H1").paragraphs
    )
    assert welsh.hearings[0].attendance == "Nid oes angen i chi fod yno"


@pytest.mark.parametrize(
    ("weeks", "words"),
    [
        (None, "in the week beginning Monday 7\u00a0December 2026"),
        (3, "in the 3 weeks from Monday 7\u00a0December 2026"),
    ],
)
def test_a_range_is_shown_as_a_range(source: Source, force: Force, weeks: int | None, words: str) -> None:
    send(source, *BEGINNING, hearing("52/1", 2, starts_at=None, week_commencing="2026-12-07", weeks=weeks))
    view = seen(force)
    assert words in "\n".join(entry_of(view, "hearing:H1").paragraphs)
    assert view.hearings[0].day is None
    last = datetime(2026, 12, 13 if weeks is None else 27, 12, tzinfo=UTC)
    assert seen(force, now=last).hearings
    assert not seen(force, now=last.replace(day=last.day + 1)).hearings


@pytest.mark.parametrize(
    ("status", "title", "off"),
    [
        ("adjourned", "A court hearing has been put off", "Put off"),
        ("cancelled", "A court hearing has been cancelled", "Cancelled"),
    ],
)
def test_what_does_not_take_place_says_so_where_the_date_stood(
    source: Source, force: Force, status: str, title: str, off: str
) -> None:
    send(source, *BEGINNING, hearing("52/1", 2, attendance="required"))
    published = send(source, hearing("52/1", 3, attendance="required", status=status))
    assert [news.entry for news in published.news] == ["hearing:H1"]
    view = seen(force)
    entry = entry_of(view, "hearing:H1")
    assert (entry.title, bool(entry.corrected)) == (title, True)
    assert "You need to be there" not in " ".join(entry.paragraphs)
    assert [(line.off, line.attendance) for line in view.hearings] == [(off, "")]


def test_a_result_is_told_once_it_was_held_and_not_before(source: Source, force: Force) -> None:
    result = {"en": "The case was put back for reports.\n\nBail stays as it is."}
    send(source, *BEGINNING, hearing("52/1", 2, result=result))
    assert "reports" not in str(seen(force).entries)
    send(source, hearing("52/1", 3, status="held", starts_at="2026-11-03T10:00:00Z"))
    assert entry_of(seen(force), "hearing:H1").title == "A court hearing has taken place"
    send(source, hearing("52/1", 4, status="held", result=result, starts_at="2026-11-03T10:00:00Z"))
    view = seen(force)
    entry = entry_of(view, "hearing:H1")
    assert entry.title == "There is news from a court hearing"
    assert "Bail stays as it is." in entry.paragraphs
    assert entry.who == force.name
    assert not view.hearings
    assert Entry.objects.get(key="hearing:H1").milestone == "hearing_result"
    welsh = entry_of(seen(force, "cy"), "hearing:H1")
    assert (welsh.not_translated, welsh.language) == (True, "en")
    assert welsh.title == "Mae newyddion o wrandawiad llys"


def test_the_same_again_is_no_news_and_keeps_its_place(source: Source, force: Force) -> None:
    send(source, *BEGINNING, hearing("52/1", 2))
    before = Entry.objects.get(key="hearing:H1")
    assert not send(source, hearing("52/1", 900)).news
    after = Entry.objects.get(key="hearing:H1")
    assert (after.happened_at, after.corrected_at) == (before.happened_at, None)
    # a changed room is a correction, and alerted
    assert send(source, hearing("52/1", 901, court={"name": "Bristol Crown Court, Court 4"})).news
    assert Entry.objects.get(key="hearing:H1").corrected_at


def test_a_hearing_gives_way_to_what_an_officer_wrote_of_it_until_it_changes(
    source: Source, force: Force
) -> None:
    text = {"en": "The first hearing is on 3 December. I will call you before it."}
    send(source, *BEGINNING, hearing("52/1", 2), update("52/1", 3, "U", "hearing_listed", text=text))
    view = seen(force)
    assert entry_of(view, "hearing:H1") is None
    assert entry_of(view, "update:U") is not None
    assert len(view.hearings) == 1
    # what was written before the date changed does not cover that, however near
    for sequence, changes in ((5, {"starts_at": "2026-12-01T10:00:00Z"}), (6, {"status": "adjourned"})):
        published = send(source, hearing("52/1", sequence, **changes))
        assert [news.entry for news in published.news] == ["hearing:H1"]
    assert entry_of(seen(force), "hearing:H1").title == "A court hearing has been put off"
    assert entry_of(seen(force), "update:U") is not None


def test_property_gives_way_to_an_officers_words_until_something_else_is_done_with_it(
    source: Source, force: Force
) -> None:
    words = update("52/1", 3, "U", "property_recovered", text={"en": "We found your bicycle in the canal."})
    send(source, *BEGINNING, belonging("52/1", 2, "recovered"), words)
    assert entry_of(seen(force), "property:I1") is None
    assert [item.status for item in seen(force).property] == ["Found by police"]
    assert [n.entry for n in send(source, belonging("52/1", 4, "ready_to_collect")).news] == ["property:I1"]


@pytest.mark.parametrize("act", ["hold", "never"])
def test_policy_of_the_milestone_holds_for_the_entry_and_for_the_page(
    source: Source, force: Force, act: str
) -> None:
    force.policy = {"milestones": {"hearing_listed": act, "property_recovered": act}}
    force.save()
    send(
        source,
        *BEGINNING,
        hearing("52/1", 2),
        belonging("52/1", 2, "reported_stolen"),
        belonging("52/1", 3, "recovered"),
        belonging("52/1", 3, "held", "I2"),
    )
    view = seen(force)
    assert not view.hearings
    assert [entry.key for entry in view.entries] == ["derived:charged:1", "derived:recorded:1"] or not [
        e for e in view.entries if e.key.startswith(("hearing", "property"))
    ]
    # it stands as it was before police had it; what police had from the start is not there at all
    assert [(item.description, item.status) for item in view.property] == [
        ("Blue bicycle", "Reported stolen")
    ]


def test_a_held_hearing_is_on_the_page_once_it_is_released(source: Source, force: Force) -> None:
    force.policy = {"milestones": {"hearing_listed": "hold"}}
    force.save()
    send(source, *BEGINNING, hearing("52/1", 2))
    entry = Entry.objects.get(key="hearing:H1")
    entry.decision, entry.decided_hash = "release", entry.words_hash
    entry.save()
    send(source, update("52/1", 5, "U", "still_working"))
    assert len(seen(force).hearings) == 1


def test_property_is_listed_and_what_police_have_is_news(source: Source, force: Force) -> None:
    send(source, *BEGINNING)
    assert not send(source, belonging("52/1", 2, "reported_stolen")).news
    assert [item.status for item in seen(force).property] == ["Reported stolen"]
    for sequence, status, title in (
        (3, "recovered", "Police have found some property"),
        (4, "held_as_evidence", "Police are keeping some property as evidence"),
        (5, "ready_to_collect", "Some property is ready to collect"),
        (6, "returned", "Some property has been given back"),
        (7, "disposed", "Police do not have some property any more"),
    ):
        published = send(source, belonging("52/1", sequence, status, collect_from="Bridewell, 9am to 4pm"))
        assert [news.entry for news in published.news] == ["property:I1"]
        view = seen(force)
        entry = entry_of(view, "property:I1")
        assert (entry.title, entry.paragraphs[1].split("\n")[0]) == (title, "What: Blue bicycle")
        (item,) = view.property
        assert item.collect_from == ("Bridewell, 9am to 4pm" if status == "ready_to_collect" else "")
        assert ("Bridewell" in " ".join(entry.paragraphs)) is (status == "ready_to_collect")
        assert "WTU-0042" not in str(entry)
        assert "349" not in str(entry)
    assert seen(force, "cy").property[0].status == "Nid yw gan yr heddlu bellach"


def test_what_was_never_found_after_all_is_taken_back_in_the_open(source: Source, force: Force) -> None:
    send(source, *BEGINNING, belonging("52/1", 2, "recovered"))
    send(source, belonging("52/1", 3, "not_recovered"))
    view = seen(force)
    assert "mistake" in entry_of(view, "property:I1").withdrawn
    assert [item.status for item in view.property] == ["Not found"]


def test_value_and_serial_are_for_the_one_whose_it_can_only_be(source: Source, force: Force) -> None:
    send(source, *BEGINNING, belonging("52/1", 2, "reported_stolen", value="1349.5"))
    (item,) = seen(force).property
    assert (item.serial, item.value) == ("WTU-0042", "£1,349.50")
    # somebody who speaks for the victim reads the list without them
    send(source, victim("52/1", 2, "P2", role="spokesperson"))
    assert seen(force).property[0].serial == "WTU-0042"
    (item,) = seen(force, person="P2").property
    assert (item.description, item.serial, item.value) == ("Blue bicycle", "", "")
    # of two victims nobody has said whose it is
    send(source, victim("52/1", 3, "P3"))
    assert [(i.serial, i.value) for i in seen(force).property] == [("", "")]


def test_nothing_of_it_is_seen_while_the_case_is_closed_to_victims(source: Source, force: Force) -> None:
    send(source, *BEGINNING, hearing("52/1", 2), belonging("52/1", 2, "recovered"))
    send(source, event("crime.withdrawn", "52/1", 3, {"reason": "withheld"}))
    published = send(source, hearing("52/1", 4, "H2"), belonging("52/1", 5, "held"))
    assert not published.news
    assert not Case.objects.get().open
    send(source, event("crime.restored", "52/1", 6, {"reason": "safe"}))
    view = seen(force)
    # what was seen before is there again; what was missed waits for an officer
    assert len(view.hearings) == 1
    assert entry_of(view, "hearing:H2") is None
    assert {e.key: e.hold_reason for e in Entry.objects.filter(state="held")} == {
        "hearing:H2": "missed",
        "property:I1": "missed",
    }
    assert not view.property


def test_history_is_published_and_not_news(force: Force) -> None:
    source = make_source(force, live_from=NOW)
    assert not [n for n in send(source, *BEGINNING, hearing("52/1", 2)).news if n.live]
    assert len(seen(force).hearings) == 1


def test_who_answers_while_the_officer_is_away_is_said(source: Source, force: Force) -> None:
    unit = event("unit.changed", "BBT", 1, {"name": {"en": "the Burglary Team", "cy": "y Tîm Byrgleriaeth"}})

    def officer(ref: str, sequence: int, **data: Any) -> dict[str, Any]:
        name = {"name": f"Sam {ref}", "rank": "DC", "unit": "BBT"}
        return event("officer.changed", ref, sequence, name | data)

    away = {"away_until": "2026-12-01"}
    send(source, unit, officer("DC9", 1, **away, cover="DC8"), officer("DC8", 1))
    send(source, crime("52/1", 1, officer="DC9", unit="BBT"), victim("52/1", 1))
    contact = seen(force).contact
    assert (contact.officer, contact.cover) == ("DC DC9", "DC DC8")
    assert contact.away_until == "Tuesday 1\u00a0December"
    # who covers is away too: the team answers
    send(source, officer("DC8", 2, **away))
    assert (seen(force).contact.cover, seen(force).contact.unit) == ("", "the Burglary Team")
    send(source, officer("DC9", 2, **away, cover="BBT"))
    assert seen(force, "cy").contact.cover == "y Tîm Byrgleriaeth"
    back = datetime(2026, 12, 2, 12, tzinfo=UTC)
    assert seen(force, now=back).contact.away_until == ""


def test_what_was_replaced_says_so_and_points_to_the_newer_words(source: Source, force: Force) -> None:
    send(source, *BEGINNING, update("52/1", 2, "U1", "note", text={"en": "We will come on Monday."}))
    send(
        source,
        event("update.withdrawn", "52/1", 3, {"update": "U1", "reason": "replaced", "replaced_by": "U2"}),
    )
    old = entry_of(seen(force), "update:U1")
    assert (old.withdrawn, old.newer) == ("This was withdrawn because a newer update takes its place.", None)
    assert "Monday" not in str(old)
    send(source, update("52/1", 4, "U2", "still_working", text={"en": "We will come on Tuesday."}))
    view = seen(force)
    old, new = entry_of(view, "update:U1"), entry_of(view, "update:U2")
    assert (old.newer.id, old.newer.title) == (new.id, new.title)
    html = timeline(view.entries)
    assert f'href="#e-{new.id}"' in html
    assert f"Read the newer update: {new.title}" in html
    # one that is not for this reader is not pointed to
    send(source, victim("52/1", 1, "P2"))
    send(source, update("52/1", 5, "U2", "still_working", text={"en": "x"}, victims=["P2"]))
    assert entry_of(seen(force), "update:U1").newer is None


def test_a_mistake_is_taken_back_with_its_reason_in_both_languages(source: Source, force: Force) -> None:
    send(source, *BEGINNING, update("52/1", 2, "U1", "note", text={"en": "x"}))
    send(source, event("update.withdrawn", "52/1", 3, {"update": "U1", "reason": "mistake"}))
    for language in ("en", "cy"):
        entry = entry_of(seen(force, language), "update:U1")
        assert entry.withdrawn == text("update.withdrawn.mistake", language)
        assert entry.paragraphs == []


def test_both_pages_say_that_two_records_were_put_together(source: Source, force: Force) -> None:
    send(source, crime("A", 1), crime("B", 1), victim("A", 1), victim("B", 1, "P9"))
    send(source, event("crime.withdrawn", "A", 2, {"reason": "merged", "merged_into": "B"}))
    here, there = (Victim.objects.get(person="P1", crime_id=crime_id(ref)).id for ref in "AB")
    with role("desk"), bound(force=force.id):
        old, new = (as_victim_sees(force.id, key, "en", now=NOW) for key in (here, there))
    assert old is not None
    assert new is not None
    assert old.closed
    assert old.closing_words[-1] == "The other case has the reference B."
    assert "put them together in this case" in new.joined
    assert (new.reference, new.closed) == ("B", False)
    assert "put them together" in seen(force, person="P9").joined
    # the merge was an error: both stand as they were
    send(source, crime("A", 3))
    assert not seen(force, person="P9").joined
    with role("desk"), bound(force=force.id):
        again = as_victim_sees(force.id, here, "en", now=NOW)
    assert again is not None
    assert not again.closed


def crime_id(reference: str) -> Any:
    return Crime.objects.get(reference=reference).id


def test_what_is_no_crime_any_more_closes_with_words(source: Source, force: Force) -> None:
    send(source, *BEGINNING)
    published = send(source, event("crime.withdrawn", "52/1", 2, {"reason": "no_crime"}))
    assert [news.entry for news in published.news] == ["crime:withdrawn"]
    for language in ("en", "cy"):
        view = seen(force, language)
        assert view.closed
        assert view.closing_words == list(
            withdrawn_case("no_crime", language, unit=view.contact.unit).paragraphs
        )


def test_one_crime_is_asked_about_without_reading_all_there_are(force: Force) -> None:
    """A million crimes stand in that table, and a batch is about a few of them."""
    sql = """insert into cases_crime (id, force_id, reference, reference_key, offence_code, offence_name, category,
      reported_at, occurred_from, occurred_to, place, stage, outcome, outcome_on, officer_id, unit_id, flags,
      closed_at, other_references, sequence, withdrawn_reason, withdrawn_sequence, withheld_sequence,
      restored_sequence, withheld_here, live, states)
    select gen_random_uuid(), %s, n, n, '', 'x', 'burglary', '2026-01-01', '', '', '', 'reported', '', '', '', '',
      '{}', '', '[]', 1, '', -1, -1, -1, false, true, '[]' from generate_series(1, 20000) n"""
    with connection.cursor() as cursor:
        cursor.execute(sql, [force.id])
        cursor.execute("analyze cases_crime")
        cursor.execute("select array_agg(id)::text from (select id from cases_crime limit 500) few")
        (ids,) = cursor.fetchone()
        cursor.execute(f"explain {_JOINED.replace('any(%s)', 'any(%s::uuid[])')}", [force.id, ids])
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "Seq Scan on cases_crime" not in plan, plan
