"""What becomes of events: order, repetition, ownership, waiting."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.support.doors import role
from tests.support.events import (
    NOW,
    belonging,
    crime,
    event,
    hearing,
    judged,
    make_force,
    make_source,
    message,
    update,
    victim,
)
from trackmycrime.cases.models import Crime, Hearing, Property, SentMessage, Update
from trackmycrime.feed.accept import Accepted, Source, accept
from trackmycrime.feed.models import Entity, Event
from trackmycrime.forces.models import Force
from trackmycrime.kernel.locks import force_lock
from trackmycrime.kernel.scope import bound
from trackmycrime.people.models import Officer, Victim

pytestmark = pytest.mark.django_db


@pytest.fixture
def source() -> Source:
    return make_source(make_force())


def send(source: Source, *events: Any) -> Accepted:
    """As the gateway does it, under the gateway's own login and row security."""
    with role("gateway"), bound(force=source.force_id):
        force_lock(source.force_id)
        with accept(source, judged(*events), now=NOW) as accepted:
            pass
        return accepted


def statuses(accepted: Accepted) -> Sequence[str]:
    return [r.status if r.problem is None else r.problem.type for r in accepted.results]


def test_one_of_each_is_applied(source: Source) -> None:
    sent = [
        event("unit.changed", "BBT", 1, {"name": {"en": "the Burglary Team"}}),
        event("officer.changed", "DC9", 1, {"name": "Amara Okafor", "rank": "DC", "unit": "BBT"}),
        crime("52/1", 1, officer="dc9", unit="BBT"),
        victim("52/1", 1),
        update("52/1", 1, "U1", "still_working"),
        event("update.withdrawn", "52/1", 2, {"update": "U1", "reason": "mistake"}),
        event("victim.withdrawn", "52/1", 2, {"victim": "P1", "reason": "declined"}),
        event("crime.withdrawn", "52/1", 2, {"reason": "withheld"}),
        event("crime.restored", "52/1", 3, {"reason": "safe again"}),
    ]
    accepted = send(source, *sent)
    assert statuses(accepted) == ["applied"] * 9
    assert Event.objects.filter(status="applied").count() == 9
    found = Crime.objects.get()
    assert (found.reference, found.officer_id, found.withheld) == ("52/1", "dc9", False)
    person = Victim.objects.get()
    assert person.email == "p1@example.org"
    assert person.mobile == "+447700900123"
    assert not person.live
    assert Officer.objects.get().detail["name"] == "Amara Okafor"
    assert Update.objects.get().withdrawn_reason == "mistake"


def test_hearings_property_and_messages_are_kept_in_their_newest_state(source: Source) -> None:
    sent = [
        crime("52/1", 1),
        victim("52/1", 1),
        hearing("52/1", 5, status="held", result={"en": "Guilty plea"}),
        hearing("52/1", 4),
        hearing(
            "52/1", 4, "H2", starts_at=None, week_commencing="2026-12-07", weeks=3, attendance=None, type=None
        ),
        belonging("52/1", 3, "reported_stolen"),
        belonging("52/1", 6, "ready_to_collect", collect_from="Bridewell", serial=None),
        message("52/1", 7, "Please ring me."),
    ]
    assert statuses(send(source, *sent)) == [
        *["applied"] * 3,
        "superseded",
        *["applied"] * 4,
    ]
    first, second = Hearing.objects.order_by("hearing_id")
    assert (first.status, first.result, first.sequence) == ("held", {"en": "Guilty plea"}, 5)
    assert len(first.said) == 2
    assert (str(second.week_commencing), second.weeks, second.starts_at) == ("2026-12-07", 3, None)
    item = Property.objects.get()
    assert item.status == "ready_to_collect"
    assert item.detail == {
        "description": "Blue bicycle",
        "serial": "",
        "value": "349.99",
        "collect_from": "Bridewell",
    }
    written = SentMessage.objects.get()
    assert (written.person, written.officer_id, written.text) == ("P1", "dc9", "Please ring me.")
    for table, secret in (
        ("cases_property", "Blue bicycle"),
        ("cases_message", "ring"),
        ("cases_hearing", "Guilty"),
    ):
        with connection.cursor() as cursor:
            cursor.execute(f"select t::text from {table} t")
            assert secret not in str(cursor.fetchall())


def test_hearings_property_and_messages_wait_for_the_crime_and_the_victim(source: Source) -> None:
    early = [message("52/1", 3, "Hello"), hearing("52/1", 1), belonging("52/1", 2, "recovered")]
    accepted = send(source, *early)
    assert statuses(accepted) == ["waiting-for-crime"] * 3
    send(source, crime("52/1", 1))
    assert Hearing.objects.count() == Property.objects.count() == 1
    assert SentMessage.objects.count() == 0
    again = send(source, message("52/1", 4, "Hello again", "M2"))
    assert again.results[0].problem.pointer == "/data/victim"
    send(source, victim("52/1", 1))
    assert [m.text for m in SentMessage.objects.order_by("sequence")] == ["Hello", "Hello again"]


def test_the_same_again_is_a_duplicate_and_changes_nothing(source: Source) -> None:
    batch = [crime("52/1", 1), victim("52/1", 1), crime("52/1", 1)]
    assert statuses(send(source, *batch)) == ["applied", "applied", "duplicate"]
    assert statuses(send(source, *batch)) == ["duplicate"] * 3
    assert Event.objects.count() == 2
    assert [state[0] for state in Crime.objects.get().states] == [1]


def test_an_id_with_other_content_is_kept_and_not_applied(source: Source) -> None:
    first = crime("52/1", 1)
    other = crime("52/1", 2, stage="closed") | {"id": first["id"]}
    assert statuses(send(source, first)) == ["applied"]
    assert statuses(send(source, other)) == ["id-reused"]
    assert Crime.objects.get().stage == "reported"
    assert Event.objects.filter(status="quarantined").count() == 1


def test_an_older_state_is_superseded_but_kept_for_the_timeline(source: Source) -> None:
    assert statuses(
        send(source, crime("52/1", 5, stage="closed"), crime("52/1", 3, stage="investigating"))
    ) == [
        "applied",
        "superseded",
    ]
    assert Crime.objects.get().stage == "closed"
    assert sorted(state[0] for state in Crime.objects.get().states) == [3, 5]


def test_a_sequence_belongs_to_one_event(source: Source) -> None:
    assert statuses(send(source, crime("52/1", 1))) == ["applied"]
    assert statuses(send(source, crime("52/1", 1, stage="closed") | {"id": "other"})) == ["sequence-reused"]
    assert Crime.objects.get().stage == "reported"


def test_a_sequence_that_was_superseded_belongs_to_its_event_too(source: Source) -> None:
    assert statuses(send(source, crime("52/1", 5), crime("52/1", 3))) == ["applied", "superseded"]
    assert statuses(send(source, crime("52/1", 3, stage="closed") | {"id": "other"})) == ["sequence-reused"]
    assert statuses(send(source, crime("52/1", 4) | {"id": "fourth"})) == ["superseded"]


def test_references_are_the_same_in_any_case(source: Source) -> None:
    assert statuses(send(source, crime("av/1", 1), crime("AV/1", 2))) == ["applied", "applied"]
    assert Crime.objects.count() == 1


def test_what_names_an_unknown_crime_waits_and_applies_itself(source: Source) -> None:
    early = [
        update("52/1", 1, "U1", "note", text={"en": "Hello"}, victims=["P1"]),
        victim("52/1", 1),
        event("victim.withdrawn", "52/1", 2, {"victim": "P1", "reason": "declined"}),
    ]
    assert statuses(send(source, *early)) == ["waiting-for-crime"] * 3
    assert Victim.objects.count() == 0
    accepted = send(source, crime("52/1", 1))
    assert statuses(accepted) == ["applied"]
    assert Event.objects.filter(status="applied").count() == 4
    assert Update.objects.get().persons == ["P1"]
    assert not Victim.objects.get().live
    assert not Event.objects.exclude(waits_for="").exists()


def test_waiting_within_one_batch_ends_in_applied(source: Source) -> None:
    assert (
        statuses(
            send(
                source, victim("52/1", 1), update("52/1", 1, "U", "note", text={"en": "x"}), crime("52/1", 1)
            )
        )
        == ["applied"] * 3
    )


def test_a_merged_crime_waits_for_the_other_and_takes_its_victims_there(source: Source) -> None:
    send(source, crime("A", 1), victim("A", 1))
    Victim.objects.update(look_off=True)
    merged = event("crime.withdrawn", "A", 2, {"reason": "merged", "merged_into": "B"})
    accepted = send(source, merged)
    assert statuses(accepted) == ["waiting-for-crime"]
    assert accepted.results[0].problem.pointer == "/data/merged_into"
    send(source, crime("B", 1))
    assert {v.crime_id for v in Victim.objects.all()} == set(Crime.objects.values_list("id", flat=True))
    assert {v.email for v in Victim.objects.all()} == {"p1@example.org"}
    # an officer's «off» goes along; and off in either of the two is off in the crime that both are now
    there = Victim.objects.filter(crime_id=Crime.objects.get(reference="B").id)
    assert there.get().look_off
    Victim.objects.exclude(id=there.get().id).update(look_off=False)
    send(source, victim("A", 3))
    assert there.get().look_off
    Victim.objects.update(look_off=True)
    there.update(look_off=False)
    send(source, victim("B", 2), victim("A", 4))
    assert there.get().sequence == 2
    assert there.get().look_off


def test_another_source_may_not_change_what_is_not_its_own(source: Source) -> None:
    other = make_source(Force.objects.get(id=source.force_id), name="Athena")
    send(source, crime("52/1", 1))
    assert statuses(send(other, crime("52/1", 9, stage="closed"))) == ["not-allowed"]
    assert Crime.objects.get().stage == "reported"
    # but it may say things of its own about the same crime
    assert statuses(send(other, victim("52/1", 1))) == ["applied"]


def test_another_forces_crime_is_unknown(source: Source) -> None:
    elsewhere = make_source(make_force("south-wales", ("cy", "en")))
    send(source, crime("52/1", 1))
    assert statuses(send(elsewhere, victim("52/1", 1))) == ["waiting-for-crime"]
    merged = event("crime.withdrawn", "77/1", 2, {"reason": "merged", "merged_into": "52/1"})
    assert statuses(send(elsewhere, crime("77/1", 1), merged)) == ["applied", "waiting-for-crime"]
    assert Crime.objects.filter(force_id=source.force_id).count() == 1


def test_protection_stands_when_a_later_event_is_silent(source: Source) -> None:
    safe = {"channels": ["email"], "disguise": True, "no_portal": False}
    send(
        source,
        crime("52/1", 1),
        victim("52/1", 1, safe_contact=safe, enhanced_rights=True),
        victim("52/1", 2),
    )
    person = Victim.objects.get()
    assert (person.disguise, person.safe_channels, person.enhanced) == (True, ["email"], True)


def test_protection_is_the_same_when_the_silent_event_came_first(source: Source) -> None:
    safe = {"channels": ["email"], "disguise": True, "no_portal": False}
    send(source, crime("52/1", 1), victim("52/1", 2), victim("52/1", 1, safe_contact=safe))
    assert Victim.objects.get().disguise


def test_refusals_are_kept_without_what_we_must_not_hold(source: Source) -> None:
    bad = crime("52/1", 1, suspect_name="Nobody Atall")
    accepted = send(source, bad, "no object")
    assert statuses(accepted) == ["unknown-field", "invalid-data"]
    kept = Event.objects.filter(type="crime.changed").get()
    assert "Nobody" not in str(kept.body)
    assert kept.problem["pointer"] == "/data/suspect_name"
    assert statuses(send(source, bad, "no object")) == ["duplicate", "duplicate"]


def test_a_batch_costs_a_bounded_number_of_statements(source: Source) -> None:
    def batch(size: int, start: int) -> list[Any]:
        return [
            e
            for n in range(start, start + size)
            for e in (
                crime(f"52/{n}", 1, officer="DC1"),
                crime(f"52/{n}", 2, stage="investigating"),
                victim(f"52/{n}", 1),
                update(f"52/{n}", 1, "U", "note", text={"en": "x"}),
                hearing(f"52/{n}", 1),
                belonging(f"52/{n}", 1, "recovered"),
                message(f"52/{n}", 1, "x"),
            )
        ]

    send(source, *batch(2, 0))
    with CaptureQueriesContext(connection) as few:
        send(source, *batch(5, 100))
    with CaptureQueriesContext(connection) as many:
        send(source, *batch(150, 1000))
    assert len(many) == len(few) <= 36
    assert Entity.objects.count() == 157 * 6


def test_a_refused_event_is_mended_by_sending_it_again(source: Source) -> None:
    """What was never an event has not used up its id."""
    assert statuses(send(source, crime("52/1", 1, colour="red"))) == ["unknown-field"]
    assert statuses(send(source, crime("52/1", 1))) == ["applied"]
    assert statuses(send(source, crime("52/1", 1, stage="closed"))) == ["id-reused"]
