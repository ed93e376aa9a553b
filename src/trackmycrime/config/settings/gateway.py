"""The gateway's process."""

from .base import *
from .base import database, door_url

DOOR = "gateway"
DATABASES = {"default": database(door_url(DOOR))}
ROOT_URLCONF = "trackmycrime.gateway.urls"
MIDDLEWARE = ["trackmycrime.config.middleware.SafeHeaders"]
