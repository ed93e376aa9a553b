"""``trackmycrime check``: is this installation sound?"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import click

from trackmycrime.ops import database as databases
from trackmycrime.ops import keys, production
from trackmycrime.ops.attach import data_option, json_option
from trackmycrime.ops.embedded import COMMAND
from trackmycrime.ops.exits import Refused, answer, say


def _generated(data: Path) -> dict[str, str]:
    """The keys that lie in the data folder, by setting."""
    folder = data / "keys"
    names = {"TMC_SECRET_KEY": "secret_key", "TMC_FIELD_KEYS": "field_keys"}
    names["TMC_VAPID_PRIVATE_KEY"] = "vapid_private_key"
    names |= {keys.password_variable(door): f"{door}.password" for door in keys.DOORS}
    return {
        setting: (folder / file).read_text("utf-8").strip()
        for setting, file in names.items()
        if (folder / file).exists()
    }


def _walls_stand(database: databases.Database, door: str) -> str:
    """Empty when the door starts with its login; else what it says. It runs as the door, and serves nothing."""
    module = "trackmycrime.config.wsgi_" + door
    code = (
        f"import {module}"
        if door != "worker"
        else (
            "import django; django.setup(); from trackmycrime.kernel.walls import refuse_power; refuse_power('worker')"
        )
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        check=False,
        env=database.environment(door),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
    return "" if done.returncode == 0 else last


def _providers(database: databases.Database) -> list[production.Fault]:
    """What is wrong with the OpenID providers; it asks them, with nothing but what anybody may ask."""
    # the portal alone is told how it signs at One Login; here it is looked at
    told = {name: value for name, value in os.environ.items() if name.startswith("TMC_ONE_LOGIN_")}
    done = subprocess.run(
        [sys.executable, "-m", "trackmycrime.ops.providers"],
        check=False,
        env=database.environment("owner") | told,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        return [production.Fault("providers:", last)]
    return [production.Fault(whose, problem) for whose, problem in json.loads(done.stdout)]


@click.command("check")
@data_option
@click.option("--production", "for_production", is_flag=True, help="Refuse what is not fit for real victims.")
@json_option
def command(data: Path, for_production: bool, as_json: bool) -> None:
    """Look whether the database is there and up to date, and whether each door stands behind its wall.

    With --production also whether every setting is given, no key is a generated one, and each OpenID provider answers
    as it must. Exit code 1 when something is found.
    """
    found = production.faults(os.environ, _generated(data)) if for_production else []
    if not for_production or not any(fault.setting == "TMC_DATABASE_URL" for fault in found):
        found += _database_faults(data, for_production)
    result = {"sound": not found, "faults": [{"setting": f.setting, "problem": f.problem} for f in found]}
    answer(result, "\n".join(f"{f.setting} {f.problem}" for f in found) or "sound", as_json=as_json)
    if found:
        raise Refused(f"{len(found)} things to mend")


def _database_faults(data: Path, for_production: bool) -> list[production.Fault]:
    """What is wrong with the database, seen with each role's own login."""
    database = databases.given(data, ("owner", *keys.DOORS)) or databases.opened(
        data, "owner", purpose=COMMAND
    )
    try:
        say("looking at the database with each login")
        done = subprocess.run(
            [sys.executable, "-m", "trackmycrime.ops.cli", "migrate", "--check"],
            check=False,
            env=database.environment("owner"),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode != 0:
            return [production.Fault("database:", done.stderr.strip().removeprefix("Error: "))]
        doors = {door: _walls_stand(database, door) for door in keys.DOORS}
        found = [production.Fault(f"{door}:", problem) for door, problem in doors.items() if problem]
        return found + (_providers(database) if for_production else [])
    finally:
        database.close()
