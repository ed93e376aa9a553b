"""The worker: what leaves the machine, and what waits for its hour."""

from .base import *
from .base import database, door_url

DOOR = "worker"
DATABASES = {"default": database(door_url(DOOR))}
