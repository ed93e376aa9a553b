"""The pull as a records system uses it: in order, at least once, only for who may, never another force's."""

import json
from typing import Any

import jsonschema_rs
import pytest

from tests.gateway.sending import is_problem, sender
from trackmycrime.audit.models import Record
from trackmycrime.feed.models import Source
from trackmycrime.gateway.described_returns import example
from trackmycrime.gateway.description import describe
from trackmycrime.returns import readers
from trackmycrime.returns.api import TYPES
from trackmycrime.returns.models import Return
from trackmycrime.returns.posting import signatures

from .making import ACK, NOW, PULL, World, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> World:
    return world()


def schema_of(name: str) -> Any:
    components = describe()["components"]
    return jsonschema_rs.Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": components}
    )


def texts(page: dict[str, Any]) -> list[str]:
    return [one["data"]["text"] for one in page["returns"]]


def test_what_was_not_acknowledged_comes_again_and_what_was_does_not(made: World) -> None:
    made.happened("one", "two", "three")
    first = made.page("?limit=2")
    assert (texts(first), first["more"]) == (["one", "two"], True)
    assert made.page("?limit=2") == first
    assert made.ack({"cursor": first["cursor"]}).json() == {"cursor": first["cursor"], "acknowledged": 2}
    second = made.page()
    assert (texts(second), second["more"]) == (["three"], False)
    assert made.ack({"cursor": second["cursor"]}).json()["acknowledged"] == 1
    assert made.page() == {"returns": [], "cursor": second["cursor"], "more": False}
    made.happened("four")
    assert texts(made.page()) == ["four"]


def test_acknowledging_again_or_less_takes_nothing_back(made: World) -> None:
    made.happened("one", "two")
    cursor = made.page()["cursor"]
    for said in (cursor, cursor, "1", "0"):
        made.ack({"cursor": said})
    assert made.ack({"cursor": "1"}).json() == {"cursor": cursor, "acknowledged": 0}
    assert texts(made.page("?after=0")) == ["one", "two"]


def test_a_return_is_a_cloud_event_as_described(made: World) -> None:
    (id_,) = made.happened("Is there news?")
    page = made.page()
    schema_of("ReturnsPage").validate(page)
    (event,) = page["returns"]
    assert event == {
        "specversion": "1.0",
        "id": str(Return.objects.get().id),
        "source": "urn:trackmycrime:avon-and-somerset",
        "type": "message.received",
        "subject": "52/avon-and-somerset",
        "time": "2026-11-24T14:04:00Z",
        "sequence": "1",
        "data": {"victim": made.made.victim.person, "message": str(id_), "text": "Is there news?"},
    }


def test_what_a_webhook_is_sent_is_described_with_its_headers() -> None:
    operation = describe()["webhooks"]["return"]["post"]
    sent = signatures("id", ["whsec_QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="], "{}", NOW)
    assert {one["name"] for one in operation["parameters"]} == set(sent)


@pytest.mark.parametrize("type_", TYPES)
def test_the_example_of_each_type_is_as_described(type_: str) -> None:
    schema_of("Return").validate(example(type_))


def test_only_the_types_that_are_asked_for_and_the_cursor_passes_the_others(made: World) -> None:
    made.happened("one", "two")
    Return.objects.filter(number=1).update(type="contact.changed")
    page = made.page("?types=message.received")
    assert (texts(page), page["cursor"]) == (["two"], "2")
    page = made.page("?types=alert.undeliverable")
    assert (page["returns"], page["cursor"], page["more"]) == ([], "2", False)
    page = made.page("?types=contact.changed,message.received&limit=1")
    assert (page["returns"][0]["type"], page["cursor"], page["more"]) == ("contact.changed", "1", True)


def test_a_row_without_a_number_is_not_there_yet(made: World) -> None:
    made.happened("one", number=False)
    assert made.page() == {"returns": [], "cursor": "0", "more": False}


def test_a_source_must_be_allowed_by_name(made: World) -> None:
    made.happened("secret words")
    other = World(sender(name="Athena", force=made.made.force), made.made)
    for answer in (other.pull(), other.ack({"cursor": "1"})):
        problem = is_problem(answer, 403, "source returns allow")
        assert "secret" not in json.dumps(problem)
    assert "returns" not in other.sender.get().json()["scopes"]
    assert "returns" in made.sender.get().json()["scopes"]
    readers.refuse(made.sender.source, now=NOW)
    is_problem(made.pull(), 403)
    assert Record.objects.filter(action__in=["returns.allowed", "returns.refused"]).count() == 2


def test_what_was_handed_over_and_what_was_refused_is_on_record(made: World) -> None:
    made.happened("one", "two")
    for cursor in ("2", "2", "3"):
        made.ack({"cursor": cursor})
    source = str(made.sender.source.id)
    taken = Record.objects.get(action="returns.acknowledged")
    assert (taken.actor_id, taken.detail) == (source, {"cursor": 2, "count": 2})
    refused = Record.objects.get(action="feed.refused")
    assert (refused.actor_id, refused.detail["problem"]) == (source, "cursor-ahead")


def test_a_source_that_asks_too_fast_has_to_wait(made: World) -> None:
    made.happened("one")
    Source.objects.filter(id=made.sender.source.id).update(per_minute=250)
    assert [made.pull("?limit=100").status_code for _ in range(4)][-1] == 429
    assert is_problem(made.ack({"cursor": "1"}), 429)["type"] == "too-fast"


def test_an_allowed_source_of_another_force_sees_and_moves_nothing_of_this_one(made: World) -> None:
    made.happened("one", "two")
    other = world("south-wales")
    assert other.page()["returns"] == []
    is_problem(other.pull("?after=1"), 409)
    is_problem(other.ack({"cursor": "2"}), 409)
    other.happened("theirs")
    assert texts(other.page("?after=0")) == ["theirs"]
    assert texts(made.page()) == ["one", "two"]


def test_two_sources_of_a_force_go_at_their_own_pace(made: World) -> None:
    made.happened("one")
    other = World(sender(name="Athena", force=made.made.force), made.made)
    readers.allow(other.sender.source, now=NOW)
    made.ack({"cursor": "1"})
    assert made.page()["returns"] == []
    assert texts(other.page()) == ["one"]


def test_a_cursor_ahead_of_what_there_is_is_said_and_not_passed_over(made: World) -> None:
    """As after a backup was restored: an empty page would look like peace, and the numbers to come would be lost."""
    made.happened("one")
    assert is_problem(made.pull("?after=2"), 409, "cursor 1")["type"] == "cursor-ahead"
    is_problem(made.ack({"cursor": "9999999999999999999"}), 409)
    assert texts(made.page()) == ["one"]


@pytest.mark.parametrize(
    "query",
    ["?after=x", "?after=-1", "?after=", "?limit=0", "?limit=501", "?limit=x", "?types=", "?types=a", "?x=1",
     "?after=1&after=2", "?after=١"],
)  # fmt: skip
def test_a_wrong_query_says_what_would_be_right(made: World, query: str) -> None:
    is_problem(made.pull(query), 400)


@pytest.mark.parametrize(
    ("body", "type_", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"[]", "application/json", 422),
        (b'{"cursor": 1}', "application/json", 422),
        (b'{"cursor": ""}', "application/json", 422),
        (b'{"cursor": "1", "x": 1}', "application/json", 422),
        (b"cursor=1", "application/x-www-form-urlencoded", 415),
    ],
)
def test_a_wrong_acknowledgement_moves_nothing(made: World, body: bytes, type_: str, status: int) -> None:
    made.happened("one")
    is_problem(made.ack(body, type_), status)
    assert texts(made.page()) == ["one"]


def test_without_a_token_there_is_nothing(made: World) -> None:
    for path in (PULL, ACK):
        wrong = {"Authorization": "Bearer tmc_" + "x" * 43}
        assert (
            made.sender.client.generic("GET" if path == PULL else "POST", path, headers=wrong).status_code
            == 401
        )


def test_many_returns_come_in_bounded_pages_whole_and_in_order(made: World) -> None:
    made.happened(*[str(n) for n in range(25)])
    found: list[str] = []
    while True:
        page = made.page("?limit=10")
        assert len(page["returns"]) <= 10
        found += texts(page)
        made.ack({"cursor": page["cursor"]})
        if not page["more"]:
            break
    assert found == [str(n) for n in range(25)]


def test_the_bound_statement_count_does_not_grow(made: World, django_assert_max_num_queries: Any) -> None:
    made.happened(*[str(n) for n in range(50)])
    with django_assert_max_num_queries(12):
        made.page()
