"""For `migrate` and the commands that administer: the owner's login. No door ever runs with it."""

from .base import *
from .base import database, need

DOOR = "owner"
DATABASES = {"default": database(need("TMC_DATABASE_URL"))}
