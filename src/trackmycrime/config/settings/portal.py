"""The victims' door. The rooms that hold what the police told us are not even installed here."""

from .base import *
from .base import INSTALLED_APPS, TMC_PORTAL_URL, door_database

DOOR = "portal"
DATABASES = door_database(DOOR)
INSTALLED_APPS = [
    *(app for app in INSTALLED_APPS if app not in ("trackmycrime.cases", "trackmycrime.feed")),
    "trackmycrime.portal",
]
ROOT_URLCONF = "trackmycrime.portal.urls"
SESSION_ENGINE = "trackmycrime.people.sessions.portal"
SESSION_COOKIE_NAME = "portal"
CSRF_COOKIE_NAME = "portal_csrf"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = TMC_PORTAL_URL.startswith("https:")
CSRF_FAILURE_VIEW = "trackmycrime.portal.views.errors.csrf_failure"
AUTHENTICATION_BACKENDS = ["trackmycrime.people.backends.VictimBackend"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "trackmycrime.config.middleware.SafeHeaders",
    "trackmycrime.config.middleware.Health",
    "trackmycrime.people.sessions.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "trackmycrime.people.middleware.AccountWall",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]
