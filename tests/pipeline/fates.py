"""What the contract says becomes of each event, thought out once more: a small model that shares no code with the feed.

`Fates.deliver` is given what is sent and says what must be answered. It knows an event by what makes its fate: who
sends it, its id and content, what it is about, its sequence, and what it names.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

_DULL = frozenset({"offence", "place", "reported_at", "email", "mobile", "name", "role", "language"})


@dataclass(eq=False, repr=False)
class Said:
    """One event as a source sends it; `refused` is what the contract alone has against it."""

    source: str
    body: dict[str, Any]
    refused: str = ""
    fate: str = ""
    misses: str = ""

    def __repr__(self) -> str:
        body = self.body
        shown = ("subject", "sequence", "time")
        data = {name: value for name, value in body["data"].items() if name not in _DULL}
        return f"<{self.source} {body['type']} {[body[name] for name in shown]} {data} {self.refused}>"

    @property
    def id(self) -> str:
        return str(self.body["id"])

    @property
    def content(self) -> str:
        return json.dumps(self.body, sort_keys=True)

    @property
    def sequence(self) -> int:
        return int(self.body["sequence"])

    @property
    def about(self) -> str:
        """What it is about, by its name: ``kind:subject:id``."""
        kind, data = self.body["type"].partition(".")[0], self.body["data"]
        return f"{kind}:{self.body['subject'].casefold()}:{data.get(kind, '')}"

    @property
    def names(self) -> list[str]:
        """What must be known before it, in the order in which it is asked for."""
        type_, data = self.body["type"], self.body["data"]
        if type_ in ("officer.changed", "unit.changed"):
            return []
        subject = self.body["subject"].casefold()
        named = [] if type_ == "crime.changed" else [f"crime:{subject}:"]
        if data.get("merged_into"):
            named.append(f"crime:{data['merged_into'].casefold()}:")
        if type_ == "victim.withdrawn":
            named.append(self.about)
        if type_ == "message.sent":
            named.append(f"victim:{subject}:{data['victim']}")
        return named + [f"victim:{subject}:{person}" for person in data.get("victims") or ()]


@dataclass
class Fates:
    """All that one force was ever sent."""

    kept: list[Said] = field(default_factory=list)
    newest: dict[str, int] = field(default_factory=dict)
    owner: dict[str, str] = field(default_factory=dict)
    used: set[tuple[str, int]] = field(default_factory=set)
    before: dict[tuple[str, str], list[Said]] = field(default_factory=lambda: defaultdict(list))

    @property
    def accepted(self) -> list[Said]:
        """What is in, the superseded ones too."""
        return [one for one in self.kept if one.fate in ("applied", "superseded")]

    @property
    def waiting(self) -> list[Said]:
        """What waits for something that has not arrived."""
        return [one for one in self.kept if one.misses]

    def deliver(self, sent: Sequence[Said]) -> list[str]:
        """One delivery; the answers, in the order sent."""
        queue: list[Said] = []
        answers: list[Said | None] = []
        stored = self.waiting
        for one in sent:
            seen = self.before[one.source, one.id]
            if any(other.content == one.content for other in seen):
                answers.append(None)
                continue
            if one.refused:
                one.fate = one.refused
            elif any(not other.refused for other in seen):
                one.fate = "id-reused"
            else:
                queue.append(one)
            seen.append(one)
            self.kept.append(one)
            answers.append(one)
        here: list[Said] = []  # what has been looked at in this delivery and waits
        fresh = self._take(queue, here)
        while fresh:
            ready = sorted((one for one in stored if one.misses in fresh), key=lambda w: w.sequence)
            stored = [one for one in stored if one not in ready]
            fresh = self._take(ready, here)
        return [one.fate if one else "duplicate" for one in answers]

    def would_wait_with(self, one: Said, batch: Sequence[Said]) -> bool:
        """Whether it waits beside another with its sequence: which of the two counts, the contract leaves open."""
        if one.refused or all(name in self.newest for name in one.names):
            return False
        rivals = (other for other in (*self.waiting, *batch) if not other.refused)
        return any((rival.about, rival.sequence) == (one.about, one.sequence) for rival in rivals)

    def _take(self, queue: Iterable[Said], here: list[Said]) -> set[str]:
        fresh, queue = set(), list(queue)
        while queue:
            one = queue.pop(0)
            one.misses = ""
            one.fate = self._fate(one)
            if one.fate == "waiting-for-crime":
                one.misses = next(name for name in one.names if name not in self.newest)
                here.append(one)
            elif one.fate in ("applied", "superseded"):
                self.used.add((one.about, one.sequence))
                self.owner.setdefault(one.about, one.source)
                if one.about not in self.newest:
                    fresh.add(one.about)
                    released = sorted((w for w in here if w.misses == one.about), key=lambda w: w.sequence)
                    here[:] = [w for w in here if w not in released]
                    queue[:0] = released
                self.newest[one.about] = max(self.newest.get(one.about, -1), one.sequence)
        return fresh

    def _fate(self, one: Said) -> str:
        if self.owner.get(one.about, one.source) != one.source:
            return "not-allowed"
        if (one.about, one.sequence) in self.used:
            return "sequence-reused"
        if any(name not in self.newest for name in one.names):
            return "waiting-for-crime"
        return "superseded" if one.sequence < self.newest.get(one.about, -1) else "applied"
