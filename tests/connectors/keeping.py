"""An agent in miniature: keeps batches and marks as the protocol says, and can be stopped at any step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trackmycrime.feed.connectors.protocol import Batch, Connector
from trackmycrime.feed.connectors.refusals import Refusal


@dataclass
class Kept:
    """What is on the disk of an agent."""

    mark: str = ""
    events: list[Mapping[str, Any]] = field(default_factory=list)
    refused: list[Refusal] = field(default_factory=list)
    batches: list[Batch] = field(default_factory=list)

    @property
    def ids(self) -> set[str]:
        """The events that the gateway would have: it knows repeats by their ids."""
        return {event["id"] for event in self.events}

    @property
    def sums(self) -> tuple[int, int, int]:
        """Read, turned, skipped."""
        return tuple(
            sum(getattr(batch, of) for batch in self.batches) for of in ("read", "turned", "skipped")
        )  # type: ignore[return-value]

    def drain(self, connector: Connector, most: int | None = None, *, say: bool = True) -> None:
        """Take batches until there are none, or `most`; the last of those is kept, and told unless not `say`."""
        for number, batch in enumerate(connector.batches(self.mark), start=1):
            assert batch.mark.isascii()
            assert batch.read == batch.turned + batch.skipped + sum(one.rows for one in batch.refused)
            self.mark = batch.mark
            self.events += batch.events
            self.refused += batch.refused
            self.batches.append(batch)
            if say or number != most:
                connector.kept(batch)
            if number == most:
                break
