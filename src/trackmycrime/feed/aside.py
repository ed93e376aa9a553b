"""Keeping apart what a source in shadow speaks of: its things have names of their own, so that they touch no other's.

The records system that it replaces may speak of the same crimes meanwhile, to victims who see them.
"""

from dataclasses import replace
from typing import Any
from uuid import UUID

from .contract import Event


def apart(source: UUID) -> str:
    """What the names of this source's things begin with. No reference begins with a tilde."""
    return f"~{source.hex[-12:]}~"


def aside(event: Event, source: UUID) -> Event:
    """The event about a thing of this source alone."""
    own = apart(source)
    data: Any = event.data
    if event.type == "crime.withdrawn" and data.merged_into:
        data = data.model_copy(update={"merged_into": own + data.merged_into})
    key = own + event.subject_key
    return replace(event, subject_key=key, data=data, entity=event.entity._replace(subject_key=key))
