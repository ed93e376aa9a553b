"""WSGI application of the gateway."""

from trackmycrime.config import door

application = door.application("gateway")
