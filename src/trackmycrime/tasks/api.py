"""The verbs of this room: open a task, record that it is done, withdraw what is needless."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from trackmycrime.kernel import setwise
from trackmycrime.kernel.ids import new_id

from .models import Task


@dataclass(frozen=True)
class Need:
    """Something that a person must do. `kind` is a word of `wording` («task.<kind>»); `once` names the occasion."""

    kind: str
    once: str
    crime_id: UUID | None = None
    victim_id: UUID | None = None
    officer_id: str = ""
    unit_id: str = ""
    due_at: datetime | None = None
    detail: dict[str, Any] = field(default_factory=dict)


def open_tasks(force: int, needs: Sequence[Need], *, now: datetime) -> int:
    """Open a task for each need that is not open already; returns how many are new."""
    rows = [
        {
            "id": new_id(),
            "kind": need.kind,
            "once": need.once,
            "crime_id": need.crime_id,
            "victim_id": need.victim_id,
            "officer_id": need.officer_id,
            "unit_id": need.unit_id,
            "due_at": need.due_at,
            "detail": need.detail,
        }
        for need in needs
    ]
    columns = list(rows[0]) if rows else []
    return len(
        setwise.insert(
            "tasks_task",
            columns,
            rows,
            same={"force_id": force, "created_at": now},
            conflict="on conflict (force_id, kind, once) where done_at is null do nothing",
            returning="id",
        )
    )


def done(force: int, task_id: UUID, *, by: UUID, note: str, now: datetime) -> Task | None:
    """Record that a person did it. Returns None when the task is not open in this force."""
    task = Task.objects.select_for_update().filter(force_id=force, id=task_id, done_at=None).first()
    if task is None:
        return None
    task.done_at, task.done_by, task.note = now, by, note or None
    task.save(update_fields=["done_at", "done_by", "note"])
    return task


def needless(force: int, kind: str, victim_ids: Sequence[UUID], *, now: datetime) -> None:
    """Close open tasks of one kind for these victims, because what they asked for has happened by itself."""
    Task.objects.filter(force_id=force, kind=kind, victim_id__in=victim_ids, done_at=None).update(
        done_at=now, detail={"closed": "by itself"}
    )


def needless_but(kind: str, still: Sequence[str], *, now: datetime) -> None:
    """Close the open tasks of one kind whose occasion is not among those that still stand, in all forces."""
    Task.objects.filter(kind=kind, done_at=None).exclude(once__in=still).update(
        done_at=now, detail={"closed": "by itself"}
    )
