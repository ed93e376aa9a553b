"""WSGI application of the portal."""

from trackmycrime.config import door

application = door.application("portal")
