"""The gateway's process."""

from .base import *
from .base import door_database

DOOR = "gateway"
DATABASES = door_database(DOOR)
ROOT_URLCONF = "trackmycrime.gateway.urls"
MIDDLEWARE = ["trackmycrime.config.middleware.SafeHeaders"]
