"""``DIR/run.json``: how commands find the server that another process runs on the same data."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from trackmycrime.ops.embedded.address import Address


@dataclass(frozen=True)
class Running:
    """The process in charge, where its database listens, whether the tables are there.

    ``doors`` are the addresses under which people find the doors.
    """

    pid: int
    prefix: str
    address: Address
    doors: Mapping[str, str] = field(default_factory=dict)
    migrated: bool = False


def write(data: Path, running: Running) -> None:
    """Write the record whole, readable by its owner only. It holds no secret."""
    new = data / ".run.json"
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(asdict(running), file)
    new.replace(data / "run.json")


def read(data: Path) -> Running | None:
    """The record, or None when there is none that can be read."""
    try:
        kept = json.loads((data / "run.json").read_text("utf-8"))
        return Running(**{**kept, "address": Address(**kept["address"])})
    except (OSError, ValueError, KeyError, TypeError):
        return None


def forget(data: Path) -> None:
    """Remove the record."""
    (data / "run.json").unlink(missing_ok=True)
