"""From a delivery of the feed to what a victim sees and is sent, under the gateway's own rights."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
from trackmycrime import pipeline
from trackmycrime.alerts.models import Alert, Told
from trackmycrime.cases.models import Crime
from trackmycrime.delivery.models import Dispatch
from trackmycrime.feed.accept import Source
from trackmycrime.forces.models import Force
from trackmycrime.kernel.scope import bound
from trackmycrime.messages.models import Message
from trackmycrime.people.models import Invitation, Victim
from trackmycrime.publish.models import Case, Entry
from trackmycrime.tasks.models import Task

pytestmark = pytest.mark.django_db
UUID_OF_NOBODY = UUID(int=7)


@pytest.fixture(autouse=True)
def providers(settings: Any) -> None:
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:25"
    settings.TMC_TEXT_URL = "http://127.0.0.1:1/texts"


@pytest.fixture
def source() -> Source:
    return make_source(make_force())


def send(source: Source, *events: Any) -> list[str]:
    with role("gateway"), bound(force=source.force_id):
        results = pipeline.take_events(source, judged(*events), now=NOW)
    return [r.status if r.problem is None else r.problem.type for r in results]


def dispatches() -> list[tuple[str, str]]:
    return [(d.purpose, d.channel) for d in Dispatch.objects.order_by("created_at", "id")]


def went_out() -> None:
    """As if the worker had sent what was prepared."""
    Dispatch.objects.filter(state="prepared").update(state="accepted")
    Alert.objects.filter(state="waiting").update(state="sent")


def test_a_report_invites_by_email_and_tells_nothing_else(source: Source) -> None:
    send(source, crime("52/1", 1), victim("52/1", 1))
    assert dispatches() == [("invitation", "email")]
    letter = Dispatch.objects.get()
    assert letter.address == "p1@example.org"
    assert "/start/" in letter.body
    for secret in ("52/1", "Rhian", "Burglary", "burglary"):
        assert secret not in letter.body + letter.subject
    assert Invitation.objects.get().second == "text"


def test_what_comes_later_alerts_once_and_before_joining_not_the_same_day(source: Source) -> None:
    send(source, crime("52/1", 1), victim("52/1", 1))
    went_out()
    send(source, update("52/1", 2, "U1", "still_working"))
    send(source, update("52/1", 3, "U2", "note", text={"en": "x"}))
    alert = Alert.objects.get(about="update")
    assert (alert.due_at - NOW).days == 1
    assert dispatches() == [("invitation", "email"), ("alert", "email")]
    assert Told.objects.filter(alert=alert).count() == 2


def test_history_neither_invites_nor_alerts_until_something_live_comes() -> None:
    source = make_source(make_force(), live_from=NOW.replace(day=20))
    send(source, crime("52/1", 1), victim("52/1", 1), update("52/1", 2, "U", "still_working"))
    assert Case.objects.exists()
    assert not Dispatch.objects.exists()
    send(source, update("52/1", 3, "V", "still_working", time=NOW))
    assert dispatches() == [("invitation", "email")]


def test_nothing_is_sent_by_machine_where_contact_may_be_unsafe(source: Source) -> None:
    for n, safe in enumerate(
        (
            {"disguise": True, "no_portal": False},
            {"disguise": False, "no_portal": True},
            {"channels": [], "disguise": False, "no_portal": False},
        )
    ):
        send(source, crime(f"52/{n}", 1), victim(f"52/{n}", 1, f"P{n}", safe_contact=safe))
        send(source, update(f"52/{n}", 2, "U", "still_working"))
    assert not Dispatch.objects.exists()
    assert Task.objects.count() >= 3


def test_a_withheld_case_cancels_what_waits_and_ends_the_invitation(source: Source) -> None:
    send(source, crime("52/1", 1), victim("52/1", 1))
    send(source, event("crime.withdrawn", "52/1", 2, {"reason": "withheld"}))
    assert {d.state for d in Dispatch.objects.all()} == {"cancelled"}
    assert Invitation.objects.get().state == "revoked"
    assert not Case.objects.get().open


@dataclass(frozen=True)
class Officer:
    """Who acts at the desk."""

    force_id: int
    account_id: UUID = UUID_OF_NOBODY
    officer_id: str = "DC9"


def test_what_was_written_while_a_case_was_closed_is_a_task_when_an_officer_opens_it(source: Source) -> None:
    """Under the desk's own rights: for a crime that is withheld, and for one of a protected kind."""
    send(source, crime("52/1", 1), victim("52/1", 1))
    send(source, crime("52/2", 1, flags=["domestic_abuse"]), victim("52/2", 1))
    send(source, event("crime.withdrawn", "52/1", 2, {"reason": "withheld"}))
    send(source, message("52/1", 3, "Please call."), message("52/2", 3, "Please call.", id="M2"))
    first, second = (Crime.objects.get(reference=reference).id for reference in ("52/1", "52/2"))
    with role("desk"), bound(force=source.force_id):
        pipeline.lift(Officer(source.force_id), first, "safe", now=NOW)
        pipeline.switch_on(Officer(source.force_id), second, True, "safe", now=NOW)
    assert Task.objects.filter(kind="messages_not_shown").count() == 2
    assert not Message.objects.exists()


def test_an_ineligible_crime_leaves_a_record_and_no_trace_outside(source: Source) -> None:
    send(
        source,
        crime("52/1", 1, flags=["domestic_abuse"]),
        victim("52/1", 1),
        update("52/1", 2, "U", "still_working"),
    )
    assert Crime.objects.exists()
    assert not Case.objects.exists()
    assert not Dispatch.objects.exists()
    assert not Task.objects.exists()


def test_the_whole_of_a_delivery_is_a_bounded_number_of_statements(source: Source) -> None:
    def batch(start: int, size: int) -> list[Any]:
        return [
            e
            for n in range(start, start + size)
            for e in (
                crime(f"52/{n}", 1),
                victim(f"52/{n}", 1, f"P{n}"),
                update(f"52/{n}", 2, "U", "note", text={"en": "x"}),
                crime(f"52/{n}", 3, stage="charged"),
            )
        ]

    send(source, *batch(0, 2))
    with CaptureQueriesContext(connection) as few:
        send(source, *batch(100, 5))
    with CaptureQueriesContext(connection) as many:
        send(source, *batch(1000, 250))
    assert len(many) <= len(few) + 2
    assert len(many) <= 60


# ------------------------------------------------------------- any order, any repetition

STORY: list[dict[str, Any]] = [
    event("unit.changed", "BBT", 1, {"name": {"en": "the Burglary Team"}}),
    event("officer.changed", "DC9", 1, {"name": "Amara Okafor", "rank": "DC", "unit": "BBT"}),
    event("officer.changed", "DC9", 2, {"name": "Amara Smith", "rank": "DS", "unit": "BBT"}),
    crime("52/1", 1, unit="BBT"),
    crime("52/1", 20, stage="investigating", officer="DC9", unit="BBT"),
    crime("52/1", 40, stage="charged", officer="DC9", unit="BBT"),
    crime(
        "52/1",
        60,
        stage="closed",
        officer="DC9",
        unit="BBT",
        outcome={"code": "15", "decided_on": "2026-11-02"},
    ),
    victim("52/1", 1, safe_contact={"channels": ["email"], "disguise": False, "no_portal": False}),
    victim("52/1", 5),
    victim("52/1", 1, "P2", email="other@example.org"),
    update("52/1", 41, "U1", "suspect_charged", text={"en": "Somebody was charged."}),
    update("52/1", 42, "U2", "note", text={"en": "first words"}),
    update("52/1", 43, "U2", "note", text={"en": "second words"}),
    update("52/1", 44, "U3", "note", text={"en": "to be taken back"}),
    event("update.withdrawn", "52/1", 45, {"update": "U3", "reason": "safety"}),
    update("52/1", 46, "U4", "note", text={"en": "mistaken"}),
    event("update.withdrawn", "52/1", 47, {"update": "U4", "reason": "mistake"}),
    update("52/1", 48, "U5", "note", text={"en": "for one"}, victims=["P2"]),
    event("victim.withdrawn", "52/1", 9, {"victim": "P2", "reason": "declined"}),
    hearing("52/1", 50),
    hearing("52/1", 51, attendance="required"),
    hearing("52/1", 52, status="adjourned"),
    hearing("52/1", 50, "H2", starts_at=None, week_commencing="2026-12-07", weeks=2),
    update("52/1", 53, "U6", "hearing_listed", text={"en": "We will go with you."}),
    belonging("52/1", 50, "reported_stolen"),
    belonging("52/1", 54, "recovered"),
    belonging("52/1", 55, "ready_to_collect", collect_from="Bridewell"),
    belonging("52/1", 56, "recovered", "I2"),
    belonging("52/1", 57, "lost", "I2"),
    message("52/1", 58, "Ring me at noon."),
    message("52/1", 59, "Ring me at one."),
    message("52/1", 60, "Ring me at one."),
    message("52/1", 61, "For P1 after all", "M2", victim="P2"),
    message("52/1", 62, "For P1 after all", "M2"),
]
# Crimes merged, the merge corrected, one reopened, one withheld and restored.
MERGES: list[dict[str, Any]] = [
    crime("A", 1),
    crime("B", 1),
    crime("C", 1),
    crime("D", 1),
    victim("A", 1, "PA"),
    victim("B", 1, "PB"),
    victim("D", 1, "PA", email="again@example.org"),
    event("crime.withdrawn", "A", 5, {"reason": "merged", "merged_into": "B"}),
    event("crime.withdrawn", "A", 6, {"reason": "merged", "merged_into": "C"}),
    event("crime.withdrawn", "D", 5, {"reason": "merged", "merged_into": "B"}),
    crime("D", 10, stage="investigating"),
    event("crime.withdrawn", "C", 7, {"reason": "merged", "merged_into": "B"}),
    event("crime.withdrawn", "B", 3, {"reason": "withheld"}),
    event("crime.restored", "B", 4, {"reason": "safe"}),
]


def settled() -> tuple[Any, ...]:
    """The case and its timeline as they stand, and what each victim has been told of what stands now."""
    crimes = [
        (c.stage, c.outcome, c.officer_id, c.sequence, c.withdrawn, c.withheld, c.live)
        for c in Crime.objects.order_by("reference_key")
    ]
    entries = sorted(
        (e.key, e.revision, e.milestone, e.state, e.happened_at, str(e.words), bool(e.victims))
        for e in Entry.objects.exclude(state="gone")
    )
    victims = [
        # who has been withdrawn may have been invited before that was known
        (v.person, v.live, v.email, v.safe_channels, v.live and v.invited_at is not None)
        for v in Victim.objects.order_by("person")
    ]
    standing = {e.key: e.revision for e in Entry.objects.filter(state="published", victims=None)}
    first = Victim.objects.filter(person="P1").first()
    told = sorted(
        (t.entry, t.revision)
        for t in Told.objects.filter(victim=first)
        if standing.get(t.entry) == t.revision
    )
    pages = [{**c.page, "owner": bool(c.page["owner"])} for c in Case.objects.all()]
    threads = [
        (m.ref, m.text, m.corrected, m.written_at)
        for m in Message.objects.filter(replaced_at=None, victim=first).order_by("ref")
    ]
    return crimes, entries, victims, told, pages, threads


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_merges_leave_the_same_people_in_any_order(data: st.DataObject) -> None:
    """Who has a part in which crime, and what of it is live, depends on what is known only."""
    order = data.draw(st.permutations(MERGES))
    cuts = data.draw(st.lists(st.integers(1, len(order)), max_size=6))
    expected = {("A", "PA"), ("B", "PA"), ("B", "PB"), ("C", "PA"), ("D", "PA")}
    for events, at in ((MERGES, [len(MERGES)]), (order, [*sorted(set(cuts)), len(order)])):
        assert _tell(events, at, parts) == expected


def parts() -> set[tuple[str, str]]:
    """(reference, person) of everybody who has a live part in a crime."""
    references = dict(Crime.objects.values_list("id", "reference"))
    return {(references[v.crime_id], v.person) for v in Victim.objects.filter(live=True)}


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_order_and_repetition_leaves_the_same_case_and_the_same_alerts(data: st.DataObject) -> None:
    order = data.draw(st.permutations(STORY))
    repeats = data.draw(st.lists(st.sampled_from(STORY), max_size=6))
    cuts = data.draw(st.lists(st.integers(1, len(order) + len(repeats)), max_size=8))
    sent = [*order, *repeats]
    in_order = _tell(STORY, [len(STORY)])
    assert _tell(sent, [*sorted(set(cuts)), len(sent)]) == in_order


def _tell(events: list[dict[str, Any]], cuts: list[int], came_to: Any = settled) -> Any:
    """What these events come to, sent in deliveries that end at these cuts, in a world of their own."""
    with transaction.atomic():
        source = make_source(make_force())
        begin = 0
        for end in cuts:
            if end > begin:
                send(source, *events[begin:end])
            begin = max(begin, end)
        found = came_to()
        pairs = [(t.victim_id, t.entry, t.revision) for t in Told.objects.all()]
        assert len(pairs) == len(set(pairs)), "told twice"
        transaction.set_rollback(True)
    return found


def test_the_story_is_worth_telling(source: Source) -> None:
    """The property above would hold for a system that does nothing: say what this story comes to."""
    send(source, *STORY)
    crimes, entries, victims, told, pages, threads = settled()
    assert crimes[0][:2] == ("closed", "15")
    assert [(e[0], e[3]) for e in entries] == [
        ("derived:closed:60", "published"),
        ("derived:officer_assigned:20", "published"),
        ("derived:recorded:1", "published"),
        ("hearing:H1", "published"),
        ("property:I1", "published"),
        ("property:I2", "withdrawn"),
        ("update:U1", "published"),
        ("update:U2", "published"),
        ("update:U4", "withdrawn"),
        ("update:U5", "published"),
        ("update:U6", "published"),
    ]
    assert [v[:2] for v in victims] == [("P1", True), ("P2", False)]
    assert [t[:3] for t in threads] == [
        ("M1", "Ring me at one.", True),
        ("M2", "For P1 after all", True),
    ]
    assert [h["status"] for h in pages[0]["hearings"]] == ["adjourned", "listed"]
    assert [i["status"] for i in pages[0]["property"]] == ["ready_to_collect", "lost"]
    assert len(told) == 8


def test_a_changed_policy_closes_and_opens_quietly(source: Source) -> None:
    send(source, crime("52/1", 1), victim("52/1", 1))
    went_out()
    force = Force.objects.get()
    force.policy = {"categories": ["shoplifting"]}
    force.save()
    assert list(pipeline.republish(force.id, now=NOW)) == [1]
    assert not Case.objects.get().open
    assert Invitation.objects.get().state == "revoked"
    send(source, update("52/1", 2, "U", "still_working"))
    force.policy = {}
    force.save()
    assert list(pipeline.republish(force.id, now=NOW)) == [1]
    assert Case.objects.get().open
    assert Entry.objects.get(key="update:U").state == "held"
    assert dispatches() == [("invitation", "email")]


def test_a_late_state_is_published_where_it_shows_and_passed_over_where_not(source: Source) -> None:
    send(source, crime("52/1", 1, officer="DC1"), victim("52/1", 2), crime("52/1", 9, officer="DC1"))
    with CaptureQueriesContext(connection) as asked:
        assert send(source, crime("52/1", 5, officer="DC1")) == ["superseded"]
    assert not [query["sql"] for query in asked.captured_queries if "publish_entry" in query["sql"]]
    assert send(source, crime("52/1", 4, officer="DC2")) == ["superseded"]
    assert set(Entry.objects.values_list("key", flat=True)) == {
        "derived:recorded:1",
        "derived:officer_assigned:1",
        "derived:officer_assigned:4",
        "derived:officer_assigned:5",
    }
