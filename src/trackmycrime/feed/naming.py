"""What an event is about, and what must have arrived before it, as names that can be looked up and waited for."""

from typing import Any

from .contract import Entity, Event, subject_key


def name_of(entity: Entity) -> str:
    """The one text that names an entity: ``kind:subject:id``."""
    return f"{entity.kind}:{entity.subject_key}:{entity.id}"


def crime_named(subject: str) -> str:
    """The entity name of a crime, by its reference compared without case."""
    return f"crime:{subject}:"


def needs(event: Event) -> list[str]:
    """The entities that must have arrived before this event can be applied, in the order to wait for them."""
    if event.entity.kind in ("officer", "unit"):
        return []
    crime = crime_named(event.subject_key)
    wanted = [] if event.type == "crime.changed" else [crime]
    data: Any = event.data
    if event.type == "crime.withdrawn" and data.merged_into:
        wanted.append(crime_named(subject_key(data.merged_into)))
    if event.type == "victim.withdrawn":
        wanted.append(name_of(event.entity))
    if event.type == "update.published" and data.victims:
        wanted += [f"victim:{event.subject_key}:{person}" for person in data.victims]
    if event.type == "message.sent":
        wanted.append(f"victim:{event.subject_key}:{data.victim}")
    return wanted
