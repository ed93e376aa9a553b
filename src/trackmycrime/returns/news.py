"""What the records system is told of each thing, and in which words: `data` of each type (docs/returns.md)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from .adding import News


class Message(Protocol):
    """What a victim wrote."""

    id: UUID
    victim_id: UUID
    text: Any
    written_at: datetime
    access_id: UUID | None


class ContactChange(Protocol):
    """How a victim chose to be told."""

    id: UUID
    victim_id: UUID
    channel: str
    language: str
    pace: str
    agreed_days: int | None
    email: Any
    mobile: Any
    changed: Any
    at: datetime


class Undelivered(Protocol):
    """An alert that no safe way was left for."""

    @property
    def alert_id(self) -> UUID: ...
    @property
    def victim_id(self) -> UUID: ...
    @property
    def about(self) -> str: ...
    @property
    def tried(self) -> Sequence[dict[str, str]]: ...


def of_messages(messages: Iterable[Message]) -> list[News]:
    """``message.received``"""
    return [
        News(
            "message.received", one.id, one.victim_id, one.written_at,
            {"message": str(one.id), "text": one.text} | ({"by_helper": True} if one.access_id else {}),
        )
        for one in messages
    ]  # fmt: skip


def of_contacts(changes: Iterable[ContactChange]) -> list[News]:
    """``contact.changed``"""
    return [
        News(
            "contact.changed", one.id, one.victim_id, one.at,
            {
                "preferred_channel": one.channel or None, "language": one.language or None, "pace": one.pace or None,
                "update_days": one.agreed_days, "email": one.email, "mobile": one.mobile, "changed": one.changed,
            },
        )
        for one in changes
    ]  # fmt: skip


def of_undelivered(alerts: Iterable[Undelivered], *, now: datetime) -> list[News]:
    """``alert.undeliverable``"""
    return [
        News(
            "alert.undeliverable", one.alert_id, one.victim_id, now,
            {"alert": str(one.alert_id), "about": one.about, "tried": list(one.tried)},
        )
        for one in alerts
    ]  # fmt: skip
