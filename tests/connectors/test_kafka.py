"""A topic on a real broker: everything arrives, in the order of its partition, and goes on from the mark."""

from __future__ import annotations

import json
import tomllib
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.connectors.keeping import Kept
from tests.connectors.mappings import MAPPING, row, settings
from tests.support import kafka
from trackmycrime.feed.connectors import registry
from trackmycrime.feed.connectors.events import numbered
from trackmycrime.feed.connectors.kafka import Topic, topic
from trackmycrime.feed.connectors.protocol import Away, Unfit

pytestmark = pytest.mark.skipif(
    not kafka.HERE, reason="the package with a Kafka broker has none for this machine"
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with kafka.broker(tmp_path_factory.mktemp("kafka")) as found:
        yield found


class Made:
    """A topic of its own, with a producer."""

    def __init__(self, address: str) -> None:
        self.address, self.name = address, f"crimes-{uuid.uuid4()}"
        admin = AdminClient({"bootstrap.servers": address})
        admin.create_topics([NewTopic(self.name, num_partitions=3, replication_factor=1)])[self.name].result(
            10
        )
        self._producer = Producer({"bootstrap.servers": address})

    def send(self, *values: bytes | dict[str, Any], key: str = "") -> None:
        """Produce messages, an event by its subject as key."""
        for value in values:
            by = value["subject"] if isinstance(value, dict) and "subject" in value else key
            raw = json.dumps(value).encode() if isinstance(value, dict) else value
            self._producer.produce(self.name, key=by.encode(), value=raw)
        assert self._producer.flush(10) == 0

    def input(self, **options: Any) -> Topic:
        """A connector of the topic."""
        return topic(settings(**{"servers": self.address, "topic": self.name, "rows": 20} | options))


@pytest.fixture
def made(address: str) -> Made:
    return Made(address)


def events(count: int, first: int = 0) -> list[dict[str, Any]]:
    """Events of seven crimes, each with rising sequences."""
    return [
        numbered(
            type="crime.restored",
            subject=f"C/{number % 7}",
            source="urn:example:bus",
            time="2026-07-01T00:00:00Z",
            sequence=number,
            data={"reason": f"number {number}"},
        )
        for number in range(first, first + count)
    ]


def test_everything_arrives_and_each_crime_in_its_order(made: Made) -> None:
    made.send(*events(100))
    kept, input_ = Kept(), made.input()
    kept.drain(input_)
    assert kept.sums == (100, 100, 0)
    assert max(batch.read for batch in kept.batches) <= 20
    for crime in range(7):
        own = [int(event["sequence"]) for event in kept.events if event["subject"] == f"C/{crime}"]
        assert own == list(range(crime, 100, 7))
    made.send(*events(10, first=100))
    kept.drain(input_)
    assert len(kept.ids) == len(kept.events) == 110
    input_.close()


def test_after_a_kill_reading_goes_on_from_the_mark_and_not_from_what_was_committed(made: Made) -> None:
    made.send(*events(100))
    kept = Kept()
    kept.drain(made.input(), most=2, say=False)  # kept on the agent's disk, and killed before it was said
    before = len(kept.events)
    assert 0 < before < 100
    kept.drain(made.input())
    assert len(kept.ids) == len(kept.events) == 100


def test_what_is_kept_is_committed_for_whoever_watches_the_lag(made: Made) -> None:
    made.send(*events(30))
    kept = Kept()
    input_ = made.input(group="watched")
    kept.drain(input_)
    watcher = Consumer({"bootstrap.servers": made.address, "group.id": "watched"})
    places = watcher.committed([TopicPartition(made.name, part) for part in range(3)], timeout=10)
    watcher.close()
    assert sum(place.offset for place in places if place.offset > 0) == 30


def test_messages_that_are_no_events_are_refused_by_partition_and_offset(made: Made) -> None:
    good = events(2)
    made.send(good[0])
    made.send(b"\xff", b"{", b"[]", b'{"id": 1}', b'{"a": 1}\n{"b": 2}', key=good[0]["subject"])
    made.send(b"", key=good[0]["subject"])
    made.send(good[1])
    kept = Kept()
    kept.drain(made.input())
    assert kept.sums == (8, 2, 1)
    assert [one.line for one in kept.refused] == [1, 2, 3, 4, 5]
    assert all(one.reason and one.right and one.file.startswith(made.name) for one in kept.refused)


def test_a_flat_object_is_turned_by_a_mapping(made: Made) -> None:
    made.send({name: value for name, value in row().items() if value != ""}, key="x")
    made.send(row(EMAIL="nobody"), key="x")
    kept = Kept()
    kept.drain(made.input(mapping=tomllib.loads(MAPPING)))
    assert [event["type"] for event in kept.events] == ["crime.changed", "victim.changed", "crime.changed"]
    assert [one.column for one in kept.refused] == ["EMAIL"]


def test_a_topic_or_broker_that_is_not_there_is_away(made: Made, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Away, match="nowhere cannot be read"):
        Kept().drain(made.input(topic="nowhere"))
    monkeypatch.setattr("trackmycrime.feed.connectors.kafka._PATIENCE", 0.5)
    with pytest.raises(Away, match="cannot be read"):
        Kept().drain(made.input(servers="127.0.0.1:1"))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"topic": "t"}, "«servers» must name brokers"),
        ({"servers": "x:1"}, "«topic» must be a text"),
        (
            {"servers": "x:1", "topic": "t", "client": {"enable.auto.commit": True}},
            "must not set enable.auto.commit",
        ),
        ({"servers": "x:1", "topic": "t", "client": {"sasl.password": "x"}}, "must not set sasl.password"),
        ({"servers": "x:1", "topic": "t", "client": {"no.such": "x"}}, "«client» is not taken"),
        ({"servers": "x:1", "topic": "t", "password_file": "/nowhere"}, "which cannot be read"),
        ({"servers": "x:1", "topics": "t"}, "«topic» must be a text"),
    ],
)
def test_options_that_cannot_be_used_are_named(options: dict[str, Any], told: str) -> None:
    with pytest.raises(Unfit, match="niche") as unfit:
        registry.factory("kafka")(settings(**options))
    assert told in str(unfit.value)
