"""Extracts as data.police.uk writes them, with made-up rows."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from trackmycrime.feed.connectors import police_uk
from trackmycrime.feed.connectors.refusals import Refusal

STREET = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,"
    "Crime type,Last outcome category,Context"
)
OUTCOMES = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Outcome type"
)


def crime_id(number: int) -> str:
    """A Crime ID as they look: 64 hexadecimal characters."""
    return hashlib.sha256(f"crime {number}".encode()).hexdigest()


def street(
    id_: str,
    month: str = "2021-05",
    type_: str = "Burglary",
    status: str = "Under investigation",
    place: str = "On or near Larch Close",
) -> str:
    """A row of a street file."""
    where = "-2.5,51.4" if place else ","
    return f"{id_},{month},Kent Police,Kent Police,{where},{place},E01014399,Ashford 001A,{type_},{status},"


def outcome(id_: str, month: str = "2021-06", label: str = "Suspect charged") -> str:
    """A row of an outcomes file."""
    return f"{id_},{month},Kent Police,Kent Police,,,No location,,,{label}"


def write(
    folder: Path,
    name: str,
    rows: Iterable[str],
    *,
    header: str | None = None,
    end: str = "\r\n",
    start: bytes = b"",
) -> Path:
    """Write a file of rows; gzipped when its name says so."""
    header = header if header is not None else (STREET if "street" in name else OUTCOMES)
    content = start + "".join(line + end for line in (header, *rows)).encode()
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


def told(
    paths: Sequence[Path], force: str = "kent", *, made_up: bool = False, release: int | None = None
) -> tuple[list[dict[str, Any]], list[Refusal], police_uk.Counts]:
    """The events of the extracts, what was refused, and the counts of rows."""
    refused: list[Refusal] = []
    with police_uk.Reading(force, made_up) as reading:
        for file in police_uk.find(paths, release):
            reading.add(file, refused.append)
        events = [made.event for made in reading.events()]
    return events, refused, reading.counts


def final(events: Iterable[dict[str, Any]], type_: str = "crime.changed") -> dict[str, dict[str, Any]]:
    """What the gateway would hold in the end, whatever the order: the highest sequence by subject."""
    state: dict[str, dict[str, Any]] = {}
    for event in events:
        before = state.get(event["subject"])
        if event["type"] == type_ and (before is None or int(event["sequence"]) > int(before["sequence"])):
            state[event["subject"]] = event
    return {subject: event["data"] for subject, event in state.items()}


def reference(number: int, force: str = "kent") -> str:
    """The reference of a crime of `crime_id`."""
    return police_uk.reference_of(force, bytes.fromhex(crime_id(number)))
