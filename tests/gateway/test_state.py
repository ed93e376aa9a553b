"""What a records system can ask of its own entities, to find what is missing or differs."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.gateway.sending import Sender, is_problem, sender
from tests.gateway.test_description import schema_of
from tests.support.events import crime, event, update, victim
from trackmycrime.feed.contract.digest import content_digest

pytestmark = pytest.mark.django_db

STATE = "/api/feed/v1/state"


@pytest.fixture
def niche() -> Sender:
    return sender()


def pages(of: Sender, limit: int) -> list[list[dict[str, Any]]]:
    found, query = [], f"?limit={limit}"
    while True:
        answer = of.get(STATE + query)
        assert answer.status_code == 200, answer.content
        told = answer.json()
        schema_of("State").validate(told)
        found.append(told["entities"])
        if told["next"] is None:
            return found
        query = f"?limit={limit}&after={told['next']}"


def test_every_entity_once_with_its_newest_sequence_and_digest(niche: Sender) -> None:
    newest = crime("5226/A", 9, stage="charged")
    niche.send(
        newest, crime("5226/a", 3), victim("5226/A", 4), update("5226/A", 5, "U:1", "still_working"),
        event("officer.changed", "O:1", 2, {"name": "Amara Okafor"}), victim("77/1", 1),
    )  # fmt: skip
    told = {(one["subject"], one["entity"]): one for page in pages(niche, 2) for one in page}
    assert {key: one["sequence"] for key, one in told.items()} == {
        ("5226/A", "crime"): "9",
        ("5226/A", "victim:P1"): "4",
        ("5226/A", "update:U:1"): "5",
        ("O:1", "officer"): "2",
    }
    # as a records system would work it out with nothing but the documents
    plain = json.dumps(
        {"data": newest["data"], "type": "crime.changed"},
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )
    assert told["5226/A", "crime"]["digest"] == hashlib.sha256(plain.encode()).hexdigest()


def test_the_digest_is_the_same_however_the_event_is_spelt(niche: Sender) -> None:
    plain = victim("52/1", 1)["data"]
    spelt = {"organisation": None, "born_on": "", **{k: f" {v} " for k, v in reversed(plain.items())}}
    assert content_digest("victim.changed", spelt) == content_digest("victim.changed", plain)
    assert content_digest("victim.changed", plain | {"name": "Other"}) != content_digest(
        "victim.changed", plain
    )
    assert content_digest("victim.withdrawn", plain) != content_digest("victim.changed", plain)


def test_another_source_and_another_force_see_their_own_only(niche: Sender) -> None:
    athena, other = sender(name="Athena", force=niche.force), sender("south-wales")
    niche.send(*(crime(f"52/{n}", 1) for n in range(30)))
    athena.send(crime("99/1", 1))
    other.send(crime("52/1", 1), crime("52/2", 1))
    assert [len(page) for page in pages(niche, 10)][:3] == [10, 10, 10]
    assert [[one["subject"] for one in page] for page in pages(athena, 1)][-1] == ["99/1"] or [] in pages(
        athena, 1
    )
    assert sum(len(page) for page in pages(athena, 1)) == 1
    assert sum(len(page) for page in pages(other, 100)) == 2
    assert pages(sender("kent"), 5) == [[]]


def test_a_page_costs_the_same_however_much_there_is(niche: Sender) -> None:
    niche.send(*(crime(f"52/{n}", 1) for n in range(100)))
    counts = []
    for limit in (5, 90):
        with CaptureQueriesContext(connection) as asked:
            niche.get(f"{STATE}?limit={limit}")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_cursor_holds_nothing_that_can_be_read_and_is_of_one_source(niche: Sender) -> None:
    niche.send(crime("52/1", 1), crime("52/2", 1))
    cursor = niche.get(f"{STATE}?limit=1").json()["next"]
    import base64

    assert b"52/1" not in base64.urlsafe_b64decode(cursor + "==")
    athena = sender(name="Athena", force=niche.force)
    is_problem(athena.get(f"{STATE}?after={cursor}"), 404, "earlier page")
    for wrong in ("?after=x", "?after=%ff", "?after=%00"):
        is_problem(niche.get(STATE + wrong), 404)
    for wrong in (
        "?limit=0",
        "?limit=1001",
        "?limit=many",
        "?limit=1&limit=2",
        "?x=1",
    ):
        is_problem(niche.get(STATE + wrong), 400)
    niche.token = "tmc_" + "x" * 43
    is_problem(niche.get(STATE), 401)


def test_what_is_in_quarantine_is_not_known(niche: Sender) -> None:
    niche.send(crime("52/1", 1), crime("52/1", 5, stage="nonsense"), victim("52/9", 1))
    assert [(one["subject"], one["sequence"]) for one in pages(niche, 10)[0]] == [("52/1", "1")]
