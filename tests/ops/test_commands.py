"""Commands as a script sees them: exit codes, what is said where, and how they find their database."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import psycopg
import pytest

from tests.support.processes import TRACKMYCRIME, Background, clean_environment, processes_of, python, run
from trackmycrime.ops import keys
from trackmycrime.ops.embedded import start

pytestmark = pytest.mark.processes

SERVE_DATABASE = """
import sys, time
from pathlib import Path
from trackmycrime.ops.attach import bring_up_to_date
from trackmycrime.ops.database import start_embedded
database = start_embedded(Path(sys.argv[1]))
print("started", flush=True)
bring_up_to_date(database)
database.announce()
print("open", flush=True)
time.sleep(300)
"""


def test_help_names_every_command_and_needs_no_database() -> None:
    done = run("--help")
    assert done.returncode == 0
    for name in ("serve", "portal", "desk", "gateway", "migrate", "check", "feed"):
        assert f"\n  {name}" in done.stdout
    assert run("serve", "--help").returncode == 0


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["migrate", "--nonsense"],
        ["migrate", "--data", "/etc/hostname"],
        ["serve", "--portal", "here"],
    ],
)
def test_wrong_use_ends_with_2(words: list[str], folder: Path) -> None:
    done = run(*words, env=clean_environment(TMC_DATA=str(folder)))
    assert done.returncode == 2, done.stderr
    assert "Error: " in done.stderr
    assert not done.stdout


def test_migrate_on_an_empty_folder_and_again(folder: Path) -> None:
    data = ("--data", str(folder))
    unmigrated = run("migrate", "--check", *data)
    assert unmigrated.returncode == 3
    assert "run: trackmycrime migrate" in unmigrated.stderr
    assert run("migrate", "--quiet", *data).returncode == 0
    checked = run("migrate", "--check", *data)
    assert (checked.returncode, checked.stderr) == (0, "")
    assert not processes_of(folder), "the server ends with the command"


def test_commands_without_a_server_take_turns(folder: Path) -> None:
    argv = [*TRACKMYCRIME, "migrate", "--quiet", "--data", str(folder)]
    with Background(argv) as first, Background(argv) as second:
        assert first.process.wait(90) == 0, first.complained
        assert second.process.wait(90) == 0, second.complained


def test_command_waits_for_a_starting_server_and_then_attaches(folder: Path) -> None:
    with python(SERVE_DATABASE, str(folder)) as server:
        server.line()  # started, but its tables are not there yet
        checked = run("migrate", "--check", "--data", str(folder))
        assert checked.returncode == 0, checked.stderr
        assert server.line() == "open"
        assert server.process.poll() is None
        server.end(signal.SIGKILL)


def test_interrupted_command_takes_its_server_with_it(folder: Path) -> None:
    with Background([*TRACKMYCRIME, "migrate", "--data", str(folder)]) as command:
        while not (folder / "run.json").exists():
            time.sleep(0.01)
        code = command.end(signal.SIGINT)
        assert code in (0, 130), command.complained
        assert not processes_of(folder)
    assert run("migrate", "--quiet", "--data", str(folder)).returncode == 0


def test_unreachable_database_ends_with_3_and_tells_no_password(folder: Path) -> None:
    env = clean_environment(
        TMC_DATABASE_URL="postgresql://tmc_owner:canary-password@127.0.0.1:1/trackmycrime",
        TMC_SECRET_KEY="x" * 40,
        TMC_FIELD_KEYS=keys.generated(folder, {}).field_keys,
    )
    done = run("migrate", env=env)
    assert done.returncode == 3
    assert "cannot reach the database" in done.stderr
    assert "canary-password" not in done.stderr + done.stdout


def test_given_database_without_keys_is_refused_naming_them() -> None:
    done = run("migrate", env=clean_environment(TMC_DATABASE_URL="postgresql://o:p@127.0.0.1:1/t"))
    assert done.returncode == 2
    assert "missing: TMC_SECRET_KEY, TMC_FIELD_KEYS" in done.stderr


def test_logins_on_a_database_that_is_not_ours(folder: Path) -> None:
    made = keys.generated(folder.parent / "other", {})
    with start(folder, for_tests=True) as cluster:
        env = clean_environment(
            TMC_DATABASE_URL=cluster.dsn("owner"),
            TMC_ROLE_PREFIX="two_",
            TMC_SECRET_KEY=made.secret_key,
            TMC_FIELD_KEYS=made.field_keys,
        )
        powerless = run("migrate", env=env)
        assert powerless.returncode == 2
        assert "create role two_portal login nosuperuser" in powerless.stderr
        with psycopg.connect(cluster.superuser_dsn) as connection:
            connection.execute("alter role tmc_owner createrole")
        without = run("migrate", env=env)
        assert without.returncode == 2
        assert "TMC_DATABASE_PASSWORD_DESK" in without.stderr
        with psycopg.connect(cluster.dsn("owner")) as connection:
            tables = connection.execute(
                "select count(*) from pg_tables where schemaname = 'public'"
            ).fetchone()
        assert tables == (0,), "a migrate that cannot end does not begin"

        passwords = {keys.password_variable(door): made.passwords[door] for door in keys.DOORS}
        assert run("migrate", "--quiet", env={**env, **passwords}).returncode == 0
        with psycopg.connect(cluster.address.url("two_portal", made.passwords["portal"])) as connection:
            assert connection.execute("select count(*) > 0 from django_migrations").fetchone() == (True,)
        rotated = {**passwords, "TMC_DATABASE_PASSWORD_PORTAL": "another password entirely"}
        assert run("migrate", "--quiet", env={**env, **rotated}).returncode == 0
        psycopg.connect(cluster.address.url("two_portal", "another password entirely")).close()


def test_check_says_what_is_unsound(folder: Path) -> None:
    data = ("--data", str(folder))
    unmigrated = run("check", *data)
    assert unmigrated.returncode == 1
    assert "run: trackmycrime migrate" in unmigrated.stdout
    assert run("migrate", "--quiet", *data).returncode == 0
    sound = run("check", *data)
    assert (sound.returncode, sound.stdout) == (0, "sound\n"), sound.stderr

    for_real = run("check", "--production", "--json", *data)
    assert for_real.returncode == 1
    told = json.loads(for_real.stdout)
    assert told["sound"] is False
    assert {"TMC_DATABASE_URL", "TMC_SECRET_KEY", "TMC_FIELD_KEYS", "TMC_PORTAL_URL", "TMC_EMAIL_URL"} <= {
        fault["setting"] for fault in told["faults"]
    }

    with start(folder) as cluster, psycopg.connect(cluster.superuser_dsn) as connection:
        connection.execute("grant tmc_worker to tmc_portal")
    breached = run("check", *data)
    assert breached.returncode == 1
    assert "trackmycrime portal refuses to start: its login is a member of another role" in breached.stdout
    assert "desk" not in breached.stdout
