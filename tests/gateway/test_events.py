"""A delivery is taken, under the gateway's own login: what is answered is what happened."""

from __future__ import annotations

import gzip
import json
from io import BytesIO
from typing import Any

import pytest

from tests.gateway.sending import EVENTS, Sender, sender
from tests.support.events import crime, event, make_force, update, victim
from trackmycrime.cases.models import Crime
from trackmycrime.config.settings import gateway as gateway_settings
from trackmycrime.feed.contract import BATCH, LINES, SINGLE
from trackmycrime.feed.models import Event
from trackmycrime.people.models import Victim

pytestmark = pytest.mark.django_db


@pytest.fixture
def niche() -> Sender:
    return sender()


def one_of_each() -> list[dict[str, Any]]:
    return [
        event("unit.changed", "BBT", 1, {"name": {"en": "the Burglary Team"}}),
        event("officer.changed", "DC9", 1, {"name": "Amara Okafor", "rank": "DC", "unit": "BBT"}),
        crime("52/1", 1, officer="DC9", unit="BBT"),
        victim("52/1", 1),
        update("52/1", 1, "U1", "still_working"),
        event("update.withdrawn", "52/1", 2, {"update": "U1", "reason": "mistake"}),
        event("victim.withdrawn", "52/1", 2, {"victim": "P1", "reason": "declined"}),
        event("crime.withdrawn", "52/1", 2, {"reason": "withheld"}),
        event("crime.restored", "52/1", 3, {"reason": "safe again"}),
    ]


@pytest.mark.parametrize("packed", [False, True])
def test_every_form_is_taken_and_answered_in_the_order_sent(niche: Sender, packed: bool) -> None:
    events = one_of_each()
    lines = "\n\n".join(json.dumps(one) for one in events).encode()
    for content_type, body, sent in [
        (BATCH, json.dumps(events[:3]).encode(), events[:3]),
        (SINGLE, json.dumps(events[3]).encode(), events[3:4]),
        (LINES, lines, events),
    ]:
        headers = {"Content-Encoding": "gzip"} if packed else {}
        response = niche.post(gzip.compress(body) if packed else body, content_type, **headers)
        assert response.status_code == 200, response.content
        assert response.headers["Content-Type"] == "application/json"
        results = response.json()["results"]
        assert [one["id"] for one in results] == [one["id"] for one in sent]
        expected = ["duplicate"] * 4 + ["applied"] * 5 if content_type == LINES else ["applied"] * len(sent)
        assert [one["status"] for one in results] == expected


def test_single_events_never_fail_a_batch(niche: Sender) -> None:
    good, bad, strange = (
        crime("52/1", 1),
        crime("52/2", 1, stage="nowhere"),
        crime("52/3", 1, suspect="SECRET"),
    )
    lost = update("52/9", 1, "U1", "note", text={"en": "Hello"})
    nul = crime("52/4", 1, place="a\0b")
    results = niche.send(good, bad, strange, lost, nul, 7, {}, victim("52/1", 1))
    assert [one["status"] for one in results] == ["applied", *["quarantined"] * 6, "applied"]
    types = [one["problem"]["type"] for one in results[1:-1]]
    assert types == ["invalid-data", "unknown-field", "waiting-for-crime", *["invalid-data"] * 3]
    assert results[1]["problem"]["pointer"] == "/data/stage"
    assert results[2]["problem"]["pointer"] == "/data/suspect"
    assert [results[5]["id"], results[6]["id"]] == [None, None]
    assert Event.objects.count() == 8
    assert "SECRET" not in repr([row.body for row in Event.objects.all()])


def test_an_event_that_waits_applies_itself(niche: Sender) -> None:
    assert niche.send(victim("52/1", 1))[0]["problem"]["type"] == "waiting-for-crime"
    assert niche.send(crime("52/1", 1))[0]["status"] == "applied"
    assert Victim.objects.get().mobile == "+447700900123"
    assert not Event.objects.filter(status="quarantined").exists()


def test_an_empty_delivery_is_one(niche: Sender) -> None:
    assert niche.send() == []
    assert niche.post(b"\n", LINES).json() == {"results": []}


def test_validating_says_what_would_be_and_stores_nothing(niche: Sender) -> None:
    niche.send(crime("52/1", 5))
    sent = [
        crime("52/1", 5),
        crime("52/1", 4),
        crime("52/2", 1),
        victim("52/2", 1),
        victim("52/9", 1),
        {"id": "x"},
    ]
    expected = ["duplicate", "superseded", "applied", "applied", "quarantined", "quarantined"]
    for _ in range(2):
        response = niche.post(sent, query="?validate=true")
        assert [one["status"] for one in response.json()["results"]] == expected
        assert Event.objects.count() == 1
        assert Crime.objects.count() == 1
    assert [one["status"] for one in niche.post(sent, query="?validate=false").json()["results"]] == expected


def test_the_token_decides_the_force_and_nothing_in_an_event_can(niche: Sender) -> None:
    other = sender("south-wales")
    niche.send(crime("52/1", 1))
    other.send({**crime("52/1", 1, officer="X"), "source": "https://avon-and-somerset.example.org"})
    assert {(one.force_id, one.officer_id) for one in Crime.objects.all()} == {
        (niche.force.pk, ""),
        (other.force.pk, "x"),
    }
    # Another force's crime, victim or update is simply unknown.
    niche.send(crime("52/2", 1), victim("52/2", 1, "P2"))
    for lost in [
        victim("52/2", 1),
        update("52/1", 1, "U1", "still_working", victims=["P2"]),
        event("crime.withdrawn", "52/1", 2, {"reason": "merged", "merged_into": "52/2"}),
    ]:
        assert other.send(lost)[0]["problem"]["type"] == "waiting-for-crime"


def test_a_second_source_may_not_change_what_is_the_firsts(niche: Sender) -> None:
    second = sender(name="Athena", force=niche.force)
    niche.send(crime("52/1", 1))
    result = second.send(crime("52/1", 2, place="Elsewhere"))[0]
    assert (result["status"], result["problem"]["type"]) == ("quarantined", "not-allowed")
    assert Crime.objects.get().place != "Elsewhere"


def test_a_token_for_some_types(niche: Sender) -> None:
    staff = sender(name="HR", force=niche.force, types=("officer.changed", "unit.changed"))
    results = staff.send(crime("52/1", 1), event("officer.changed", "DC9", 1, {"name": "Amara Okafor"}))
    assert [one["status"] for one in results] == ["quarantined", "applied"]
    assert results[0]["problem"]["type"] == "not-allowed"
    assert staff.get().json()["scopes"] == ["officer.changed", "unit.changed"]


def test_national_numbers_are_those_of_the_forces_country() -> None:
    force = make_force("garda")
    force.country = "IE"
    force.save()
    sender(force=force).send(crime("52/1", 1), victim("52/1", 1, mobile="085 012 3456"))
    assert Victim.objects.get().mobile == "+353850123456"


def test_who_am_i(niche: Sender) -> None:
    said = niche.get().json()
    assert (said["force"], said["source"], said["live_from"]) == ("avon-and-somerset", "Niche", "always")
    assert "crime.changed" in said["scopes"]


def test_a_body_without_length_is_read_to_its_end(niche: Sender) -> None:
    """Chunked bodies have no Content-Length; Django alone would take them for empty."""
    raw = json.dumps([crime("52/1", 1)]).encode()
    response = niche.client.request(
        REQUEST_METHOD="POST",
        PATH_INFO=EVENTS,
        CONTENT_TYPE=BATCH,
        HTTP_AUTHORIZATION=f"Bearer {niche.token}",
        HTTP_TRANSFER_ENCODING="chunked",
        **{"wsgi.input": BytesIO(raw), "wsgi.input_terminated": True},
    )
    assert response.json()["results"][0]["status"] == "applied"


def test_the_gateway_has_no_sessions_and_no_templates() -> None:
    ours = ["trackmycrime.config.middleware.SafeHeaders", "trackmycrime.config.middleware.WellKnown"]
    assert ours == gateway_settings.MIDDLEWARE
