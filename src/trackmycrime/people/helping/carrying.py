"""Access goes where the part goes that it was given for: along with a merged crime, and home again when that is undone.

It is the same row, so until when, what they may, who gave it, and by whose word it ends stay what they were.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from trackmycrime.audit import api as audit
from trackmycrime.kernel import setwise


@dataclass(frozen=True)
class Link:
    """That a person's part in one crime is, by a merge, their part in another."""

    start: UUID
    end: UUID
    goes: bool
    """Whether whoever was let in to the one may see the other (`feed.records.merging`); who is there already stays"""


_STANDING = """
select id, victim_id, carried_from, account_id, organisation_id from people_access
where force_id = %s and ended_at is null and (victim_id = any(%s) or victim_id in (
    select unnest(b.carried_from) from people_access b where b.victim_id = any(%s)))
order by given_at, id for update"""
_CRIMES = "select id, crime_id from people_victim where force_id = %s and id = any(%s)"


def carry(force_id: int, links: Iterable[Link], worked_out: Collection[UUID], *, now: datetime) -> int:
    """Bring access to where it belongs; says how much was moved. `worked_out`: the parts of which all links are known.

    Where the same person or organisation has access of its own already, that stands, and nothing is moved there: what
    should go home ends instead.
    """
    known = {link.start: link for link in links}
    parts = sorted({*known, *worked_out})
    if not parts:
        return 0
    standing = setwise.fetch(_STANDING, [force_id, parts, parts])
    taken = {(row["victim_id"], _who(row)) for row in standing}
    moved: dict[UUID, list[UUID]] = {}
    ended, acts = [], []
    for row in standing:
        path = _path(row, known, worked_out, taken)
        if path[-1] == row["victim_id"]:
            continue
        if (path[-1], _who(row)) in taken:  # given anew at home meanwhile
            ended.append({"id": row["id"], "ended_at": now, "ended_why": "moved"})
            detail = {"access": str(row["id"]), "why": "moved"}
            acts.append(audit.Act("access.ended", "victim", str(row["victim_id"]), detail))
            continue
        taken.add((path[-1], _who(row)))
        moved[row["id"]] = path
        detail = {"access": str(row["id"]), "from": str(row["victim_id"])}
        acts.append(audit.Act("access.carried", "victim", str(path[-1]), detail))
    if moved:
        there = sorted({path[-1] for path in moved.values()})
        crimes = {row["id"]: row["crime_id"] for row in setwise.fetch(_CRIMES, [force_id, there])}
        rows = [
            {"id": id_, "victim_id": path[-1], "crime_id": crimes[path[-1]], "carried_from": path[:-1]}
            for id_, path in moved.items()
        ]
        columns = ["victim_id", "crime_id", "carried_from"]
        setwise.update("people_access", ["id"], columns, rows, where="t.ended_at is null")
    setwise.update("people_access", ["id"], ["ended_at", "ended_why"], ended, where="t.ended_at is null")
    if acts:
        audit.record(audit.SYSTEM, acts, force=force_id, now=now)
    return len(moved)


def _path(
    row: dict[str, Any],
    links: dict[UUID, Link],
    worked_out: Collection[UUID],
    taken: set[tuple[UUID, UUID]],
) -> list[UUID]:
    """The parts that this access passed, with the one that it belongs to now as the last."""
    path = [*row["carried_from"], row["victim_id"]]
    for n, (start, end) in enumerate(pairwise(path), start=1):
        link = links.get(start)
        if end in worked_out and (link is None or link.end != end):
            path = path[:n]  # what carried it there is undone
            break
    while (link := links.get(path[-1])) and link.goes and (link.end, _who(row)) not in taken:
        path.append(link.end)
    return path


def _who(row: dict[str, Any]) -> UUID:
    """Whose it is; of who has not taken it up nobody knows, and two of those do not meet."""
    who: UUID = row["organisation_id"] or row["account_id"] or row["id"]
    return who
