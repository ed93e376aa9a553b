"""The desk's process."""

from .base import *
from .base import INSTALLED_APPS, TMC_DESK_URL, cookie_name, door_database, is_https

DOOR = "desk"
DOOR_URL = TMC_DESK_URL
DATABASES = door_database(DOOR)
INSTALLED_APPS = [*INSTALLED_APPS, "trackmycrime.desk"]
ROOT_URLCONF = "trackmycrime.desk.urls"
SESSION_ENGINE = "trackmycrime.people.sessions.desk"
SESSION_COOKIE_NAME = cookie_name("desk", DOOR_URL)
CSRF_COOKIE_NAME = cookie_name("desk_csrf", DOOR_URL)
BROWSER_COOKIE_NAME = cookie_name("desk_browser", DOOR_URL)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = is_https(DOOR_URL)
CSRF_FAILURE_VIEW = "trackmycrime.desk.views.errors.csrf_failure"
AUTHENTICATION_BACKENDS = ["trackmycrime.people.backends.StaffBackend"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "trackmycrime.config.middleware.SafeHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "trackmycrime.config.middleware.Health",
    "trackmycrime.config.middleware.WellKnown",
    "trackmycrime.people.known.KnownAgain",
    "trackmycrime.people.sessions.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "trackmycrime.people.middleware.StaffWall",
    "trackmycrime.config.middleware.NotThisWay",
]
