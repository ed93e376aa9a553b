"""A records system's own list beside what the gateway knows: what is missing, stale, newer, unknown or differs.

Both sides go through a database in a temporary file that vanishes with the process, so any number of entities needs
the same memory.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trackmycrime.feed.connectors.ndjson import lines_in
from trackmycrime.feed.connectors.refusals import Refusal
from trackmycrime.feed.contract import ENTITY_KINDS, subject_key
from trackmycrime.feed.contract.digest import content_digest
from trackmycrime.feed.contract.envelope import MOST_SEQUENCE
from trackmycrime.feed.contract.tidy import Untidy

MISSING, STALE, DIFFERS, NEWER, UNKNOWN = "missing", "stale", "differs", "newer", "unknown"
KINDS = {
    MISSING: "not known here: never sent, or in quarantine",
    STALE: "an older state is known here",
    DIFFERS: "the same sequence, with other content",
    NEWER: "a newer state is known here than the list has",
    UNKNOWN: "known here, and not in the list",
}

_WHOLE = ("crime", "officer", "unit")
_NUMBER = re.compile(r"[0-9]{1,32}")
_TABLES = """
create table own (key text, entity text, subject text, sequence integer, digest text, primary key (key, entity))
  without rowid;
create table here (key text, entity text, subject text, sequence integer, digest text, primary key (key, entity))
  without rowid;
"""
_KEEP = """
insert into {table} values (?, ?, ?, ?, ?) on conflict (key, entity) do update set
  subject = excluded.subject, sequence = excluded.sequence, digest = excluded.digest
where excluded.sequence > sequence
"""
# -1 stands for an entity that was handed over to this source and that it has not told of yet
_DIFFERENCES = """
select o.subject, o.entity, o.sequence, h.sequence,
  case when h.key is null then 'missing' when o.sequence > h.sequence then 'stale'
       when o.sequence < h.sequence then 'newer' else 'differs' end
from own o left join here h on h.key = o.key and h.entity = o.entity
where h.key is null or o.sequence <> h.sequence or (o.digest is not null and o.digest <> h.digest)
union all
select h.subject, h.entity, null, h.sequence, 'unknown' from here h
where not exists (select 1 from own o where o.key = h.key and o.entity = h.entity)
"""
_WANTED = """
select h.sequence from own o left join here h on h.key = o.key and h.entity = o.entity
where o.key = ? and o.entity = ? and (h.key is null or o.sequence > h.sequence)
"""


@dataclass(frozen=True)
class Difference:
    """One entity that is not the same on both sides; a sequence is None where that side does not have it."""

    what: str
    subject: str
    entity: str
    theirs: int | None
    here: int | None

    def as_dict(self) -> dict[str, Any]:
        """As it is told to scripts; sequences as the contract writes them."""
        sequences = (None if n is None or n < 0 else str(n) for n in (self.theirs, self.here))
        told = dict(zip(("sequence", "sequence_here"), sequences, strict=True))
        return {"what": self.what, "subject": self.subject, "entity": self.entity, **told}


@dataclass(frozen=True)
class _Stated:
    """One line of the list: an entity at a sequence. `event`: the line is an event that can be sent."""

    subject: str
    entity: str
    sequence: int
    digest: str | None
    event: bool


class Comparison:
    """One comparison. `refused` are the lines that could not be read."""

    def __init__(self) -> None:
        self._kept = sqlite3.connect("")  # in a temporary file of SQLite's own, as soon as it is large
        self._kept.executescript(_TABLES)
        self.refused: list[Refusal] = []
        self.lines = 0
        self.events = 0

    def read(self, paths: Iterable[Path]) -> None:
        """Take in the list: NDJSON files of events, or of ``{"subject", "entity", "sequence", "digest"}``."""
        with self._kept:
            self._kept.executemany(
                _KEEP.format(table="own"),
                (
                    (subject_key(one.subject), one.entity, one.subject, one.sequence, one.digest)
                    for _, one in self._stated(paths, told=True)
                ),
            )

    def known(self, page: Iterable[Mapping[str, Any]]) -> None:
        """Take in a page of what the gateway knows. Raises KeyError, ValueError for what its contract does not have."""
        rows = [
            (
                subject_key(one["subject"]),
                one["entity"],
                one["subject"],
                -1 if one["sequence"] is None else int(one["sequence"]),
                one["digest"],
            )
            for one in page
        ]
        with self._kept:
            self._kept.executemany(_KEEP.format(table="here"), rows)

    def differences(self) -> Iterator[Difference]:
        """What is not the same, entity by entity."""
        for subject, entity, theirs, here, what in self._kept.execute(_DIFFERENCES):
            yield Difference(what, subject, entity, theirs, here)

    def sums(self) -> dict[str, int]:
        """How many entities there are on each side, how many are the same, and how many differ in which way."""
        of = Counter(one.what for one in self.differences())
        own, here = self._kept.execute(
            "select (select count(*) from own), (select count(*) from here)"
        ).fetchone()
        same = own - sum(of[what] for what in KINDS if what != UNKNOWN)
        return {"own": own, "here": here, "same": same, **{what: of[what] for what in KINDS}}

    def write_again(self, paths: Iterable[Path], out: Path) -> int:
        """Write the events that mend what is missing or stale, in the list's order, whole or not; says how many."""
        part, count = out.with_name(out.name + ".part"), 0
        with part.open("wb") as file:
            for text, one in self._stated(paths, told=False):
                if not one.event:
                    continue
                found = self._kept.execute(_WANTED, (subject_key(one.subject), one.entity)).fetchone()
                if found and (found[0] is None or one.sequence > found[0]):
                    file.write(text.strip() + b"\n")
                    count += 1
            file.flush()
            os.fsync(file.fileno())
        part.replace(out)
        return count

    def _stated(self, paths: Iterable[Path], *, told: bool) -> Iterator[tuple[bytes, _Stated]]:
        for path in paths:
            for line in lines_in(path):
                if isinstance(line, Refusal):
                    self.refused += [line] if told else []
                    continue
                try:
                    one = _read(line.value)
                except (ValueError, Untidy) as why:
                    right = "an event, or subject, entity, sequence and digest as `state` gives them"
                    self.refused += [Refusal(str(path), line.number, "", str(why), right)] if told else []
                    continue
                self.lines += told
                self.events += told and one.event
                yield line.text, one


def _read(value: Mapping[str, Any]) -> _Stated:
    """What a line of the list says. Raises ValueError, Untidy."""
    subject, sequence = value.get("subject"), value.get("sequence")
    if not isinstance(subject, str) or not subject.strip():
        raise ValueError("/subject is not there")
    text = str(sequence).strip() if isinstance(sequence, str | int) and not isinstance(sequence, bool) else ""
    if not _NUMBER.fullmatch(text) or int(text) > MOST_SEQUENCE:
        raise ValueError("/sequence is not a decimal integer")
    if "type" not in value:
        entity, digest = value.get("entity"), value.get("digest")
        if not isinstance(entity, str) or entity.partition(":")[0] not in ENTITY_KINDS:
            raise ValueError("/entity is none of the contract's")
        if not (digest is None or isinstance(digest, str)):
            raise ValueError("/digest is not a string")
        return _Stated(
            subject.strip(), entity.strip(), int(text), digest and digest.strip().lower(), event=False
        )
    kind, data = str(value["type"]).strip().partition(".")[0], value.get("data")
    if kind not in ENTITY_KINDS or not isinstance(data, dict):
        raise ValueError("/type or /data is none of the contract's")
    if kind not in _WHOLE:
        key = data.get(kind)
        if not isinstance(key, str) or not key.strip():
            raise ValueError(f"/data/{kind} is not there")
        kind = f"{kind}:{key.strip()}"
    digest = content_digest(str(value["type"]).strip(), data)
    return _Stated(subject.strip(), kind, int(text), digest, event=True)
