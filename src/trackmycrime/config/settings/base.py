"""What all processes share. What differs between installations comes from the environment (docs/settings.md)."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from django.core.exceptions import ImproperlyConfigured

from trackmycrime.design.assets import IMMUTABLE
from trackmycrime.design.assets import digest as asset_digest

PACKAGE = Path(__file__).resolve().parents[2]


def env(name: str, default: str = "") -> str:
    """A setting from the environment, trimmed."""
    return os.environ.get(name, default).strip()


def need(name: str) -> str:
    """A setting that must be there. Raises ImproperlyConfigured naming it."""
    if not (value := env(name)):
        raise ImproperlyConfigured(f"{name} is not set")
    return value


def database(url: str) -> dict[str, Any]:
    """Django's description of a ``postgresql://`` address; the host may be a socket's folder (``?host=/…``)."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgresql", "postgres"):
        raise ImproperlyConfigured(
            "the database's address starts with postgresql:// (PostgreSQL 15 or newer only)"
        )
    query = dict(pair.split("=", 1) for pair in parts.query.split("&") if "=" in pair)
    host = unquote(query.pop("host", "")) or unquote(parts.hostname or "")
    port = query.pop("port", "") or str(parts.port or "")
    return {
        "ENGINE": "trackmycrime.kernel.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": port,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        # values go beside a statement, not inside its text: nothing is quoted, and long ones need not be parsed
        "OPTIONS": {key: unquote(value) for key, value in query.items()} | {"server_side_binding": True},
    }


def door_url(door: str) -> str:
    """The address by which a door reaches the database.

    ``TMC_DOOR_DATABASE_URL`` where the supervisor gives it; else the owner's host and database with the door's own
    login and ``TMC_DATABASE_PASSWORD_<DOOR>``.
    """
    if given := env("TMC_DOOR_DATABASE_URL"):
        return given
    parts = urlsplit(need("TMC_DATABASE_URL"))
    host = parts.netloc.rpartition("@")[2]
    password = quote(need(f"TMC_DATABASE_PASSWORD_{door.upper()}"), safe="")
    return urlunsplit(parts._replace(netloc=f"{TMC_ROLE_PREFIX}{door}:{password}@{host}"))


def door_database(door: str) -> dict[str, dict[str, Any]]:
    """``DATABASES`` of one door, or of the worker: its own login.

    PostgreSQL keeps the plan of what is asked again and again: with row security, planning what a page asks costs as
    much as running it.
    A pooler between them must know prepared statements (PgBouncer from 1.21).
    """
    described = database(door_url(door))
    described["OPTIONS"]["prepare_threshold"] = 5
    return {"default": described}


def is_https(url: str) -> bool:
    """Whether a door's public address is one that browsers reach by https."""
    return url.startswith("https:")


def cookie_name(name: str, url: str) -> str:
    """A door's cookie. Over https its name binds it to just this host: no neighbour can set or overwrite it."""
    return f"__Host-{name}" if is_https(url) else name


DOOR = ""
DOOR_URL = ""
TMC_ROLE_PREFIX = env("TMC_ROLE_PREFIX", "tmc_")
SECRET_KEY = need("TMC_SECRET_KEY")
TMC_FIELD_KEYS = need("TMC_FIELD_KEYS")
TMC_EMAIL_URL = env("TMC_EMAIL_URL")
TMC_EMAIL_FROM = env("TMC_EMAIL_FROM", "TrackMyCrime <no-reply@trackmycrime.invalid>")
TMC_EMAIL_FROM_NEUTRAL = env("TMC_EMAIL_FROM_NEUTRAL")
TMC_EMAIL_RETURN = env("TMC_EMAIL_RETURN")
TMC_MAIL_LISTEN = env("TMC_MAIL_LISTEN")
TMC_TEXT_URL = env("TMC_TEXT_URL")
TMC_TEXT_PROVIDER = env("TMC_TEXT_PROVIDER")
TMC_TEXT_USER = env("TMC_TEXT_USER")
TMC_TEXT_PASSWORD = env("TMC_TEXT_PASSWORD")
TMC_TEXT_FROM = env("TMC_TEXT_FROM")
TMC_TEXT_FROM_NEUTRAL = env("TMC_TEXT_FROM_NEUTRAL")
TMC_TEXT_RECEIPTS_SECRET = env("TMC_TEXT_RECEIPTS_SECRET")
TMC_MAIL_RECEIPTS_TOKEN = env("TMC_MAIL_RECEIPTS_TOKEN")
TMC_VAPID_PRIVATE_KEY = env("TMC_VAPID_PRIVATE_KEY")
TMC_VAPID_PUBLIC_KEY = env("TMC_VAPID_PUBLIC_KEY")
TMC_VAPID_SUBJECT = env("TMC_VAPID_SUBJECT")
TMC_PUSH_HOSTS = env("TMC_PUSH_HOSTS")
TMC_NOTIFY_API_KEY = env("TMC_NOTIFY_API_KEY")
TMC_NOTIFY_BASE_URL = env("TMC_NOTIFY_BASE_URL")
TMC_NOTIFY_EMAIL_TEMPLATE = env("TMC_NOTIFY_EMAIL_TEMPLATE")
TMC_NOTIFY_TEXT_TEMPLATE = env("TMC_NOTIFY_TEXT_TEMPLATE")
TMC_NOTIFY_LETTERS = env("TMC_NOTIFY_LETTERS")
TMC_NOTIFY_REPLY_TO = env("TMC_NOTIFY_REPLY_TO")
TMC_NOTIFY_TEXT_SENDER = env("TMC_NOTIFY_TEXT_SENDER")
TMC_NOTIFY_CALLBACK_TOKEN = env("TMC_NOTIFY_CALLBACK_TOKEN")
TMC_NOTIFY_NEUTRAL_TEXT_SENDER = env("TMC_NOTIFY_NEUTRAL_TEXT_SENDER")
TMC_NOTIFY_NEUTRAL_API_KEY = env("TMC_NOTIFY_NEUTRAL_API_KEY")
TMC_NOTIFY_NEUTRAL_EMAIL_TEMPLATE = env("TMC_NOTIFY_NEUTRAL_EMAIL_TEMPLATE")
TMC_ONE_LOGIN_ISSUER = env("TMC_ONE_LOGIN_ISSUER")
TMC_ONE_LOGIN_CLIENT_ID = env("TMC_ONE_LOGIN_CLIENT_ID")
TMC_ONE_LOGIN_KEY = env("TMC_ONE_LOGIN_KEY")
TMC_WEBHOOK_NETWORKS = env("TMC_WEBHOOK_NETWORKS")
TMC_PORTAL_URL = env("TMC_PORTAL_URL", "http://127.0.0.1:8000")
TMC_DESK_URL = env("TMC_DESK_URL", "http://127.0.0.1:8001")
TMC_GATEWAY_URL = env("TMC_GATEWAY_URL")
TMC_SECURITY_CONTACT = env("TMC_SECURITY_CONTACT")
TMC_DEMO = env("TMC_DEMO") == "1"
TMC_TRUSTED_PROXIES = int(env("TMC_TRUSTED_PROXIES", "0"))  # how many proxies of ours stand before the doors
TMC_COUNTRY_HEADER = env(
    "TMC_COUNTRY_HEADER"
)  # in which header such a proxy says from which country a request comes

DEBUG = False
ALLOWED_HOSTS = [host for host in env("TMC_ALLOWED_HOSTS", "localhost,127.0.0.1,[::1]").split(",") if host]
for _url in (TMC_PORTAL_URL, TMC_DESK_URL):
    if (_host := urlsplit(_url).hostname) and _host not in ALLOWED_HOSTS:
        ALLOWED_HOSTS.append(_host)

# kernel stands last: it builds the walls when every other room's tables are there
ROOMS = [
    "audit",
    "forces",
    "tasks",
    "delivery",
    "people",
    "cases",
    "feed",
    "publish",
    "messages",
    "alerts",
    "returns",
]
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.staticfiles",
    "trackmycrime.design",
    *(f"trackmycrime.{room}" for room in ROOMS),
    "trackmycrime.kernel",
]
MIDDLEWARE: list[str] = []
ROOT_URLCONF = ""  # each door has its own

AUTH_USER_MODEL = "people.Account"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_HASHERS = ["trackmycrime.people.hashing.Argon2"]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("cy", "Cymraeg")]
LOCALE_PATHS = [PACKAGE / "locale"]
LANGUAGE_COOKIE_NAME = "language"
TAB_COOKIE_NAME = "tab"
BROWSER_COOKIE_NAME = "browser"  # each door has its own
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/London"

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS = ["auth.W004"]

STATIC_URL = f"/static/{asset_digest()}/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_IMMUTABLE_FILE_TEST = IMMUTABLE
FORM_RENDERER = "trackmycrime.design.forms.DesignRenderer"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static"],
        },
    }
]

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 2
SESSION_SAVE_EVERY_REQUEST = False
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "class": "trackmycrime.config.lines.Line",
            "format": "%(asctime)s %(levelname)s %(name)s %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        # Django's request logger writes addresses of pages, which hold ids only; never bodies
        "django.request": {"level": "ERROR"},
        "django.db.backends": {"level": "WARNING"},
        # its warnings quote what PostgreSQL said of a failed statement, values included; the error itself is raised
        "psycopg": {"level": "CRITICAL"},
        # it names every passkey that was shown
        "fido2": {"level": "WARNING"},
        # it names each address that was asked: to whoever has a phone's, it is what reaches that phone
        "httpx": {"level": "WARNING"},
    },
}
