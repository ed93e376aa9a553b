"""The quarantine at the desk: an administrator asks, and a worker does it."""

import json
import re
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.desk.people import World, quarantined, sign_in, world
from tests.support.doors import DoorClient, role
from tests.support.events import START, crime, victim
from trackmycrime import mending
from trackmycrime.audit.models import Record
from trackmycrime.cases.models import Crime
from trackmycrime.feed.handling import BELL
from trackmycrime.feed.models import Event, Handling
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.models import Victim

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> World:
    return world()


@pytest.fixture
def administrator(made: World) -> DoorClient:
    return sign_in(made.force, "administrator", "")


def refuse(made: World, wrong: dict[str, Any]) -> UUID:
    """Deliver an event that the contract refuses; its row."""
    from tests.support.events import judged
    from trackmycrime import pipeline
    from trackmycrime.kernel.scope import bound

    with role("gateway"), bound(force=made.force.id):
        (result,) = pipeline.take_events(made.source, judged(wrong, now=utc_now()), now=utc_now())
    assert result.status == "quarantined"
    return Event.objects.get(force=made.force, event_id=wrong["id"]).id


def work() -> int:
    """The worker's pass, under its own rights."""
    with role("worker"):
        return dict(mending.PASSES)[BELL](utc_now())


def text(client: DoorClient, where: str) -> str:
    answer = client.get(where)
    assert answer.status_code == 200, answer
    return answer.content.decode()


def test_the_first_page_counts_what_is_there_and_says_what_has_waited_too_long(
    made: World, administrator: DoorClient
) -> None:
    assert "more than a day" not in text(administrator, "/")
    waits = quarantined(made)
    assert '<a class="govuk-link" href="/quarantine/">1</a>' in text(administrator, "/")
    Event.objects.filter(id=waits).update(received_at=utc_now() - timedelta(hours=25))
    assert "1 event has waited for more than a day" in text(administrator, "/")
    assert "Quarantine" not in text(sign_in(made.force), "/")


def test_the_list_shows_what_the_filter_says_and_a_reference_is_in_no_address(
    made: World, administrator: DoorClient
) -> None:
    quarantined(made)
    refuse(made, crime("88/2", 1, stage="nonsense"))
    everything = text(administrator, "/quarantine/")
    assert "2 events" in everything
    assert "99/1" in everything
    assert "88/2" in everything
    waiting = text(administrator, "/quarantine/?waiting=yes")
    assert "99/1" in waiting
    assert "88/2" not in waiting
    assert "1 event" in text(administrator, "/quarantine/?problem=invalid-data&type=crime.changed")
    assert "none like that" in text(administrator, "/quarantine/?waiting=long")
    assert "99/1" not in text(administrator, "/quarantine/?since_day=1&since_month=1&since_year=2999")
    found = administrator.post("/quarantine/find/", {"subject": "88/2"}).content.decode()
    assert "88/2" in found
    assert "99/1" not in found
    for page in (everything, waiting, found):
        assert "Rhian" not in page
        assert not [link for link in re.findall(r'href="([^"]*)', page) if "88/2" in link or "88%2F2" in link]


def test_looking_inside_masks_what_is_personal_and_is_written_down(
    made: World, administrator: DoorClient
) -> None:
    waits = quarantined(made)
    page = text(administrator, f"/quarantine/{waits}/")
    for secret in ("Rhian", "q1@example.org", "900123"):
        assert secret not in page
    assert "•••" in page
    assert "99/1" in page
    assert Record.objects.filter(action="event.seen", object_id=waits, actor_kind="officer").count() == 1


def test_a_mend_is_judged_at_once_and_applied_by_the_worker(made: World, administrator: DoorClient) -> None:
    bad = refuse(made, crime("88/2", 1, stage="nonsense"))
    begin = text(administrator, f"/quarantine/{bad}/mend/")
    assert "&quot;stage&quot;: &quot;&quot;" in begin
    for patch, said in (
        ("{", "not JSON"),
        ("[]", "JSON object"),
        ('{"data": {"stage": "jail"}}', "/data/stage"),
    ):
        answer = administrator.post(f"/quarantine/{bad}/mend/", {"patch": patch})
        assert answer.status_code == 422
        assert said in answer.content.decode()
    assert not Handling.objects.exists()
    answer = administrator.post(f"/quarantine/{bad}/mend/", {"patch": '{"data": {"stage": "charged"}}'})
    assert answer.status_code == 303
    assert not Crime.objects.filter(reference="88/2").exists()
    page = text(administrator, answer["Location"])
    assert "being done" in page
    assert "Mend it" not in page
    assert administrator.get(f"/quarantine/{bad}/mend/").status_code == 404  # it is being done
    assert [work(), work()] == [1, 0]
    assert Crime.objects.get(reference="88/2").stage == "charged"
    assert "It was applied." in text(administrator, f"/quarantine/{bad}/")
    act = Record.objects.get(action="event.mended")
    assert (act.actor_kind, act.object_id) == ("officer", str(bad))
    assert str(Handling.objects.get().asked_by) == act.actor_id
    assert "0 events" in text(administrator, "/quarantine/")


def test_a_patch_is_stored_sealed_and_only_until_it_is_applied(
    made: World, administrator: DoorClient
) -> None:
    bad = refuse(made, victim("52/1", 9, "P9", role="nonsense"))
    patch = {"data": {"role": "victim", "name": "Gwen Example"}}
    administrator.post(f"/quarantine/{bad}/mend/", {"patch": json.dumps(patch)})
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select h::text from feed_handling h")
        assert "Gwen" not in cursor.fetchone()[0]
    work()
    assert Victim.objects.get(person="P9").detail["name"] == "Gwen Example"
    assert Handling.objects.get().patch is None


def test_a_replay_of_all_takes_what_is_possible_now_in_batches(
    made: World, administrator: DoorClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trackmycrime.feed import quarantine as room

    some = room.some
    monkeypatch.setattr(room, "some", lambda *a, **k: some(*a, **{**k, "most": 1}))
    quarantined(made)
    refuse(made, crime("88/2", 1, stage="nonsense"))
    page = text(administrator, "/quarantine/replay/?waiting=yes")
    assert "Replay 1 event" in page
    assert administrator.post("/quarantine/replay/").status_code == 303
    batches = [work() for _ in range(4)]
    assert batches == [1, 1, 1, 0]
    assert Handling.objects.get().outcome == {"quarantined": 1, "unkept": 1}
    assert "still in quarantine: 1" in text(administrator, "/quarantine/")


def test_a_dropped_event_says_why_and_is_gone_from_the_list(made: World, administrator: DoorClient) -> None:
    waits = quarantined(made)
    assert administrator.post(f"/quarantine/{waits}/drop/", {"reason": "whatever"}).status_code == 422
    administrator.post(f"/quarantine/{waits}/drop/", {"reason": "must_not_be_held"})
    work()
    event = Event.objects.get(id=waits)
    assert (event.status, event.body) == ("dropped", {})
    assert "It was dropped." in text(administrator, f"/quarantine/{waits}/")
    detail = Record.objects.get(action="event.dropped").detail
    assert detail == {"was": "waiting-for-crime", "why": "must_not_be_held"}


def test_what_became_impossible_meanwhile_is_said_and_nothing_changes(
    made: World, administrator: DoorClient
) -> None:
    waits = quarantined(made)
    administrator.post(f"/quarantine/{waits}/replay/")
    made.send(crime("99/1", 1))  # it applied itself before the worker came
    assert work() == 1
    assert Handling.objects.get().outcome == {"gone": 1}
    bad = refuse(made, crime("88/2", 1, stage="nonsense"))
    administrator.post(f"/quarantine/{bad}/mend/", {"patch": '{"data": {"stage": "charged"}}'})
    made.send({**crime("88/2", 1, stage="court"), "id": "another"})
    work()
    assert Crime.objects.get(reference="88/2").stage == "court"
    assert Event.objects.get(id=bad).status == "quarantined"
    assert "sequence was used before" in text(administrator, f"/quarantine/{bad}/")


def test_old_events_do_not_open_a_task_for_officers(made: World) -> None:
    waits = quarantined(made)
    Event.objects.filter(id=waits).update(received_at=START)
    with role("worker"):
        assert dict(mending.PASSES)["quarantine-waits"](utc_now()) == 1
    assert "quarantine" not in text(sign_in(made.force), "/?who=force").casefold()


def test_what_can_never_be_done_does_not_stand_before_the_others(
    made: World, administrator: DoorClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = quarantined(made), quarantined(made, "Q2")
    mend = mending.drop

    def fails(force: int, row: UUID, *args: Any, **kwargs: Any) -> None:
        if row == first:
            raise RuntimeError
        mend(force, row, *args, **kwargs)

    monkeypatch.setattr(mending, "drop", fails)
    for event in (first, second):
        administrator.post(f"/quarantine/{event}/drop/", {"reason": "not_ours"})
    assert [work(), work(), work()] == [1, 1, 0]
    assert "fault of this service" in text(administrator, f"/quarantine/{first}/")
    assert [Event.objects.get(id=one).status for one in (first, second)] == ["quarantined", "dropped"]


def test_what_was_not_kept_whole_cannot_be_replayed_as_it_is(made: World, administrator: DoorClient) -> None:
    bad, waits = refuse(made, crime("88/2", 1, stage="nonsense")), quarantined(made)
    assert "Replay it as it is" not in text(administrator, f"/quarantine/{bad}/")
    assert "Replay it as it is" in text(administrator, f"/quarantine/{waits}/")


def test_a_source_in_shadow_is_on_no_list_of_an_officer(made: World) -> None:
    from trackmycrime import shadow
    from trackmycrime.feed import sources
    from trackmycrime.feed.models import Source

    row = Source.objects.create(force=made.force, name="Athena", live_from=None, created_at=START)
    shadow.begin(row, now=utc_now())
    made.source = sources.load(row.id).sender
    made.send(crime("77/1", 1, unit="U1"), victim("77/1", 2, "S1", name="Sam Example"))
    assert Crime.objects.filter(reference="77/1").exists()
    officer = sign_in(made.force)
    for where in ("/cases/?who=force", "/?who=force"):
        page = text(officer, where)
        assert "52/1" in page
        assert "77/1" not in page
    assert officer.post("/cases/find/", {"reference": "77/1"}).status_code == 422
