"""Whether, when and how victims are told. The face is `api`, loaded on first use, because it needs the tables."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import (
        Invited,
        Line,
        News,
        cancel_for_crimes,
        lines_for,
        seen,
        send_code,
        send_invitations,
        tell,
        waiting_for_a_channel,
    )

__all__ = [
    "Invited",
    "Line",
    "News",
    "cancel_for_crimes",
    "lines_for",
    "seen",
    "send_code",
    "send_invitations",
    "tell",
    "waiting_for_a_channel",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    from . import api

    return getattr(api, name)
