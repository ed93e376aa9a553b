"""Quarantined events in the words of the desk."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from trackmycrime.desk import words
from trackmycrime.desk.words_of_events import FATES, PROBLEMS
from trackmycrime.feed.models import Handling, Source
from trackmycrime.feed.quarantine import Found, Look

PAGE = 25


@dataclass(frozen=True)
class Row:
    """One event of a list."""

    id: UUID
    source: str
    type: str
    subject: str
    sequence: int | None
    problem: str
    detail: str
    """What is wrong, as the source was told; in English"""
    when: str
    waits: str
    late: bool


@dataclass(frozen=True)
class Asked:
    """What was last asked to be done, and what became of it; `over` is False while it is being done."""

    words: str
    when: str
    over: bool


def sources(force: int) -> list[tuple[str, str]]:
    """The sources of a force, by id as text."""
    rows = Source.objects.filter(force_id=force).order_by("name").values_list("id", "name")
    return [(str(id), name) for id, name in rows]


def row(one: Found, now: datetime) -> Row:
    """One event, in words."""
    waits = ""
    if one.waits_for:
        kind = {"crime": _("a crime"), "victim": _("a victim"), "update": _("an update")}
        waits = kind.get(one.waits_for.partition(":")[0], _("another event"))
    return Row(
        id=one.id,
        source=one.source,
        type=one.type or _("Type not known"),
        subject=one.subject,
        sequence=one.sequence,
        problem=words.said(PROBLEMS, one.problem.get("type", "")),
        detail=one.problem.get("detail", ""),
        when=words.moment(one.received_at, now),
        waits=waits,
        late=one.waits_long,
    )


def rows(found: Iterable[Found], now: datetime) -> list[Row]:
    """Several events, in words."""
    return [row(one, now) for one in found]


def busy(force: int, event: UUID) -> bool:
    """Whether something was asked to be done with this event that is not done yet."""
    return Handling.objects.filter(force_id=force, event_id=event, done_at=None).exists()


def asked(one: Handling | None, now: datetime) -> Asked | None:
    """What was last asked, in words."""
    if one is None:
        return None
    act = {
        "mend": _("Mend"), "replay": _("Replay"), "drop": _("Drop")
    }.get(one.act, one.act)  # fmt: skip
    when = words.moment(one.done_at or one.asked_at, now)
    if one.done_at is None:
        return Asked(_("%(act)s: being done.") % {"act": act}, when, over=False)
    if one.event_id is None:
        fates = [f"{words.said(FATES, fate)[:-1]}: {count:,}" for fate, count in sorted(one.outcome.items())]
        return Asked(f"{act}. " + "; ".join(fates), when, over=True)
    fates = [words.said(FATES if fate in FATES else PROBLEMS, fate) for fate in one.outcome] or (
        [str(FATES["dropped"])] if one.act == "drop" else []
    )
    return Asked(f"{act}. " + " ".join(fates), when, over=True)


def beginning(look: Look) -> dict[str, Any]:
    """A patch to begin with: empty places for what is wrong or was not kept; none where a field must go."""
    patch: dict[str, Any] = {}
    if look.found.problem.get("type") == "unknown-field":
        return patch
    for pointer in [look.found.problem.get("pointer", ""), *look.dropped]:
        steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
        if not steps or any(step.isdecimal() for step in steps) or steps == ["data"]:
            continue
        inner = patch
        for step in steps[:-1]:
            inner = inner.setdefault(step, {})
            if not isinstance(inner, dict):
                break
        else:
            inner.setdefault(steps[-1], "")
    return patch
