"""Made-up events, forces and sources for tests. People here do not exist."""

from datetime import UTC, datetime, timedelta
from typing import Any

from trackmycrime.feed.accept import Source, digest_key
from trackmycrime.feed.contract import Event, Line, Refusal, judge
from trackmycrime.feed.models import Source as SourceRow
from trackmycrime.forces.models import Force

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
START = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)


AT_ANY_HOUR = {"quiet_from": "00:00", "quiet_to": "00:00", "gather_minutes": 0}
"""The policy of a force that tells each thing when it comes: for tests that meet the real clock."""


def make_force(slug: str = "avon-and-somerset", languages: tuple[str, ...] = ("en",), **policy: Any) -> Force:
    """A force with the given policy, that tells at any hour."""
    return Force.objects.create(
        slug=slug, name=slug.replace("-", " ").title(), name_cy="Heddlu" if "cy" in languages else "",
        languages=list(languages), policy=AT_ANY_HOUR | policy, created_at=START,
    )  # fmt: skip


def make_source(force: Force, name: str = "Niche", live_from: datetime | None = None) -> Source:
    """A source of that force; every event is live unless `live_from` says otherwise."""
    row = SourceRow.objects.create(force=force, name=name, live_from=live_from, created_at=START)
    return Source(row.id, force.id, row.name, row.live_from, None)


def event(
    type_: str,
    subject: str,
    sequence: int,
    data: dict[str, Any],
    *,
    id: str = "",
    time: datetime | None = None,
) -> dict[str, Any]:
    """One CloudEvent as a records system sends it; by default a minute of November for each sequence."""
    return {
        "specversion": "1.0",
        "id": id or f"{type_}/{subject}/{_about(type_, data)}/{sequence}",
        "source": "https://rms.example.org",
        "type": type_,
        "subject": subject,
        "time": (time or START + timedelta(minutes=sequence)).isoformat(),
        "sequence": str(sequence),
        "data": data,
    }


def _about(type_: str, data: dict[str, Any]) -> str:
    kind = type_.partition(".")[0]
    return str(data.get(kind) or data.get("victim") or data.get("update") or "")


def crime(subject: str, sequence: int, **changes: Any) -> dict[str, Any]:
    """A `crime.changed` of an ordinary burglary; `changes` go over its data."""
    time = changes.pop("time", None)
    data = {
        "offence": {"code": "028/03", "name": "Burglary in a dwelling", "category": "burglary"},
        "reported_at": "2026-11-01",
        "place": "On or near Gloucester Road",
        "stage": "reported",
        "flags": [],
    }
    return event("crime.changed", subject, sequence, data | changes, time=time)


def victim(subject: str, sequence: int, person: str = "P1", **changes: Any) -> dict[str, Any]:
    """A `victim.changed` with an email and a mobile of nobody."""
    time = changes.pop("time", None)
    data = {
        "victim": person,
        "role": "victim",
        "name": "Rhian Example",
        "email": f"{person.lower()}@example.org",
        "mobile": "07700 900123",
        "language": "en",
    }
    return event("victim.changed", subject, sequence, data | changes, time=time)


def update(subject: str, sequence: int, update_id: str, milestone: str, **changes: Any) -> dict[str, Any]:
    """An `update.published`."""
    time = changes.pop("time", None)
    data = {
        "update": update_id,
        "milestone": milestone,
        "happened_at": (time or START + timedelta(minutes=sequence)).isoformat(),
    }
    return event("update.published", subject, sequence, data | changes, time=time)


def hearing(subject: str, sequence: int, id: str = "H1", **changes: Any) -> dict[str, Any]:
    """A `hearing.changed`: listed for 3 December unless `changes` say otherwise (None takes a field away)."""
    data = {
        "hearing": id,
        "type": "Plea hearing",
        "court": {"name": "Bristol Crown Court", "address": "Small Street, Bristol BS1 1DA"},
        "starts_at": "2026-12-03T10:00:00Z",
        "attendance": "may_attend",
        "status": "listed",
    }
    time = changes.pop("time", None)
    return event("hearing.changed", subject, sequence, data | changes, time=time)


def belonging(subject: str, sequence: int, status: str, id: str = "I1", **changes: Any) -> dict[str, Any]:
    """A `property.changed` of a bicycle."""
    data = {
        "property": id,
        "description": "Blue bicycle",
        "status": status,
        "value": "349.99",
        "serial": "WTU-0042",
    }
    time = changes.pop("time", None)
    return event("property.changed", subject, sequence, data | changes, time=time)


def message(subject: str, sequence: int, text: str, id: str = "M1", **changes: Any) -> dict[str, Any]:
    """A `message.sent` to the victim P1."""
    time = changes.pop("time", None)
    data = {"message": id, "victim": "P1", "officer": "DC9", "unit": "BBT", "text": text}
    return event("message.sent", subject, sequence, data | changes, time=time)


def judged(*events: Any, now: datetime = NOW) -> list[Event | Refusal]:
    """The events as the gateway hands them on."""
    return [
        judge(Line(n, e), now=now, allowed_types=None, digest_key=digest_key()) for n, e in enumerate(events)
    ]
