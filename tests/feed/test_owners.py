"""Handing entities over: another source speaks of them from then on, counting as it likes."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from tests.quarantine.making import send
from tests.quarantine.making import told as quarantine
from tests.support.doors import role
from tests.support.events import crime, event, make_force, make_source, update, victim
from trackmycrime.audit.models import Record
from trackmycrime.cases.models import Crime
from trackmycrime.feed import state
from trackmycrime.feed.accept import Source
from trackmycrime.feed.models import Entity, Event
from trackmycrime.forces.models import Force
from trackmycrime.kernel.scope import bound
from trackmycrime.ops.commands.source import command
from trackmycrime.people.models import Officer, Victim
from trackmycrime.publish.models import Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def force() -> Force:
    return make_force()


@pytest.fixture
def old(force: Force) -> Source:
    return make_source(force, "Niche")


@pytest.fixture
def new(force: Force) -> Source:
    return make_source(force, "Athena")


def hand_over(*words: str, code: int = 0) -> Any:
    wanted = ["hand-over", "avon-and-somerset", "--from", "Niche", "--to", "Athena", *words, "--json"]
    done = CliRunner().invoke(command, wanted, standalone_mode=False)
    ended = getattr(done.exception, "exit_code", None) if done.exception else done.return_value or 0
    assert ended == code, (ended, done.output, done.exception)
    return json.loads(done.stdout) if done.exception is None else None


def sequences(source: Source) -> dict[str, int | None]:
    with role("gateway"), bound(force=source.force_id):
        known, following = state.page(source.id, source.force_id, after="", most=100)
    assert following is None
    return {f"{one.subject} {one.entity}": one.sequence for one in known}


def test_the_new_source_counts_from_nothing_and_still_has_the_last_word(old: Source, new: Source) -> None:
    send(old, crime("52/1", 500, stage="investigating"), victim("52/1", 501), crime("52/2", 502))
    send(old, update("52/1", 503, "U1", "still_working"))
    assert hand_over("--subject", "52/1") == {
        "force": "avon-and-somerset", "from": "Niche", "to": "Athena", "entities": 3, "waiting": 0
    }  # fmt: skip
    assert send(new, crime("52/1", 0, stage="charged"), crime("52/2", 1)) == ["applied", "not-allowed"]
    assert Crime.objects.get(reference="52/1").stage == "charged"
    assert send(new, crime("52/1", 2, stage="closed"), crime("52/1", 1, stage="court")) == [
        "applied",
        "superseded",
    ]
    assert Crime.objects.get(reference="52/1").stage == "closed"
    again = {**crime("52/1", 2, stage="court"), "id": "another"}
    assert send(new, again, crime("52/1", 2, stage="closed")) == ["sequence-reused", "duplicate"]
    assert send(old, crime("52/1", 900)) == ["not-allowed"]
    assert send(new, victim("52/1", 0, name="Rhian Other")) == ["applied"]
    assert Victim.objects.get().detail["name"] == "Rhian Other"


def test_the_order_in_which_the_new_sources_events_come_does_not_matter(old: Source, new: Source) -> None:
    said = [crime("52/1", n, stage=stage) for n, stage in ((0, "charged"), (1, "court"), (2, "closed"))]
    found = []
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        Entity.objects.all().delete()
        Event.objects.all().delete()
        Entry.objects.all().delete()
        Crime.objects.all().delete()
        send(old, crime("52/1", 500), crime("52/1", 501, stage="investigating"))
        hand_over("--all")
        for n in order:
            send(new, said[n])
        entries = Entry.objects.order_by("key").values_list("key", "state")
        found.append((Crime.objects.get().stage, list(entries), sequences(new)))
    assert found[0] == found[1] == found[2]
    assert found[0][0] == "closed"
    assert found[0][2] == {"52/1 crime": 2}


def test_what_was_sent_too_early_is_replayed_after_it(old: Source, new: Source) -> None:
    send(old, crime("52/1", 500))
    assert send(new, crime("52/1", 7, stage="charged")) == ["not-allowed"]
    assert hand_over("--kind", "crime")["waiting"] == 1
    found = quarantine("replay", "--all", "avon-and-somerset", "--problem", "not-allowed")
    assert found == {"applied": 1}
    assert Crime.objects.get().stage == "charged"
    assert Event.objects.get(source_id=new.id).sequence == 508
    assert sequences(new) == {"52/1 crime": 7}
    assert send(new, crime("52/1", 8, stage="court")) == ["applied"]


def test_back_and_forth_and_the_largest_numbers(old: Source, new: Source) -> None:
    largest = 2**63 - 1
    send(old, {**crime("52/1", 1), "sequence": str(largest - 1)})
    hand_over("--all")
    assert sequences(new) == {"52/1 crime": None}
    assert send(new, crime("52/1", 5, stage="charged")) == ["applied"]
    send(old, crime("52/2", 1))
    hand_over("--all")
    wanted = ["hand-over", "avon-and-somerset", "--from", "Athena", "--to", "Niche", "--subject", "52/2"]
    assert CliRunner().invoke(command, wanted).exit_code == 0
    assert send(old, crime("52/2", 0, stage="charged")) == ["applied"]
    assert Crime.objects.get(reference="52/2").stage == "charged"


def test_only_what_was_named_goes_over(old: Source, new: Source) -> None:
    send(
        old, crime("52/1", 1), victim("52/1", 1), crime("52/10", 1), victim("52/10", 1),
        event("officer.changed", "52", 1, {"name": "Amara Okafor"}),
        event("officer.changed", "52:1", 1, {"name": "Wei Lin"}),
    )  # fmt: skip
    assert hand_over("--subject", "52")["entities"] == 1
    assert hand_over("--subject", "52/1")["entities"] == 2
    assert sequences(new).keys() == {"52 officer", "52/1 crime", "52/1 victim:P1"}
    assert hand_over("--kind", "victim")["entities"] == 1
    assert hand_over("--kind", "victim", code=1)["entities"] == 0
    assert hand_over("--all")["entities"] == 2
    assert sequences(old) == {}
    assert Officer.objects.count() == 2


def test_it_is_on_record_and_wrong_use_says_what_is_right(old: Source, new: Source) -> None:
    send(old, crime("52/1", 1))
    for wrong in ((), ("--all", "--kind", "crime"), ("--kind", "car")):
        hand_over(*wrong, code=2)
    hand_over("--all", "--to", "Niche", code=2)
    hand_over("--all", "--to", "Nobody", code=2)
    assert not Record.objects.filter(action="source.handed_over").exists()
    hand_over("--subject", "52/1")
    act = Record.objects.get(action="source.handed_over")
    assert act.object_id == str(old.id)
    assert act.detail == {"to": str(new.id), "entities": 1, "crime": str(Crime.objects.get().id)}
