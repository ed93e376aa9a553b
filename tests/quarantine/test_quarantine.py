"""An administrator's work on the quarantine, by the commands: found, looked into, mended, replayed, dropped."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.quarantine.making import row, run, send, told
from tests.support.doors import role
from tests.support.events import NOW, crime, make_force, make_source, update, victim
from trackmycrime import mending
from trackmycrime.audit.models import Record
from trackmycrime.cases.models import Crime
from trackmycrime.delivery.models import Dispatch
from trackmycrime.feed.accept import Source
from trackmycrime.feed.contract import MODELS
from trackmycrime.feed.contract.personal import READABLE
from trackmycrime.feed.merge_patch import merged
from trackmycrime.feed.models import Entity, Event
from trackmycrime.feed.models import Source as SourceRow
from trackmycrime.kernel.walls import declared
from trackmycrime.people.models import Victim
from trackmycrime.publish.models import Entry
from trackmycrime.tasks.models import Task

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def providers(settings: Any) -> None:
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:25"


@pytest.fixture
def source() -> Source:
    return make_source(make_force())


def acts(action: str) -> list[dict[str, Any]]:
    return list(Record.objects.filter(action=action).order_by("id").values_list("detail", flat=True))


def test_the_list_filters_by_everything_that_is_known_and_goes_page_by_page(source: Source) -> None:
    send(source, crime("52/1", 1, stage="nonsense"), now=NOW - timedelta(days=3))
    send(source, victim("52/9", 1), now=NOW - timedelta(days=2))
    send(source, {**crime("52/2", 1), "colour": "blue"}, update("52/9", 3, "U1", "still_working"))

    def ids(*words: str) -> list[str]:
        return [one["id"] for one in told("list", "avon-and-somerset", *words)["events"]]

    assert len(ids()) == 4
    assert ids("--problem", "invalid-data") == ["crime.changed/52/1//1"]
    assert ids("--type", "victim.changed") == ["victim.changed/52/9/P1/1"]
    assert ids("--subject", "52/2") == ["crime.changed/52/2//1"]
    assert len(ids("--waiting")) == 2
    assert len(ids("--not-waiting")) == 2
    assert len(ids("--since", (NOW - timedelta(hours=1)).isoformat())) == 2
    assert len(ids("--source", "Niche")) == 4
    run("list", "avon-and-somerset", "--source", "Athena", code=2)
    first = told("list", "avon-and-somerset", "--limit", "3")
    rest = told("list", "avon-and-somerset", "--before", first["events"][-1]["event"])
    assert [one["event"] for one in (*first["events"], *rest["events"])] == [
        str(one) for one in Event.objects.order_by("-id").values_list("id", flat=True)
    ]
    assert first["total"] == 4
    make_force("south-wales")
    assert told("list", "south-wales")["events"] == []


def test_looking_inside_masks_whatever_is_personal_and_is_written_down(source: Source) -> None:
    safe = {"channels": [], "disguise": True, "no_portal": False, "note": "He reads her phone"}
    send(source, {**victim("52/1", 1, safe_contact=safe, born_on="1980-02-29"), "suspect": "John Villain"})
    shown = run("show", row("victim.changed/52/1/P1/1"), "--json")
    for secret in ("Rhian", "p1@example.org", "900123", "1980", "phone", "John", "Villain"):
        assert secret not in shown, secret
    look = json.loads(shown)
    assert look["data"]["victim"] == "P1"
    assert look["data"]["name"] == "•••"
    assert look["data"]["safe_contact"] == {
        "channels": [], "disguise": True, "no_portal": False, "note": "•••"
    }  # fmt: skip
    assert look["not_kept"] == ["/suspect"]
    assert look["envelope"]["subject"] == "52/1"
    assert Record.objects.filter(action="event.seen", object_id=look["event"]).count() == 1


def test_every_type_says_which_of_its_fields_may_be_read_and_names_no_field_that_is_not_there() -> None:
    assert set(MODELS) <= set(READABLE)

    def paths(schema: dict[str, Any], whole: dict[str, Any], at: str = "") -> set[str]:
        found = {at} if at else set()
        for inner in (schema, *schema.get("anyOf", ())):
            if "$ref" in inner:
                found |= paths(whole["$defs"][inner["$ref"].rpartition("/")[2]], whole, at)
            if "items" in inner:
                found |= paths(inner["items"], whole, at)
            for name, member in inner.get("properties", {}).items():
                found |= paths(member, whole, f"{at}/{name}" if at else name)
        return found

    for type_, model in MODELS.items():
        whole = model.model_json_schema(by_alias=True)
        assert READABLE[type_] <= paths(whole, whole), type_


def test_a_mended_event_is_taken_as_a_delivery_with_all_that_follows(source: Source) -> None:
    assert send(source, crime("52/1", 1, stage="nonsense"), victim("52/1", 1)) == [
        "invalid-data",
        "waiting-for-crime",
    ]
    patch = '{"data": {"stage": "investigating"}}'
    assert told("mend", row("crime.changed/52/1//1"), "--patch", patch) == {"status": "applied"}
    assert Crime.objects.get().stage == "investigating"
    assert Victim.objects.get().person == "P1"  # what waited for it came along
    assert Dispatch.objects.get().purpose == "invitation"
    assert acts("event.mended") == [{"was": "invalid-data", "is": "applied", "fields": ["data"]}]
    assert "investigating" not in str(list(Record.objects.values_list("detail", flat=True)))
    # what the source sends again is known: as it was, and as it was mended
    wrong, right = crime("52/1", 1, stage="nonsense"), crime("52/1", 1, stage="investigating")
    assert send(source, wrong, right) == ["duplicate", "duplicate"]
    run("mend", row("crime.changed/52/1//1"), "--patch", patch, code=2)


def test_a_patch_that_leaves_it_wrong_changes_nothing(source: Source) -> None:
    send(source, crime("52/1", 1, stage="nonsense"))
    one = row("crime.changed/52/1//1")
    for patch, said in (
        ('{"data": {"stage": "jail"}}', "/data/stage"),
        ('{"data": {"stage": "charged"}, "suspect": "John"}', "/suspect"),
        ("{}", "/data/stage"),
    ):
        answer = told("mend", one, "--patch", patch, code=1)
        assert said in answer["problem"]["pointer"], patch
        assert "John" not in str(answer)
    assert Event.objects.get().status == "quarantined"
    assert not Crime.objects.exists()
    assert not acts("event.mended")
    for patch in ("[1]", "{", "@/nowhere/patch.json"):
        run("mend", one, "--patch", patch, code=2)


def test_an_event_with_unknown_fields_is_mended_by_going_on_without_them(
    source: Source, tmp_path: Path
) -> None:
    send(source, crime("52/1", 1) | {"data": crime("52/1", 1)["data"] | {"suspect": "John Villain"}})
    (tmp_path / "patch.json").write_text("{}")
    assert told("replay", row("crime.changed/52/1//1"), code=1) == {"unkept": 1}
    patch = f"@{tmp_path / 'patch.json'}"
    assert told("mend", row("crime.changed/52/1//1"), "--patch", patch)["status"] == "applied"
    assert Crime.objects.get().reference == "52/1"


def test_a_mend_that_runs_into_another_event_is_undone_whole(source: Source) -> None:
    send(source, crime("52/1", 1), crime("52/1", 2, stage="nonsense"))
    one = row("crime.changed/52/1//2")
    answer = told("mend", one, "--patch", '{"sequence": "1", "data": {"stage": "charged"}}', code=1)
    assert answer["problem"]["type"] == "sequence-reused"
    assert Event.objects.get(id=one).status == "quarantined"
    assert Event.objects.count() == 2


def test_a_replay_takes_what_has_become_possible_and_leaves_the_rest(source: Source) -> None:
    other = make_source(SourceRow.objects.get().force, "Athena")
    send(source, crime("52/1", 1), victim("52/1", 1))
    assert send(other, crime("52/1", 7, stage="charged"), crime("52/2", 1, stage="jail")) == [
        "not-allowed",
        "invalid-data",
    ]
    assert told("replay", "--all", "avon-and-somerset", code=1) == {"quarantined": 1, "unkept": 1}
    assert not acts("event.replayed")  # nothing has changed
    Entity.objects.filter(entity="crime:52/1:").update(source_id=other.id)
    found = told("replay", "--all", "avon-and-somerset", "--problem", "not-allowed")
    assert found == {"applied": 1}
    assert Crime.objects.get(reference="52/1").stage == "charged"
    assert Entry.objects.filter(key__contains="charged").exists() or Entry.objects.count() > 1
    assert acts("event.replayed") == [{"was": "not-allowed", "is": "applied"}]
    assert send(other, crime("52/1", 7, stage="charged")) == ["duplicate"]
    for wrong in ([], ["--all", "nowhere"], [row("crime.changed/52/2//1"), "--all", "avon-and-somerset"]):
        run("replay", *wrong, code=2)


def test_a_replay_of_many_applies_each_once_though_they_wait_for_each_other(source: Source) -> None:
    SourceRow.objects.update(types=["unit.changed"])
    limited = Source(source.id, source.force_id, source.name, None, frozenset({"unit.changed"}))
    from tests.support.events import digest_key
    from trackmycrime import pipeline
    from trackmycrime.feed.contract import Line, judge
    from trackmycrime.kernel.scope import bound

    events = [update("52/1", 5, "U1", "still_working"), victim("52/1", 2), crime("52/1", 1)]
    verdicts = [
        judge(Line(n, e), now=NOW, allowed_types=limited.types, digest_key=digest_key())
        for n, e in enumerate(events)
    ]
    with role("gateway"), bound(force=source.force_id):
        results = pipeline.take_events(limited, verdicts, now=NOW)
    assert {one.problem.type for one in results if one.problem} == {"not-allowed"}
    SourceRow.objects.update(types=None)
    assert told("replay", "--all", "avon-and-somerset") == {"applied": 3}
    assert set(Event.objects.values_list("status", "waits_for")) == {("applied", "")}
    assert Entry.objects.filter(key="update:U1").count() == 1
    assert Dispatch.objects.count() == 1


def test_what_is_dropped_stays_on_record_and_is_known_when_it_comes_again(source: Source) -> None:
    send(source, victim("52/9", 1), victim("52/8", 1))
    waits, wiped = row("victim.changed/52/9/P1/1"), row("victim.changed/52/8/P1/1")
    run("drop", waits, code=2)
    run("drop", waits, "--reason", "because", code=2)
    assert told("drop", waits, "--reason", "not_ours") == {"dropped": 1, "reason": "not_ours"}
    run("drop", wiped, "--reason", "must_not_be_held")
    assert Event.objects.get(id=waits).body["data"]["name"] == "Rhian Example"
    assert Event.objects.get(id=wiped).body == {}
    assert acts("event.dropped") == [
        {"was": "waiting-for-crime", "why": "not_ours"},
        {"was": "waiting-for-crime", "why": "must_not_be_held"},
    ]
    assert send(source, crime("52/9", 1), victim("52/9", 1)) == ["applied", "duplicate"]
    assert not Victim.objects.exists()
    assert told("list", "avon-and-somerset")["events"] == []
    assert told("show", waits)["status"] == "dropped"
    assert told("show", wiped)["data"] is None
    run("drop", waits, "--reason", "not_ours", code=2)
    # a dropped event has not used up its id
    assert send(source, victim("52/9", 1, name="Rhian Other")) == ["applied"]


def test_what_waits_longer_than_a_day_is_one_task_for_each_source_until_it_has_come(source: Source) -> None:
    send(source, victim("52/9", 1), victim("52/8", 1), now=NOW)
    report = dict(mending.PASSES)["quarantine-waits"]

    def open_tasks(now: Any) -> list[str]:
        with role("worker"):
            report(now)
        return [task.once for task in Task.objects.filter(kind="feed_waits", done_at=None)]

    assert open_tasks(NOW + timedelta(hours=23)) == []
    later = NOW + timedelta(days=2)
    assert open_tasks(later) == open_tasks(later) == [str(source.id)]
    send(source, crime("52/9", 1), crime("52/8", 1), now=later)
    assert open_tasks(later) == []


def test_another_forces_event_is_not_touched(source: Source) -> None:
    other = make_source(make_force("south-wales"))
    send(source, crime("52/1", 1), victim("52/1", 1))
    send(other, victim("52/1", 1))
    assert told("replay", "--all", "south-wales", code=1) == {"quarantined": 1}
    assert Victim.objects.get().force_id == source.force_id
    assert Event.objects.get(force_id=other.force_id).status == "quarantined"


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        # RFC 7396, appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_merge_patch(target: Any, patch: Any, result: Any) -> None:
    before = json.dumps(target)
    assert merged(target, patch) == result
    assert json.dumps(target) == before


def test_an_unknown_event_is_told_as_that() -> None:
    run("show", "00000000-0000-4000-8000-000000000000", code=2)


def test_the_worker_may_write_what_the_gateway_may_and_the_desk_no_event() -> None:
    """Else a replay that the desk asks for fails on a kind of event that the gateway takes."""

    def writes(rights: str) -> dict[str, set[str]]:
        found = re.findall(r"(select|insert|update|delete)(?: \(([^)]*)\))?", rights)
        return {
            verb: set(columns.split(", ")) - {""} for verb, columns in found if verb in ("insert", "update")
        }

    grants = declared().grants
    for table, doors in grants.items():
        if table == "returns_reader":  # how far a source has read: no event changes it
            continue
        worker = writes(doors.get("worker", ""))
        for verb, columns in writes(doors.get("gateway", "")).items():
            assert verb in worker, (table, verb)
            assert not worker[verb] or (columns and columns <= worker[verb]), (table, verb)
    assert {grants[table].get("desk") for table in ("feed_event", "feed_source")} == {"select"}
    assert "desk" not in grants["feed_entity"]
