"""A topic of Kafka, each message one event of the contract or a flat JSON object for a mapping. `topic` is the factory.

The mark, and not the broker, says where reading goes on: every partition is assigned with its offset from the mark, so
no other member of a group can take one away. Offsets are committed as well when a batch is kept, for whoever watches
the lag. Needs the extra «kafka».
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

from trackmycrime.feed.connectors.files import unsendable
from trackmycrime.feed.connectors.mapping import Mapped, read_mapping
from trackmycrime.feed.connectors.ndjson import event_in
from trackmycrime.feed.connectors.options import Options
from trackmycrime.feed.connectors.protocol import Away, Batch, Settings
from trackmycrime.feed.connectors.refusals import Refusal, Wrong

_PATIENCE = 10.0
"""Seconds in which a broker must say something"""

_OURS = {
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    "enable.partition.eof": True,
    "auto.offset.reset": "error",
}


def topic(settings: Settings) -> Topic:
    """The connector. Raises Unfit."""
    options = Options(settings.options, settings.name, settings.base)
    servers = options.texts("servers")
    if not servers:
        raise options.unfit("servers", 'must name brokers, like "kafka.example.org:9093", and is required')
    name = options.text("topic")
    client = options.value("client") or {}
    if not isinstance(client, Mapping):
        raise options.unfit("client", "must be a table of librdkafka's properties")
    for key in client:
        if key in _OURS or key in ("bootstrap.servers", "group.id", "sasl.password"):
            raise options.unfit("client", f"must not set {key}")
    said = {
        **client,
        **_OURS,
        "bootstrap.servers": ",".join(servers),
        "group.id": options.text("group", f"trackmycrime-{settings.name}"),
        "error_cb": lambda _: None,  # what cannot be reached is told as Away
    }
    if options.given("password_file"):
        said["sasl.password"] = _password(options)
    rows = options.whole("rows", 500, 1, 10_000)
    mapping = read_mapping(options.table("mapping"), settings) if options.given("mapping") else None
    options.value("mapping")
    options.done()
    try:
        consumer = Consumer(said, logger=logging.getLogger(__name__))
    except KafkaException as wrong:
        raise options.unfit("client", f"is not taken: {wrong.args[0].str()}") from None
    return Topic(consumer, name, rows, mapping, settings)


def _password(options: Options) -> str:
    file = options.path("password_file")
    try:
        return file.read_text().rstrip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise options.unfit("password_file", f"names {file}, which cannot be read") from None


class Topic:
    """One topic, all of its partitions."""

    def __init__(
        self, consumer: Consumer, name: str, rows: int, mapping: Mapped | None, settings: Settings
    ) -> None:
        self._consumer, self._name, self._rows, self._mapping = consumer, name, rows, mapping
        self._settings = settings

    def batches(self, mark: str) -> Iterator[Batch]:
        """Messages from the offsets of the mark on, until every partition has no more. Raises Away."""
        try:
            offsets = self._offsets(mark)
            self._consumer.assign([TopicPartition(self._name, part, at) for part, at in offsets.items()])
            waiting = set(offsets)
            heard = time.monotonic()
            while waiting:
                refused: list[Refusal] = []
                messages = []
                for message in self._consumer.consume(self._rows, timeout=0.5):
                    heard = time.monotonic()
                    error, part, at = message.error(), message.partition(), message.offset()
                    if error is None and part is not None and at is not None:
                        messages.append(message)
                        waiting.add(part)
                        offsets[part] = at + 1
                    elif error is None or part is None:
                        raise KafkaException(error or KafkaError(KafkaError._FAIL))
                    elif error.code() == KafkaError._PARTITION_EOF:
                        waiting.discard(part)
                    elif error.code() == KafkaError._AUTO_OFFSET_RESET:
                        refused.append(self._gone(part, offsets))
                    elif not error.retriable():
                        raise KafkaException(error)
                if messages or refused:
                    yield self._batch(offsets, messages, refused)
                    heard = time.monotonic()
                elif time.monotonic() - heard > _PATIENCE:
                    raise Away(f"the brokers of {self._name} have said nothing for {_PATIENCE:.0f} seconds")
        except KafkaException as why:
            raise Away(f"the topic {self._name} cannot be read: {why.args[0].str()}") from None

    def kept(self, batch: Batch) -> None:
        """Commits the offsets, for whoever watches the lag; a failure is told and changes nothing."""
        places = [TopicPartition(self._name, part, at) for part, at in _read(batch.mark).items() if at >= 0]
        try:
            self._consumer.commit(offsets=places, asynchronous=False)
        except KafkaException as why:
            self._settings.tell(f"offsets of {self._name} could not be committed: {why.args[0].str()}")

    def close(self) -> None:
        """Leaves the brokers."""
        self._consumer.close()

    def _offsets(self, mark: str) -> dict[int, int]:
        """Where each partition is read from; one that is new since the mark, from its beginning."""
        found = self._consumer.list_topics(self._name, timeout=_PATIENCE).topics[self._name]
        if found.error is not None:
            raise KafkaException(found.error)
        known = _read(mark)
        return {part: known.get(part, OFFSET_BEGINNING) for part in sorted(found.partitions)}

    def _gone(self, partition: int, offsets: dict[int, int]) -> Refusal:
        """The broker has no such offset: the messages were deleted before they were read, or the topic made anew."""
        place = TopicPartition(self._name, partition)
        low, _ = self._consumer.get_watermark_offsets(place, timeout=_PATIENCE)
        lost = max(low - offsets[partition], 0)
        place.offset = offsets[partition] = low
        self._consumer.incremental_unassign([place])
        self._consumer.incremental_assign([place])
        reason = f"{lost} messages were deleted before they were read; reading goes on at {low}"
        return Refusal(f"{self._name}[{partition}]", low, "", reason, "a longer retention", "row", lost)

    def _batch(self, offsets: Mapping[int, int], messages: Sequence[Any], refused: list[Refusal]) -> Batch:
        events: list[Mapping[str, Any]] = []
        read = len(messages) + sum(one.rows for one in refused)
        turned = skipped = 0
        for message in messages:
            made, wrongs = self._told(message.value())
            events += made
            where = f"{self._name}[{message.partition()}]"
            refused += [
                Refusal(
                    where, message.offset(), wrong.column, wrong.reason, wrong.right, "row", 0 if nth else 1
                )
                for nth, wrong in enumerate(wrongs)
            ]
            turned += 1 if made and not wrongs else 0
            skipped += 0 if made or wrongs else 1
        mark = json.dumps({"offsets": {str(part): at for part, at in offsets.items()}})
        return Batch(mark, events, refused, read, turned, skipped, self._name)

    def _told(self, value: bytes | None) -> tuple[list[Mapping[str, Any]], Sequence[Wrong]]:
        """The events of one message; a message without a value (a tombstone) has none."""
        if not value:
            return [], ()
        found = event_in(value)
        if isinstance(found, Wrong):
            return [], [found]
        if self._mapping is not None:
            row = {name.casefold(): held for name, held in found.items()}
            missing = self._mapping.missing(row)
            turned = self._mapping.turn(row | {name.casefold(): None for name in missing})
            return list(turned.events), turned.wrong
        wrong = unsendable(found)
        return ([found], ()) if wrong is None else ([], [wrong])


def _read(mark: str) -> dict[int, int]:
    """The offsets of a mark; none of one that cannot be read: what comes twice is a duplicate."""
    try:
        return {int(part): int(at) for part, at in json.loads(mark)["offsets"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}
