"""WSGI application of the desk."""

from trackmycrime.config import door

application = door.application("desk")
