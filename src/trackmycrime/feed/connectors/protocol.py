"""What a connector is: one input of an agent, read in batches, each with the mark from which reading goes on.

An agent keeps a batch's events and its mark in one step, and says so (`kept`); only then may an input let go of what
it read: move a file away, commit an offset. Killed in between, the batch is read once more, and because an event's id
and sequence follow from what it says, the gateway knows its events as duplicates: nothing is lost, nothing new twice.

A connector is made by a factory under the entry point group `GROUP`; `docs/connectors.md` has a worked example.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from trackmycrime.feed.connectors.refusals import Refusal

GROUP = "trackmycrime.connectors"
"""Entry points of this group are factories, named as a configuration names them (``type = "sql"``)."""


class Unfit(ValueError):
    """A connector's settings cannot be used; the message names the setting and says what would be right."""


class Away(Exception):
    """An input cannot be read now (its database is down, its folder is not mounted); it is tried again later."""


@dataclass(frozen=True, slots=True)
class Batch:
    """What was read at once. ``read = turned + skipped + refused`` rows, always; a row may give no event or several."""

    mark: str
    """Where reading goes on once this is kept; only the connector knows what it means"""
    events: Sequence[Mapping[str, Any]] = ()
    """CloudEvents of the contract, in the order in which they are to be sent"""
    refused: Sequence[Refusal] = ()
    read: int = 0
    turned: int = 0
    skipped: int = 0
    about: str = ""
    """What it was read from, for people: a file's name, a view's"""


class Connector(Protocol):
    """One input, asked again and again for what has come. Used by one thread at a time.

    It is kept from one asking to the next, so it may hold a connection, and know which files still grow. After an
    error it is closed and made anew: whatever must not be forgotten belongs into the mark.
    """

    def batches(self, mark: str) -> Iterator[Batch]:
        """What has come since `mark` ("" the first time), oldest first; ends when there is nothing more now.

        The next batch is asked for only when the one before was kept. Raises Away; and Unfit where only now can be seen
        that the settings cannot be used (a view has no such column).
        """
        ...

    def kept(self, batch: Batch) -> None:
        """The batch's events and mark are on disk: what it was read from may be let go. May be called twice."""
        ...

    def close(self) -> None:
        """Let go of connections and files."""
        ...


@dataclass(frozen=True)
class Settings:
    """What a factory is given: the input's own table of the configuration, and what the agent knows."""

    name: str
    """The input's name, unique in the agent"""
    source: str
    """The CloudEvents `source` of its events, a URI reference"""
    options: Mapping[str, Any]
    """The input's table without ``type`` and what is the agent's own"""
    timezone: str = "Europe/London"
    """Where moments without an offset are from"""
    base: Path = Path()
    """Where relative paths of options begin"""
    tell: Callable[[str], None] = field(default=lambda _: None)
    """For a sentence to the log; never a value of a row"""


Factory = Callable[[Settings], Connector]
"""Makes a connector. Raises Unfit, before anything is read, for settings that cannot be used."""
