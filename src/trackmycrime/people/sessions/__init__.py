"""Sessions of the doors, each in its own table: `portal` and `desk` are what SESSION_ENGINE names."""

from datetime import datetime
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.middleware import SessionMiddleware

from trackmycrime.people.models import Account, DeskSession, PortalSession, ProviderSession, PushDevice

from .own import began, changed
from .store import Store

__all__ = ["SessionMiddleware", "began", "changed", "clear_expired", "end_all"]


def clear_expired(now: datetime) -> int:
    """Delete the sessions that have ended, of both doors; returns how many. The worker calls it."""
    return sum(
        model._default_manager.filter(expires_at__lte=now).delete()[0]
        for model in (PortalSession, DeskSession, ProviderSession)
    )


def end_all(account_id: UUID, *, door: str, but: SessionBase | None = None) -> int:
    """End all sessions of an account at one door (after a new password, or when access ends); returns how many.

    `but` this one. In a transaction, so that one that begins at this moment is ended too. Signed out everywhere is told
    nowhere: a victim's phones are forgotten too.
    """
    Account.objects.select_for_update().filter(pk=account_id).exists()
    if door == "portal":
        PushDevice.objects.filter(account_id=account_id).delete()
    model = PortalSession if door == "portal" else DeskSession
    ended = model._default_manager.filter(account_id=account_id)
    if isinstance(but, Store):
        ended = ended.exclude(key=but.hash_of(but.session_key))
    return int(ended.delete()[0])
