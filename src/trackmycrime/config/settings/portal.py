"""The victims' door. The rooms that hold what the police told us are not even installed here."""

from .base import *
from .base import INSTALLED_APPS, TMC_PORTAL_URL, cookie_name, door_database, is_https

DOOR = "portal"
DOOR_URL = TMC_PORTAL_URL
DATABASES = door_database(DOOR)
INSTALLED_APPS = [
    *(app for app in INSTALLED_APPS if app not in ("trackmycrime.cases", "trackmycrime.feed")),
    "trackmycrime.portal",
]
ROOT_URLCONF = "trackmycrime.portal.urls"
SESSION_ENGINE = "trackmycrime.people.sessions.portal"
SESSION_COOKIE_NAME = cookie_name("portal", DOOR_URL)
CSRF_COOKIE_NAME = cookie_name("portal_csrf", DOOR_URL)
BROWSER_COOKIE_NAME = cookie_name("portal_browser", DOOR_URL)
TAB_COOKIE_NAME = cookie_name("portal_tab", DOOR_URL)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = is_https(DOOR_URL)
CSRF_FAILURE_VIEW = "trackmycrime.portal.views.errors.csrf_failure"
AUTHENTICATION_BACKENDS = ["trackmycrime.people.backends.VictimBackend"]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "trackmycrime.config.middleware.SafeHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "trackmycrime.config.middleware.Health",
    "trackmycrime.config.middleware.WellKnown",
    "trackmycrime.people.known.KnownAgain",
    "trackmycrime.portal.disguise.NeutralTab",
    "trackmycrime.people.sessions.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "trackmycrime.people.middleware.AccountWall",
    "trackmycrime.config.middleware.NotThisWay",
]
