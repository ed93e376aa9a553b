"""The union of all doors' rooms on the owner's login; door clients switch role and urls (tests/support/doors.py)."""

import os

from . import base
from .base import *

DOOR = "owner"
DATABASES = {"default": base.database(base.need("TMC_DATABASE_URL"))}
DATABASES["default"]["CONN_MAX_AGE"] = 0
INSTALLED_APPS = [*base.INSTALLED_APPS, "trackmycrime.portal", "trackmycrime.desk"]
ROOT_URLCONF = os.environ.get("TMC_TEST_URLCONF", "trackmycrime.gateway.urls")
AUTHENTICATION_BACKENDS = [
    "trackmycrime.people.backends.VictimBackend",
    "trackmycrime.people.backends.StaffBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
