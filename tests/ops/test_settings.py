"""Keys, the environment that each process gets, and what production asks for."""

from __future__ import annotations

import json
import logging
import os
import stat
import subprocess
import sys
import time
from logging.config import DictConfigurator  # type: ignore[attr-defined]
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from trackmycrime.config.settings.base import LOGGING, database
from trackmycrime.delivery.channels.push import vapid
from trackmycrime.ops import environment, keys, production
from trackmycrime.ops.database import given
from trackmycrime.ops.embedded import Address
from trackmycrime.ops.exits import Unreachable, WrongUse

VAPID = vapid.new_private_key()


def _pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    """As it is written into one line of settings."""
    made = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.decode().replace("\n", "\\n")


P_256 = ec.generate_private_key(ec.SECP256R1())
ONE_LOGIN = {
    "TMC_ONE_LOGIN_ISSUER": "https://oidc.example.org/",
    "TMC_ONE_LOGIN_CLIENT_ID": "trackmycrime",
    "TMC_ONE_LOGIN_KEY": _pem(P_256),
}
GIVEN = {
    "TMC_DATABASE_URL": "postgresql://tmc_owner:owners-own-password@db.example.org:5433/trackmycrime?sslmode=require",
    "TMC_SECRET_KEY": "a secret that is long enough to be one, surely",
    "TMC_FIELD_KEYS": '{"current": "a", "keys": {"a": "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG="}}',
    "TMC_DATABASE_PASSWORD_PORTAL": "portals-own-password",
    "TMC_DATABASE_PASSWORD_DESK": "desks-own-password",
    "TMC_DATABASE_PASSWORD_GATEWAY": "gateways-own-password",
    "TMC_DATABASE_PASSWORD_WORKER": "workers-own-password",
    "TMC_EMAIL_URL": "smtp://mailer:mail-secret@smtp.example.org:587",
    "TMC_EMAIL_FROM": "TrackMyCrime <no-reply@example.org>",
    "TMC_EMAIL_RETURN": "bounce@mail.example.org",
    "TMC_SECURITY_CONTACT": "mailto:security@example.org",
    "TMC_TEXT_URL": "https://texter:text-secret@sms.example.org/send?key=text-secret",
    "TMC_NOTIFY_API_KEY": "notify-secret",
    "TMC_TEXT_PASSWORD": "texts-own-secret",
    "TMC_TEXT_RECEIPTS_SECRET": "receipts-secret",
    "TMC_NOTIFY_CALLBACK_TOKEN": "callbacks-secret",
    "TMC_VAPID_PRIVATE_KEY": VAPID,
    "TMC_VAPID_SUBJECT": "mailto:push@example.org",
    "TMC_PORTAL_URL": "https://my.example.org",
    "TMC_DESK_URL": "https://desk.example.org",
    "PATH": "/usr/bin",
}


def test_keys_are_made_once_and_differ(tmp_path: Path) -> None:
    first = keys.generated(tmp_path, {})
    assert keys.generated(tmp_path, {}) == first == keys.kept(tmp_path, {})
    secrets = {first.secret_key, first.field_keys, first.vapid_private_key, *first.passwords.values()}
    assert len(secrets) == 3 + len(keys.LOGINS)
    assert vapid.public_key(first.vapid_private_key)
    assert production.field_keys_problem(first.field_keys) == ""
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in (tmp_path / "keys").iterdir())


def test_a_lost_key_is_not_silently_replaced_by_a_command_that_attaches(tmp_path: Path) -> None:
    keys.generated(tmp_path)
    (tmp_path / "keys" / "field_keys").unlink()
    with pytest.raises(Unreachable, match="field_keys is missing"):
        keys.kept(tmp_path, {})


def test_data_that_an_older_version_runs_has_no_key_for_pushes_and_none_is_made_by_an_attached_command(
    tmp_path: Path,
) -> None:
    keys.generated(tmp_path)
    (tmp_path / "keys" / "vapid_private_key").unlink()
    assert keys.kept(tmp_path, {}).vapid_private_key == ""
    assert not (tmp_path / "keys" / "vapid_private_key").exists()


def test_keys_do_not_show_themselves() -> None:
    shown = repr(keys.Keys("very secret", "field secret", {"owner": "password"}, "push secret"))
    assert not any(word in shown for word in ("very secret", "field secret", "password", "push secret"))


@pytest.mark.parametrize("door", keys.DOORS)
def test_a_door_gets_its_own_login_and_no_other(door: str) -> None:
    found = given(Path("data"), keys.DOORS, GIVEN)
    assert found
    told = found.environment(door)
    assert told["TMC_DOOR_DATABASE_URL"] == (
        f"postgresql://tmc_{door}:{door}s-own-password@db.example.org:5433/trackmycrime?sslmode=require"
    )
    others = {"owner", *keys.DOORS} - {door}
    everything = json.dumps(told)
    assert not [other for other in others if f"{other}s-own-password" in everything]
    assert ("mail-secret" in everything, "text-secret" in everything, "notify-secret" in everything) == (
        door == "worker",
    ) * 3
    assert (VAPID in everything) == (door == "worker"), "whoever has it can write to every phone"
    assert told["TMC_VAPID_PUBLIC_KEY"] == vapid.public_key(VAPID), "browsers get this one from the portal"
    assert ("texts-own-secret" in everything) == (door == "worker")
    for secret in ("receipts-secret", "callbacks-secret"):
        assert (secret in everything) == (door in ("worker", "gateway")), "who takes receipts knows them"
    assert told["TMC_EMAIL_URL"].endswith("smtp.example.org:587"), "that email is set up is no secret"
    assert told["DJANGO_SETTINGS_MODULE"] == f"trackmycrime.config.settings.{door}"


def test_only_the_gateway_is_planned_for_lookups_by_key_alone() -> None:
    found = given(Path("data"), keys.DOORS, GIVEN)
    assert found
    ask = "from django.conf import settings; print(settings.DATABASES['default'].get('BY_KEY', False))"
    said = {
        door: subprocess.run(
            [sys.executable, "-c", ask],
            env={**found.environment(door), "PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for door in keys.DOORS
    }
    assert said == {door: str(door == "gateway") for door in keys.DOORS}


def test_lines_of_a_process_say_the_time_in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    line = DictConfigurator(LOGGING).configure_formatter(LOGGING["formatters"]["line"])  # type: ignore[arg-type]
    record = logging.makeLogRecord({"created": 1782900000.25, "msecs": 250, "msg": "here", "name": "x"})
    with monkeypatch.context() as summer:
        summer.setenv("TZ", "Europe/London")
        time.tzset()
        assert line.format(record).startswith("2026-07-01T10:00:00.250Z ")  # type: ignore[attr-defined]
    time.tzset()


def test_missing_settings_are_named_all_at_once() -> None:
    bare = {"TMC_DATABASE_URL": GIVEN["TMC_DATABASE_URL"], "TMC_SECRET_KEY": "x"}
    with pytest.raises(WrongUse, match="missing: TMC_FIELD_KEYS, TMC_DATABASE_PASSWORD_PORTAL"):
        given(Path("data"), ("portal",), bare)


def test_a_door_on_its_own_machine_needs_its_own_url_only() -> None:
    own = {name: GIVEN[name] for name in ("TMC_SECRET_KEY", "TMC_FIELD_KEYS")}
    own["TMC_DOOR_DATABASE_URL"] = "postgresql://tmc_desk:p@db/trackmycrime"
    found = given(Path("data"), ("desk",), own)
    assert found
    assert found.environment("desk")["TMC_DOOR_DATABASE_URL"] == own["TMC_DOOR_DATABASE_URL"]
    with pytest.raises(WrongUse, match="TMC_DATABASE_URL is missing"):
        given(Path("data"), ("owner",), own)


@pytest.mark.parametrize("host", ["/srv/case files/postgres", "127.0.0.1"])
def test_urls_survive_the_settings_that_read_them(host: str) -> None:
    read = database(Address(host, 5432).url("tmc_desk", "p@ss/w:rd?&%"))
    assert (read["HOST"], read["PORT"], read["USER"], read["PASSWORD"], read["NAME"]) == (
        (host, "5432", "tmc_desk", "p@ss/w:rd?&%", "trackmycrime")
    )


def test_credentials_are_cut_off() -> None:
    assert environment.without_credentials("smtp://u:p@h:25") == "smtp://h:25"
    assert environment.without_credentials("https://h/send?key=1#x") == "https://h/send"


def test_production_takes_complete_settings() -> None:
    assert production.faults(GIVEN, {}) == []


@pytest.mark.parametrize(
    ("change", "setting", "words"),
    [
        ({"TMC_DATABASE_URL": ""}, "TMC_DATABASE_URL", "embedded data is not for production"),
        ({"TMC_DATABASE_URL": "postgresql://postgres:x@db/t"}, "TMC_DATABASE_URL", "superuser"),
        ({"TMC_SECRET_KEY": "short"}, "TMC_SECRET_KEY", "random"),
        ({"TMC_FIELD_KEYS": ""}, "TMC_FIELD_KEYS", "must be JSON"),
        ({"TMC_FIELD_KEYS": '{"current": "b", "keys": {}}'}, "TMC_FIELD_KEYS", "names no key"),
        (
            {"TMC_FIELD_KEYS": '{"current": "a", "keys": {"a": "YWE="}}'},
            "TMC_FIELD_KEYS",
            "not 32 bytes long: a",
        ),
        (
            {"TMC_FIELD_KEYS": f'{{"current": "a", "keys": {{"a": "{"A" * 43}="}}}}'},
            "TMC_FIELD_KEYS",
            "not random: a",
        ),
        ({"TMC_DATABASE_PASSWORD_DESK": ""}, "TMC_DATABASE_PASSWORD_DESK", "password of its own"),
        (
            {"TMC_DATABASE_PASSWORD_DESK": "portals-own-password"},
            "TMC_DATABASE_PASSWORD_…",
            "must differ",
        ),
        ({"TMC_PORTAL_URL": "http://my.example.org"}, "TMC_PORTAL_URL", "https://"),
        ({"TMC_DESK_URL": ""}, "TMC_DESK_URL", "https://"),
        ({"TMC_EMAIL_URL": ""}, "TMC_EMAIL_URL", "smtp://"),
        ({"TMC_EMAIL_FROM": ""}, "TMC_EMAIL_FROM", "of your own"),
        ({"TMC_EMAIL_FROM": "Kent <no reply@example.org>"}, "TMC_EMAIL_FROM", "of your own"),
        ({"TMC_EMAIL_FROM_NEUTRAL": "Post"}, "TMC_EMAIL_FROM_NEUTRAL", "of your own"),
        ({"TMC_MAIL_RECEIPTS_TOKEN": "short"}, "TMC_MAIL_RECEIPTS_TOKEN", "32 characters"),
        ({"TMC_EMAIL_RETURN": ""}, "TMC_EMAIL_RETURN", "became of mail"),
        ({"TMC_EMAIL_RETURN": "bounce"}, "TMC_EMAIL_RETURN", "bounce@mail.example.org"),
        ({"TMC_TEXT_URL": "", "TMC_NOTIFY_API_KEY": ""}, "TMC_TEXT_URL", "no text is sent"),
        ({"TMC_VAPID_PRIVATE_KEY": "short"}, "TMC_VAPID_PRIVATE_KEY", "32 bytes"),
        ({"TMC_VAPID_PUBLIC_KEY": "another"}, "TMC_VAPID_PUBLIC_KEY", "public half"),
        ({"TMC_VAPID_SUBJECT": ""}, "TMC_VAPID_SUBJECT", "mailto:"),
        ({"TMC_TEXT_RECEIPTS_SECRET": ""}, "TMC_TEXT_RECEIPTS_SECRET", "became of"),
        ({"TMC_TEXT_PROVIDER": "twilio"}, "TMC_GATEWAY_URL", "receipts are posted"),
        ({"TMC_NOTIFY_TEXT_TEMPLATE": "f33517ff"}, "TMC_NOTIFY_TEXT_TEMPLATE", "together with TMC_TEXT_URL"),
        (
            {"TMC_TEXT_URL": "", "TMC_NOTIFY_TEXT_TEMPLATE": "f33517ff", "TMC_NOTIFY_API_KEY": ""},
            "TMC_NOTIFY_API_KEY",
            "TMC_NOTIFY_TEXT_TEMPLATE",
        ),
        ({"TMC_DEMO": "1"}, "TMC_DEMO", "must not be set"),
        ({"TMC_SECURITY_CONTACT": ""}, "TMC_SECURITY_CONTACT", "who is told of a security hole"),
        ({"TMC_SECURITY_CONTACT": "security@example.org"}, "TMC_SECURITY_CONTACT", "mailto:"),
    ],
)
def test_production_refuses_one_by_one(change: dict[str, str], setting: str, words: str) -> None:
    (fault,) = production.faults({**GIVEN, **change}, {})
    assert fault.setting == setting
    assert words in fault.problem


def test_production_may_do_without_push() -> None:
    without = {name: value for name, value in GIVEN.items() if not name.startswith("TMC_VAPID")}
    assert production.faults(without, {}) == []


def test_production_takes_one_login_whole_or_not_at_all() -> None:
    assert production.faults(GIVEN | ONE_LOGIN, {}) == []
    rsa_key = _pem(rsa.generate_private_key(65537, 2048))
    assert production.faults(GIVEN | ONE_LOGIN | {"TMC_ONE_LOGIN_KEY": rsa_key}, {}) == []


@pytest.mark.parametrize(
    ("change", "setting", "words"),
    [
        ({"TMC_ONE_LOGIN_ISSUER": ""}, "TMC_ONE_LOGIN_ISSUER", "must be set too"),
        ({"TMC_ONE_LOGIN_ISSUER": "http://oidc.example.org/"}, "TMC_ONE_LOGIN_ISSUER", "https://"),
        ({"TMC_ONE_LOGIN_CLIENT_ID": ""}, "TMC_ONE_LOGIN_CLIENT_ID", "must be set too"),
        ({"TMC_ONE_LOGIN_KEY": ""}, "TMC_ONE_LOGIN_KEY", "must be set too"),
        ({"TMC_ONE_LOGIN_KEY": "a shared secret"}, "TMC_ONE_LOGIN_KEY", "private key in PEM"),
        ({"TMC_ONE_LOGIN_ISSUER": "https://oidc.account.gov.uk/"}, "TMC_ONE_LOGIN_KEY", "must be of RSA"),
        (
            {"TMC_ONE_LOGIN_KEY": _pem(ec.generate_private_key(ec.SECP384R1()))},
            "TMC_ONE_LOGIN_KEY",
            "P-256",
        ),
        (
            {
                "TMC_ONE_LOGIN_KEY": P_256.public_key()
                .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
                .decode()
            },
            "TMC_ONE_LOGIN_KEY",
            "private key",
        ),
    ],
)
def test_production_refuses_one_login_by_halves(change: dict[str, str], setting: str, words: str) -> None:
    (fault,) = production.faults(GIVEN | ONE_LOGIN | change, {})
    assert fault.setting == setting
    assert words in fault.problem


def test_a_key_for_pushes_that_is_none_ends_the_start_with_its_name() -> None:
    found = given(Path("data"), keys.DOORS, GIVEN | {"TMC_VAPID_PRIVATE_KEY": "short"})
    assert found
    with pytest.raises(WrongUse, match="TMC_VAPID_PRIVATE_KEY"):
        found.environment("worker")


def test_production_takes_notify_for_mail_and_texts() -> None:
    by_notify = {"TMC_EMAIL_URL": "", "TMC_TEXT_URL": ""}
    by_notify |= {"TMC_NOTIFY_EMAIL_TEMPLATE": "f33517ff", "TMC_NOTIFY_TEXT_TEMPLATE": "ceb50d92"}
    assert production.faults({**GIVEN, **by_notify}, {}) == []


def test_production_refuses_keys_that_were_generated() -> None:
    made = {name: GIVEN[name] for name in ("TMC_SECRET_KEY", "TMC_VAPID_PRIVATE_KEY")}
    faults = production.faults(GIVEN, made | {"TMC_FIELD_KEYS": "others"})
    assert [(fault.setting, "generated" in fault.problem) for fault in faults] == [
        (name, True) for name in made
    ]
