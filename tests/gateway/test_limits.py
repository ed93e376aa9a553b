"""How much a source may send, over all processes of the gateway, and the record of what was refused."""

from __future__ import annotations

import gzip
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.gateway.sending import EVENTS, Sender, is_problem, sender
from tests.support.doors import door_client
from tests.support.events import crime
from trackmycrime.audit.models import Record
from trackmycrime.feed import refusals, sources
from trackmycrime.feed.models import Event
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.models import Counter

pytestmark = pytest.mark.django_db


@pytest.fixture
def niche() -> Sender:
    return sender()


def refused() -> list[tuple[Any, ...]]:
    rows = Record.objects.filter(action="feed.refused").order_by("id")
    return [
        (one.actor_kind, one.detail["problem"], one.detail["status"], one.detail["number"]) for one in rows
    ]


def pass_a_minute() -> None:
    Counter.objects.update(ends_at=utc_now() - timedelta(seconds=1))


def test_a_source_that_sends_too_much_waits_and_loses_nothing(niche: Sender) -> None:
    sources.change(niche.source, {"per_minute": 3}, now=utc_now())
    assert [one["status"] for one in niche.send(crime("52/1", 1), crime("52/2", 1))] == ["applied"] * 2
    # what begins within the limit is let in whole, or a delivery over the limit would never come in
    niche.send(crime("52/3", 1), crime("52/4", 1))
    answer = niche.post([crime("52/5", 1)])
    is_problem(answer, 429, "Nothing was taken")
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert Event.objects.count() == 4
    is_problem(niche.post(b"not even JSON"), 429)
    assert niche.get().status_code == 200
    pass_a_minute()
    assert niche.send(crime("52/5", 1))[0]["status"] == "applied"


def test_another_source_is_not_slowed_down(niche: Sender) -> None:
    sources.change(niche.source, {"per_minute": 1}, now=utc_now())
    other = sender(name="Athena", force=niche.force)
    niche.send(crime("52/1", 1))
    is_problem(niche.post([crime("52/2", 1)]), 429)
    assert other.send(crime("53/1", 1))[0]["status"] == "applied"


def test_bytes_are_limited_as_they_come_over_the_wire(niche: Sender) -> None:
    sources.change(niche.source, {"mib_per_minute": 1}, now=utc_now())
    blanks = b"[" + b" " * (2 * 1024 * 1024) + b"]"
    packed = gzip.compress(blanks)
    for _ in range(3):
        assert niche.post(packed, **{"Content-Encoding": "gzip"}).status_code == 200
    assert niche.post(blanks).status_code == 200
    is_problem(niche.post(packed, **{"Content-Encoding": "gzip"}), 429)


def test_the_limit_costs_one_statement_and_a_day_of_outage_passes(niche: Sender) -> None:
    with CaptureQueriesContext(connection) as asked:
        niche.post([])
    assert len([one for one in asked if "feed_weigh" in one["sql"]]) == 1
    assert not [one for one in asked if "kernel_counter" in one["sql"] or "audit_record" in one["sql"]]
    now = utc_now()
    # 116,000 events within one minute, as they come after a day; and 15,000 in every second of another
    for events in (116_000, 15_000 * 60 - 116_000):
        waits = {
            sources.weigh(niche.source.id, events=500, size=500 * 900, now=now) for _ in range(events // 500)
        }
        assert waits == {0}


def test_every_refusal_of_a_source_is_on_record_with_its_kind(niche: Sender) -> None:
    niche.post(b"{")
    niche.post({"not": "a batch"})
    niche.post([], "application/json")
    niche.post(b"[" + b" " * (6 * 1024 * 1024) + b"]")
    niche.post([], query="?validate=yes")
    assert [(status, problem) for _, problem, status, _ in refused()] == [
        (400, "not-json"),
        (422, "not-a-batch"),
        (415, "unsupported-media-type"),
        (413, "too-large"),
        (400, "wrong-parameter"),
    ]
    assert {one.actor_id for one in Record.objects.filter(action="feed.refused")} == {str(niche.source.id)}
    assert {one.force_id for one in Record.objects.filter(action="feed.refused")} == {niche.force.pk}
    niche.send(crime("52/1", 1, stage="nonsense"))  # in quarantine: on record as what it is
    assert len(refused()) == 5


def test_a_token_that_does_not_count_is_on_record_without_the_token(niche: Sender) -> None:
    client = door_client("gateway")
    client.post(EVENTS, b"[]", content_type="application/json")
    unknown = "tmc_" + "x" * 43
    for token in (unknown, "short", unknown):
        client.get("/api/feed/v1/whoami", headers={"Authorization": f"Bearer {token}"})
    sources.revoke(niche.source, now=utc_now())
    is_problem(niche.get(), 401)
    assert refused() == [
        ("system", "no-token", 401, 1),
        ("system", "wrong-token", 401, 1),
        ("system", "wrong-token", 401, 2),
        ("system", "wrong-token", 401, 3),
        ("source", "wrong-token", 401, 1),
    ]
    last = Record.objects.filter(action="feed.refused").latest("id")
    assert last.actor_id == str(niche.source.id)
    written = str(list(Record.objects.values()))
    assert unknown not in written
    assert niche.token not in written


def test_a_flood_cannot_fill_the_record(niche: Sender) -> None:
    now = utc_now()
    for _ in range(refusals.EACH * 5):
        refusals.note("wrong-token", 401, source=None, force=None, now=now)
    numbers = [number for _, _, _, number in refused()]
    assert numbers == [*range(1, refusals.EACH + 1), refusals.EACH * 2, refusals.EACH * 4]
    refusals.note("wrong-token", 401, source=None, force=None, now=now + timedelta(hours=2))
    assert refused()[-1][3] == 1


def test_what_was_not_found_or_done_wrong_by_nobody_known_is_not_on_record() -> None:
    client = door_client("gateway")
    for path in ("/nothing", EVENTS, "/healthz"):
        client.delete(path)
    assert refused() == []
