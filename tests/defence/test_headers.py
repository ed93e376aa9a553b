"""What every answer carries so that a browser helps to defend: policy, frames, https, cookies, well-known files."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.templatetags.static import static
from django.test import RequestFactory

from tests.support.doors import door_client
from trackmycrime.config.middleware import POLICY, security_txt

pytestmark = pytest.mark.django_db
DOORS = ("portal", "desk", "gateway")
PAGE = {"portal": "/sign-in/", "desk": "/sign-in/", "gateway": "/api/feed/v1/whoami"}


def directives() -> dict[str, list[str]]:
    return {name: sources for name, *sources in (each.split() for each in POLICY.split("; "))}


def test_scripts_styles_and_forms_are_ours_only_and_nothing_is_inline() -> None:
    said = directives()
    for name in ("default-src", "script-src", "style-src", "worker-src", "form-action"):
        assert said[name] == ["'self'"], name
    for name in ("object-src", "base-uri", "frame-src", "frame-ancestors"):
        assert said[name] == ["'none'"], name
    assert not [word for word in ("unsafe", "*", "http", "nonce") if word in POLICY]
    assert said["require-trusted-types-for"] == ["'script'"]


@pytest.mark.parametrize("door", DOORS)
def test_no_answer_can_be_framed_read_by_others_or_taken_for_something_else(door: str) -> None:
    answer = door_client(door).get(PAGE[door])
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Content-Security-Policy"] == POLICY
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "camera=()" in answer["Permissions-Policy"]
    assert "Access-Control-Allow-Origin" not in answer
    assert "Server" not in answer


@pytest.mark.parametrize("door", ["portal", "desk"])
def test_files_of_the_design_carry_the_same_and_may_be_kept(door: str) -> None:
    answer = door_client(door).get(static("design/icon.svg"))
    assert answer.status_code == 200
    assert answer["Content-Security-Policy"] == POLICY
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in answer["Cache-Control"]


@pytest.mark.parametrize("door", DOORS)
def test_over_https_the_browser_is_told_to_come_by_https_only(door: str) -> None:
    client = door_client(door)
    assert "Strict-Transport-Security" not in client.get(PAGE[door])
    for path in (PAGE[door], "/nothing/", "/.well-known/security.txt"):
        policy = client.get(path, secure=True)["Strict-Transport-Security"]
        age = int(policy.partition("max-age=")[2].partition(";")[0])
        assert age >= timedelta(days=365).total_seconds()
        assert "includeSubDomains" in policy


@pytest.mark.parametrize("door", ["portal", "desk"])
def test_over_https_a_cookie_is_secure_and_bound_to_its_host(door: str) -> None:
    """In a process of its own: a door's settings are read once."""
    program = (
        f"from trackmycrime.config.settings import {door} as s; "
        "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, "
        "s.SESSION_COOKIE_HTTPONLY, s.SESSION_COOKIE_SAMESITE, getattr(s, 'SESSION_COOKIE_DOMAIN', None))"
    )
    given = {
        f"TMC_{door.upper()}_URL": "https://cases.example.org",
        "TMC_DOOR_DATABASE_URL": "postgresql://x@h/d",
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **given},
        capture_output=True,
        text=True,
        check=True,
    )
    session, csrf, *rest = done.stdout.split()
    assert (session, csrf) == (f"__Host-{door}", f"__Host-{door}_csrf")
    assert rest == ["True", "True", "True", "Lax", "None"]


@pytest.mark.parametrize("door", DOORS)
def test_whoever_finds_a_hole_is_told_whom_to_tell(door: str, settings: Any) -> None:
    settings.TMC_SECURITY_CONTACT = "mailto:security@example.org https://example.org/report"
    answer = door_client(door).get("/.well-known/security.txt")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    fields = [line.split(": ", 1) for line in answer.content.decode().splitlines()]
    contacts = [value for name, value in fields if name == "Contact"]
    assert contacts == ["mailto:security@example.org", "https://example.org/report"]
    (expires,) = (value for name, value in fields if name == "Expires")
    left = datetime.fromisoformat(expires) - datetime.now(UTC)
    assert timedelta(days=30) < left <= timedelta(days=90)


@pytest.mark.parametrize("door", ["portal", "desk"])
def test_a_password_manager_is_led_to_where_a_password_is_changed(door: str) -> None:
    answer = door_client(door).get("/.well-known/change-password")
    assert (answer.status_code, answer["Location"]) == (302, "/account/password/")


def test_without_a_contact_there_is_no_such_file(settings: Any) -> None:
    settings.TMC_SECURITY_CONTACT = ""
    assert door_client("portal").get("/.well-known/security.txt").status_code == 404


def test_the_file_names_its_own_address(settings: Any) -> None:
    settings.TMC_SECURITY_CONTACT, settings.DOOR_URL = "mailto:a@example.org", "https://cases.example.org/"
    said = security_txt(datetime(2026, 11, 24, tzinfo=UTC))
    assert "Canonical: https://cases.example.org/.well-known/security.txt\n" in said
    assert "Expires: 2027-01-30T00:00:00Z\n" in said


@pytest.mark.parametrize("door", ["portal", "desk"])
def test_a_host_that_is_not_ours_is_refused_and_found_in_no_answer(door: str) -> None:
    client = door_client(door)
    for path in ("/", "/sign-in/", "/nothing/", "/.well-known/change-password"):
        answer = client.get(path, headers={"host": "evil.example"})
        assert "evil.example" not in answer.content.decode()
        assert "evil.example" not in answer.get("Location", "")
        assert answer.status_code == 400 or "Location" in answer
    forwarded = client.get("/sign-in/", headers={"x-forwarded-host": "evil.example"})
    assert "evil.example" not in forwarded.content.decode()


def test_a_request_factory_sees_no_forwarded_host() -> None:
    assert RequestFactory().get("/", headers={"x-forwarded-host": "evil.example"}).get_host() == "testserver"
