"""The keys of an installation that runs on its own embedded data: made once, kept in ``DIR/keys``.

``DIR/keys`` is 0700 and every file in it 0600: ``secret_key``, ``field_keys`` (JSON, see
``kernel.crypto``), ``vapid_private_key`` (by which push services know us) and one ``LOGIN.password`` for each database
login. A value from the environment wins over the file, so that an installation can grow out of generated keys. ``check
--production`` refuses generated ones.
"""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from trackmycrime.delivery.channels.push import vapid
from trackmycrime.ops.exits import Unreachable, WrongUse

DOORS = ("portal", "desk", "gateway", "worker")
ROLES = ("owner", *DOORS)
LOGINS = ("postgres", *ROLES)


def password_variable(door: str) -> str:
    """The name of the setting that holds the database password of a door."""
    return f"TMC_DATABASE_PASSWORD_{door.upper()}"


@dataclass(frozen=True)
class Keys:
    """What must never be shown: the secret behind sessions and seals, the field keys, the passwords, and the key of our
    pushes (empty where nobody is told by push)."""

    secret_key: str
    field_keys: str
    passwords: Mapping[str, str]
    vapid_private_key: str = ""

    def __repr__(self) -> str:
        return "Keys(…)"


def _new_field_keys() -> str:
    key_id = secrets.token_hex(4)
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    lookup = base64.b64encode(secrets.token_bytes(32)).decode()
    return json.dumps({"current": key_id, "keys": {key_id: key}, "lookup": lookup})


def _keep(path: Path, value: str) -> None:
    """Write a secret so that it is there whole or not at all, readable by its owner only."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(value + "\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def _read(path: Path) -> str | None:
    try:
        value = path.read_text("utf-8").strip()
    except FileNotFoundError:
        return None
    except PermissionError:
        raise Unreachable(f"{path} belongs to another user; run this as the user that made it") from None
    return value or None


def generated(data: Path, environ: Mapping[str, str] | None = None) -> Keys:
    """The keys in ``data/keys``; what is missing is made and kept. Only the holder of the data may call it."""
    folder = data / "keys"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    made = {
        "secret_key": lambda: secrets.token_urlsafe(48),
        "field_keys": _new_field_keys,
        "vapid_private_key": vapid.new_private_key,
    }
    made |= {f"{login}.password": lambda: secrets.token_urlsafe(32) for login in LOGINS}
    for name, make in made.items():
        if _read(folder / name) is None:
            _keep(folder / name, make())
    return kept(data, environ)


def kept(data: Path, environ: Mapping[str, str] | None = None) -> Keys:
    """The keys that are in ``data/keys`` already, with what the environment says instead.

    Raises Unreachable when one is missing: an attached command never makes keys.
    """
    environ = os.environ if environ is None else environ
    folder = data / "keys"

    def one(name: str, variable: str = "") -> str:
        value = (environ.get(variable) if variable else None) or _read(folder / name)
        if value is None:
            raise Unreachable(f"{folder / name} is missing")
        return value

    return Keys(
        secret_key=one("secret_key", "TMC_SECRET_KEY"),
        field_keys=one("field_keys", "TMC_FIELD_KEYS"),
        passwords={
            login: one(f"{login}.password", password_variable(login) if login in DOORS else "")
            for login in LOGINS
        },
        # data that an older version made and still runs has none: then nobody is told by push until it starts anew
        vapid_private_key=environ.get("TMC_VAPID_PRIVATE_KEY") or _read(folder / "vapid_private_key") or "",
    )


def given(environ: Mapping[str, str], *, passwords_of: tuple[str, ...] = ()) -> Keys:
    """The keys from the environment alone, for a database that is not ours to keep.

    Raises WrongUse that names every missing setting.
    """
    wanted = ["TMC_SECRET_KEY", "TMC_FIELD_KEYS", *(password_variable(door) for door in passwords_of)]
    missing = [name for name in wanted if not environ.get(name)]
    if missing:
        raise WrongUse(
            f"TMC_DATABASE_URL is set, so the keys must be given too; missing: {', '.join(missing)}"
        )
    return Keys(
        secret_key=environ["TMC_SECRET_KEY"],
        field_keys=environ["TMC_FIELD_KEYS"],
        passwords={door: environ.get(password_variable(door), "") for door in DOORS},
        vapid_private_key=environ.get("TMC_VAPID_PRIVATE_KEY", ""),
    )
