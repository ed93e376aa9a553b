"""What of the accepted events a victim may see: eligibility, holds, derived entries, corrections, withdrawals."""

from typing import Any
from uuid import UUID

import pytest

from tests.support.doors import role
from tests.support.events import NOW, crime, event, judged, make_force, make_source, update, victim
from trackmycrime.feed.accept import Source, accept
from trackmycrime.forces.models import Force
from trackmycrime.kernel.locks import force_lock
from trackmycrime.kernel.scope import bound
from trackmycrime.people.models import Victim
from trackmycrime.publish.contacts import publish_contacts
from trackmycrime.publish.models import Case, Entry
from trackmycrime.publish.published import Published
from trackmycrime.publish.refresh import refresh
from trackmycrime.publish.view import CaseView, as_victim_sees

pytestmark = pytest.mark.django_db


@pytest.fixture
def force() -> Force:
    return make_force("south-wales", ("cy", "en"))


@pytest.fixture
def source(force: Force) -> Source:
    return make_source(force)


def send(source: Source, *events: Any) -> Published:
    """Accept and publish as the gateway does."""
    with role("gateway"), bound(force=source.force_id):
        force_lock(source.force_id)
        force = Force.objects.get(id=source.force_id)
        with accept(source, judged(*events), now=NOW) as accepted:
            pass
        assert all(r.status in ("applied", "superseded", "duplicate") for r in accepted.results), (
            accepted.results
        )
        publish_contacts(force, accepted.contacts)
        return refresh(force, accepted.crimes, new=accepted.new_crimes, now=NOW)


def seen(force: Force, person: str = "P1", language: str = "en") -> CaseView | None:
    """What that victim sees, through the desk's window on it."""
    key: UUID = Victim.objects.get(force=force, person=person).id
    with role("desk"), bound(force=force.id):
        return as_victim_sees(force.id, key, language, now=NOW)


def titles(force: Force, **kwargs: Any) -> list[str]:
    view = seen(force, **kwargs)
    return [] if view is None else [entry.title for entry in view.entries]


def states() -> dict[str, str]:
    return {e.key: e.state for e in Entry.objects.all()}


def test_a_report_is_seen_at_once_in_both_languages(source: Source, force: Force) -> None:
    send(source, crime("52/1", 1), victim("52/1", 1))
    view = seen(force)
    assert view is not None
    assert (view.title, view.stage_name, view.reference) == ("Burglary", "Reported", "52/1")
    assert [e.title for e in view.entries] == ["Police have recorded your report"]
    welsh = seen(force, language="cy")
    assert welsh is not None
    assert welsh.title != view.title
    assert welsh.entries[0].title != view.entries[0].title
    assert not welsh.entries[0].not_translated


@pytest.mark.parametrize(
    "changes",
    [
        {"flags": ["domestic_abuse"]},
        {"flags": ["sexual_offence"]},
        {"flags": ["stalking_harassment"]},
        {"flags": ["honour_based_abuse"]},
        {"flags": ["modern_slavery"]},
        {"flags": ["child_victim"]},
        {"flags": ["shared_address"]},
        {"flags": ["homicide"]},
        {"flags": ["do_not_publish"]},
        {"offence": {"code": "019/08", "name": "x", "category": "burglary"}},
        {"offence": {"code": "8/65", "name": "x", "category": "public-order"}},
        {"offence": {"code": "099/25", "name": "x", "category": "burglary"}},
        {"offence": {"name": "Assault", "category": "violence-and-sexual-offences"}},
        {"offence": {"code": "105/01", "name": "Assault", "category": "violence-and-sexual-offences"}},
        {"offence": {"name": "Drugs", "category": "drugs"}},
        {"offence": {"name": "Noise", "category": "anti-social-behaviour"}},
    ],
    ids=lambda c: str(c.get("flags") or (c["offence"].get("code", ""), c["offence"]["category"])),
)
def test_what_must_not_be_tracked_is_not(source: Source, force: Force, changes: dict[str, Any]) -> None:
    published = send(source, crime("52/1", 1, **changes), victim("52/1", 1))
    assert seen(force) is None
    assert not Case.objects.exists()
    assert not published.news
    assert not published.victims


def test_a_child_closes_the_case(source: Source, force: Force) -> None:
    send(source, crime("52/1", 1))
    published = send(source, victim("52/1", 1, born_on="2015-01-01"))
    assert seen(force) is None
    assert published.closed
    assert not published.victims


def test_a_force_opens_a_code_of_a_closed_category_and_closes_one_of_an_open_one(
    source: Source, force: Force
) -> None:
    force.policy = {"offence_codes": {"105/01": True, "028/03": False}}
    force.save()
    send(
        source,
        crime(
            "A", 1, offence={"code": "105/01", "name": "Assault", "category": "violence-and-sexual-offences"}
        ),
    )
    send(source, crime("B", 1))
    assert Case.objects.count() == 1


def test_stage_outcome_and_officer_make_entries_by_themselves(source: Source, force: Force) -> None:
    send(
        source,
        event("unit.changed", "BBT", 1, {"name": {"en": "the Burglary Team", "cy": "y Tîm Byrgleriaeth"}}),
        event("officer.changed", "DC9", 1, {"name": "Amara Okafor", "rank": "DC"}),
        crime("52/1", 1, unit="BBT"),
        victim("52/1", 1),
        crime("52/1", 2, stage="investigating", officer="DC9", unit="BBT"),
        crime("52/1", 3, stage="charged", officer="DC9", unit="BBT"),
        crime(
            "52/1",
            4,
            stage="closed",
            officer="DC9",
            unit="BBT",
            outcome={"code": "18", "decided_on": "2026-11-02"},
        ),
        crime("52/1", 5, stage="investigating", officer="DC9", unit="BBT"),
    )
    assert titles(force) == [
        "Police have reopened your case",
        "Police have not found who did this",
        "Someone has been charged",
        "Who is dealing with your case",
        "Police have recorded your report",
    ]
    view = seen(force)
    assert view is not None
    assert "DC Okafor" in view.entries[3].paragraphs[0]
    assert "the Burglary Team" in " ".join(view.entries[-1].paragraphs)
    assert (view.contact.officer, view.contact.unit) == ("DC Okafor", "the Burglary Team")


def test_an_officer_who_is_not_known_yet_is_shown_as_the_unit(source: Source, force: Force) -> None:
    send(source, event("unit.changed", "BBT", 1, {"name": {"en": "the Burglary Team"}}))
    send(source, crime("52/1", 1, unit="BBT", officer="DC9"), victim("52/1", 1))
    view = seen(force)
    assert view is not None
    assert "with the Burglary Team" in view.entries[0].paragraphs[0]
    send(source, event("officer.changed", "DC9", 1, {"name": "Amara Okafor", "rank": "DC"}))
    view = seen(force)
    assert view is not None
    assert "DC Okafor" in view.entries[0].paragraphs[0]


def test_a_derived_entry_gives_way_to_the_officers_text(source: Source, force: Force) -> None:
    send(source, crime("52/1", 1), victim("52/1", 1), crime("52/1", 60, stage="charged"))
    assert titles(force)[0] == "Someone has been charged"
    send(source, update("52/1", 90, "U1", "suspect_charged", text={"en": "He was charged today."}))
    view = seen(force)
    assert view is not None
    assert len(view.entries) == 2
    assert view.entries[0].paragraphs == ["He was charged today."]
    assert view.entries[0].language == "en"
    welsh = seen(force, language="cy")
    assert welsh is not None
    assert welsh.entries[0].not_translated


@pytest.mark.parametrize(
    "milestone",
    [
        "suspect_identified", "prosecutor_decided_no_charge", "prosecution_stopped", "verdict", "sentence",
        "appeal_lodged", "appeal_result", "offender_scheme_referred",
    ],
)  # fmt: skip
def test_what_a_person_should_say_first_is_held(source: Source, force: Force, milestone: str) -> None:
    published = send(source, crime("52/1", 1), victim("52/1", 1), update("52/1", 2, "U", milestone))
    assert states()["update:U"] == "held"
    assert "update:U" not in {n.entry for n in published.news}
    assert len(titles(force)) == 1


@pytest.mark.parametrize("outcome", ["5", "13"])
def test_the_hardest_outcomes_are_held(source: Source, force: Force, outcome: str) -> None:
    send(source, crime("52/1", 1), victim("52/1", 1))
    send(source, crime("52/1", 2, stage="closed", outcome={"code": outcome, "decided_on": "2026-11-02"}))
    assert titles(force) == ["Police have recorded your report"]
    assert states()["derived:closed:2"] == "held"


@pytest.mark.parametrize("milestone", ["released_on_bail", "sentence", "appeal_result"])
def test_what_changes_danger_is_told_by_a_person_where_somebody_may_be_in_danger(
    source: Source, force: Force, milestone: str
) -> None:
    published = send(
        source,
        crime("52/1", 1),
        victim("52/1", 1, enhanced_rights=True),
        update("52/1", 2, "U", milestone),
    )
    assert states()["update:U"] == "held"
    assert [need.kind for need in published.needs] == ["speak_before_release"]
    elsewhere = send(source, crime("52/2", 1), victim("52/2", 1, "P2"), update("52/2", 2, "V", milestone))
    assert states()["update:V"] == ("published" if milestone == "released_on_bail" else "held")
    assert not elsewhere.needs


def test_a_review_holds_and_silence_keeps_it_held(source: Source, force: Force) -> None:
    send(
        source,
        crime("52/1", 1),
        victim("52/1", 1),
        update("52/1", 2, "U", "note", text={"en": "a"}, review=True),
    )
    assert states()["update:U"] == "held"
    send(source, update("52/1", 3, "U", "note", text={"en": "b"}))
    assert states()["update:U"] == "held"


def test_a_correction_shows_when_and_is_news_only_if_the_words_changed(source: Source, force: Force) -> None:
    send(source, crime("52/1", 1), victim("52/1", 1), update("52/1", 2, "U", "note", text={"en": "Tuesday"}))
    changed = send(source, update("52/1", 3, "U", "note", text={"en": "Wednesday"}))
    assert [n.entry for n in changed.news] == ["update:U"]
    view = seen(force)
    assert view is not None
    assert view.entries[0].paragraphs == ["Wednesday"]
    assert view.entries[0].corrected
    same = send(source, update("52/1", 4, "U", "note", text={"en": "Wednesday"}))
    assert not same.news


def test_a_withdrawn_update_says_so_or_vanishes(source: Source, force: Force) -> None:
    send(source, crime("52/1", 1), victim("52/1", 1))
    for n, reason in enumerate(("mistake", "wrong_case", "safety"), start=10):
        send(source, update("52/1", n, f"U{n}", "note", text={"en": "secret"}))
        send(source, event("update.withdrawn", "52/1", n + 100, {"update": f"U{n}", "reason": reason}))
    view = seen(force)
    assert view is not None
    assert [bool(e.withdrawn) for e in view.entries] == [True, False]
    assert "secret" not in str(view)


def test_an_update_for_one_victim_is_not_shown_to_the_other(source: Source, force: Force) -> None:
    send(
        source, crime("52/1", 1), victim("52/1", 1), victim("52/1", 1, "P2"),
        update("52/1", 2, "U", "note", text={"en": "for one"}, victims=["P2"]),
    )  # fmt: skip
    assert len(titles(force, person="P1")) == 1
    assert len(titles(force, person="P2")) == 2


def test_withheld_closes_at_once_and_what_was_missed_waits_for_an_officer(
    source: Source, force: Force
) -> None:
    send(source, crime("52/1", 1), victim("52/1", 1))
    assert seen(force) is not None
    published = send(source, event("crime.withdrawn", "52/1", 2, {"reason": "withheld"}))
    assert published.closed
    assert seen(force) is None
    silent = send(
        source, update("52/1", 3, "U", "note", text={"en": "while closed"}), crime("52/1", 4, stage="charged")
    )
    assert not silent.news
    assert seen(force) is None
    lifted = send(source, event("crime.restored", "52/1", 5, {"reason": "safe"}))
    assert not lifted.news
    assert titles(force) == ["Police have recorded your report"]
    assert {k for k, s in states().items() if s == "held"} == {"update:U", "derived:suspect_charged:4"}


def test_a_later_change_never_lifts_a_withholding(source: Source, force: Force) -> None:
    send(
        source,
        crime("52/1", 1),
        victim("52/1", 1),
        event("crime.withdrawn", "52/1", 2, {"reason": "withheld"}),
    )
    send(source, crime("52/1", 3, stage="investigating"))
    assert seen(force) is None


@pytest.mark.parametrize("reason", ["no_crime", "duplicate", "disposed"])
def test_a_withdrawn_crime_closes_with_words_and_opens_again(
    source: Source, force: Force, reason: str
) -> None:
    send(source, crime("52/1", 1), victim("52/1", 1))
    published = send(source, event("crime.withdrawn", "52/1", 2, {"reason": reason}))
    assert [n.entry for n in published.news] == ["crime:withdrawn"]
    view = seen(force)
    assert view is not None
    assert view.closed
    assert len(view.closing_words) >= 2
    assert view.read_until
    send(source, crime("52/1", 3))
    view = seen(force)
    assert view is not None
    assert not view.closed


def test_a_force_decides_what_is_published_held_or_never(source: Source, force: Force) -> None:
    force.policy = {"milestones": {"still_working": "never", "note": "hold", "verdict": "publish"}}
    force.save()
    send(
        source, crime("52/1", 1), victim("52/1", 1), update("52/1", 2, "A", "still_working"),
        update("52/1", 3, "B", "note", text={"en": "x"}), update("52/1", 4, "C", "verdict"),
    )  # fmt: skip
    assert {k: s for k, s in states().items() if k.startswith("update")} == {
        "update:A": "never",
        "update:B": "held",
        "update:C": "published",
    }


def test_history_publishes_and_is_no_news(force: Force) -> None:
    source = make_source(force, "Old", live_from=NOW)
    published = send(source, crime("52/1", 1), victim("52/1", 1))
    assert len(titles(force)) == 1
    assert not published.victims
    assert not any(n.live for n in published.news)
