"""The worker: what leaves the machine, and what waits for its hour."""

from .base import *
from .base import door_database

DOOR = "worker"
DATABASES = door_database(DOOR)
