"""The desk's process."""

from .base import *
from .base import INSTALLED_APPS, TMC_DESK_URL, door_database

DOOR = "desk"
DATABASES = door_database(DOOR)
INSTALLED_APPS = [*INSTALLED_APPS, "trackmycrime.desk"]
ROOT_URLCONF = "trackmycrime.desk.urls"
SESSION_ENGINE = "trackmycrime.people.sessions.desk"
SESSION_COOKIE_NAME = "desk"
CSRF_COOKIE_NAME = "desk_csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = TMC_DESK_URL.startswith("https:")
CSRF_FAILURE_VIEW = "trackmycrime.desk.views.errors.csrf_failure"
AUTHENTICATION_BACKENDS = ["trackmycrime.people.backends.StaffBackend"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "trackmycrime.config.middleware.SafeHeaders",
    "trackmycrime.config.middleware.Health",
    "trackmycrime.people.sessions.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "trackmycrime.people.middleware.StaffWall",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
