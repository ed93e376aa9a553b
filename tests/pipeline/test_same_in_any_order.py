"""What the machine found, each by itself: stories that must come to the same whichever part of them arrives first."""

from itertools import permutations
from typing import Any

import pytest
from django.db import transaction

from tests.support.doors import role
from tests.support.events import NOW, crime, event, judged, make_force, make_source, update, victim
from trackmycrime import pipeline
from trackmycrime.alerts.models import Told
from trackmycrime.cases.models import Crime
from trackmycrime.feed.accept import Source
from trackmycrime.kernel.scope import bound
from trackmycrime.people.models import Victim
from trackmycrime.publish.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def providers(settings: Any) -> None:
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:25"
    settings.TMC_TEXT_URL = "http://127.0.0.1:1/texts"


@pytest.fixture
def source() -> Source:
    return make_source(make_force())


def send(source: Source, *events: Any) -> None:
    with role("gateway"), bound(force=source.force_id):
        results = pipeline.take_events(source, judged(*events), now=NOW)
    assert {result.status for result in results} <= {"applied", "superseded"}


def told(person: str) -> list[str]:
    """The entries that somebody was told of, in all their parts."""
    found = Told.objects.filter(victim__person=person).exclude(entry__startswith="invitation:")
    return sorted(found.values_list("entry", flat=True))


def in_every_order(known: list[Any], said: list[Any], seen: Any) -> list[Any]:
    """What is seen after `known` and then these, one delivery each, in every order; and after all of it at once."""
    found = []
    for deliveries in [
        [[*known, *said]],
        *([known, *([one] for one in order)] for order in permutations(said)),
    ]:
        with transaction.atomic():
            source = make_source(make_force())
            for events in deliveries:
                send(source, *events)
            found.append(seen())
            transaction.set_rollback(True)
    return found


def merged(subject: str, sequence: int, into: str) -> dict[str, Any]:
    return event("crime.withdrawn", subject, sequence, {"reason": "merged", "merged_into": into})


def parts() -> list[Any]:
    """Who has a live part in which crime, and what protects them there."""
    crimes = dict(Crime.objects.values_list("id", "reference"))
    live = Victim.objects.filter(live=True)
    return sorted((crimes[v.crime_id], v.person, v.safe_channels, v.disguise, v.enhanced) for v in live)


def test_whoever_an_update_is_for_now_is_told_of_it(source: Source) -> None:
    """It was for one, and its correction, in the same words, is for both: the other has not heard of it."""
    send(source, crime("A", 1), victim("A", 1, "P1"), victim("A", 1, "P2"))
    send(source, update("A", 2, "U", "note", text={"en": "x"}, victims=["P1"]))
    assert "update:U" not in told("P2")
    send(source, update("A", 3, "U", "note", text={"en": "x"}, victims=["P1", "P2"]))
    assert told("P2").count("update:U") == told("P1").count("update:U") == 1


def test_whoever_has_a_part_again_is_told_what_came_meanwhile(source: Source) -> None:
    send(source, crime("A", 1), victim("A", 1))
    send(source, event("victim.withdrawn", "A", 2, {"victim": "P1", "reason": "declined"}))
    send(source, update("A", 2, "U", "note", text={"en": "x"}))
    assert told("P1") == ["derived:recorded:1"]
    send(source, victim("A", 3))
    assert told("P1") == ["derived:recorded:1", "update:U"]


def test_who_comes_over_with_a_merged_crime_is_told_what_stands_there(source: Source) -> None:
    send(source, crime("A", 1), crime("B", 1), victim("A", 1), update("B", 2, "U", "note", text={"en": "x"}))
    assert "update:U" not in told("P1")
    send(source, merged("A", 5, "B"))
    assert told("P1").count("update:U") == 1
    send(source, update("B", 3, "V", "note", text={"en": "y"}))
    assert told("P1").count("update:U") == 1


def test_what_is_safe_for_somebody_who_came_over_and_is_named_there_too() -> None:
    """A crime's own record of a person says what is safe; where it is silent, what is known of them elsewhere holds."""
    safe = {"channels": ["email"], "disguise": True, "no_portal": False}
    other = {"channels": ["text"], "disguise": False, "no_portal": False}
    known = [crime("A", 1), crime("B", 1)]
    for own in ({}, {"safe_contact": other}, {"enhanced_rights": False}):
        said = [
            victim("A", 30, safe_contact=safe, enhanced_rights=True),
            victim("B", 3, **own),
            merged("A", 40, "B"),
        ]
        first, *others = in_every_order(known, said, parts)
        assert all(other == first for other in others), own


def test_a_merged_crime_s_own_record_of_a_person_withdrawn_elsewhere() -> None:
    """Withdrawn and named again on the crime that was merged: that says nothing about the other crime's own record."""
    known = [crime("A", 1), crime("B", 1), victim("A", 1)]
    gone = event("victim.withdrawn", "A", 20, {"victim": "P1", "reason": "declined"})
    said = [gone, victim("A", 21), merged("A", 40, "B"), victim("B", 3)]
    first, *others = in_every_order(known, said, parts)
    assert ("B", "P1", None, False, None) in first
    assert all(other == first for other in others)


def test_in_a_circle_of_merges_nobody_moves() -> None:
    known = [crime("A", 1), crime("B", 1), crime("C", 1), victim("A", 1, "PA"), victim("C", 1, "PC")]
    said = [merged("A", 5, "B"), merged("B", 5, "A"), merged("C", 5, "A")]
    first, *others = in_every_order(known, said, parts)
    assert all(other == first for other in others)
    assert {part[:2] for part in first} == {("A", "PA"), ("A", "PC"), ("C", "PC")}


def test_what_was_taken_back_and_should_have_waited() -> None:
    """The request to look at it first comes last: it was published, taken back, and leaves what it leaves in order."""
    known = [crime("A", 1), victim("A", 1)]
    said = [
        update("A", 2, "U", "note", text={"en": "x"}),
        update("A", 3, "U", "note", text={"en": "x"}, review=True),
        event("update.withdrawn", "A", 4, {"update": "U", "reason": "mistake"}),
    ]

    def seen() -> list[str]:
        return list(
            Entry.objects.filter(key="update:U").exclude(state="gone").values_list("state", flat=True)
        )

    first, *others = in_every_order(known, said, seen)
    assert all(other == first for other in others)
