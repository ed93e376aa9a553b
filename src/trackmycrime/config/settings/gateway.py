"""The gateway's process."""

from .base import *
from .base import TMC_GATEWAY_URL, door_database

DOOR = "gateway"
DOOR_URL = TMC_GATEWAY_URL
DATABASES = door_database(DOOR)
DATABASES["default"]["BY_KEY"] = True
ROOT_URLCONF = "trackmycrime.gateway.urls"
MIDDLEWARE = ["trackmycrime.config.middleware.SafeHeaders", "trackmycrime.config.middleware.WellKnown"]
