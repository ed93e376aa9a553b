"""Sessions of officers: as long as a shift, and gone when nobody is at the desk."""

from datetime import timedelta

from trackmycrime.people.models import DeskSession

from .store import Store


class SessionStore(Store):
    model = DeskSession
    lives = timedelta(hours=10)
    idle = timedelta(minutes=45)
