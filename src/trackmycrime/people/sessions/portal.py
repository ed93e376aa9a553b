"""Sessions of victims: short, for they may share the device."""

from datetime import timedelta

from trackmycrime.people.models import PortalSession

from .store import Store


class SessionStore(Store):
    model = PortalSession
    lives = timedelta(hours=2)
    idle = timedelta(minutes=30)
