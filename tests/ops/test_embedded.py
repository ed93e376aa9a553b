"""The embedded PostgreSQL, on every PostgreSQL that is here: installed ones and the wheel's."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import sys
from pathlib import Path

import psycopg
import pytest

from tests.support.processes import Background, alive, clean_environment, eventually, processes_of, python
from trackmycrime.ops import tether
from trackmycrime.ops.embedded import InUse, address, binaries, identity, initialise, start
from trackmycrime.ops.exits import UNREACHABLE, Unreachable

pytestmark = pytest.mark.processes

HOLD = """
import os, sys, time
from pathlib import Path
from trackmycrime.ops.embedded import start
cluster = start(Path(sys.argv[1]))
print(cluster.dsn("owner"), flush=True)
print(cluster.pid, flush=True)
time.sleep(300)
"""


def one(url: str, sql: str, *args: object) -> object:
    with psycopg.connect(url) as connection:
        row = connection.execute(sql, args or None).fetchone()
    return row[0] if row else None


def test_first_start_gives_each_role_its_login_and_nothing_more(
    folder: Path, postgres: dict[str, str]
) -> None:
    with start(folder, environ=postgres) as cluster:
        for role in ("owner", "portal", "desk", "gateway", "worker"):
            assert one(cluster.dsn(role), "select current_user") == f"tmc_{role}"
        powers = (
            "select bool_or(rolsuper or rolcreaterole or rolcreatedb or rolreplication or rolbypassrls)"
            " from pg_roles where rolname like 'tmc\\_%'"
        )
        assert one(cluster.dsn("owner"), powers) is False
        assert (
            one(
                cluster.superuser_dsn,
                "select count(*) from pg_auth_members where roleid::regrole::text like 'tmc%'",
            )
            == 0
        )
        one_table = "create table mine (id int)"
        for door in ("portal", "desk", "gateway", "worker"):
            for refused in (one_table, "create temporary table mine (id int)"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    one(cluster.dsn(door), refused)
        with psycopg.connect(cluster.dsn("owner")) as connection:
            connection.execute(one_table)


def test_nobody_gets_in_without_the_password(folder: Path, postgres: dict[str, str]) -> None:
    with start(folder, environ=postgres) as cluster:
        for login in ("postgres", "tmc_owner", "tmc_portal"):
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                psycopg.connect(cluster.address.url(login, "guessed"))
        assert "trust" not in (folder / "postgres" / "pg_hba.conf").read_text()


def test_what_was_committed_is_there_after_a_restart(folder: Path, postgres: dict[str, str]) -> None:
    with start(folder, environ=postgres) as cluster:
        with psycopg.connect(cluster.dsn("owner")) as connection:
            connection.execute("create table kept as select 42 as answer")
        url, pid = cluster.dsn("owner"), cluster.pid
    assert not alive(pid)
    with start(folder, environ=postgres) as cluster:
        assert cluster.dsn("owner") == url
        assert one(url, "select answer from kept") == 42


def test_killed_supervisor_takes_the_server_with_it_and_loses_nothing(
    folder: Path, postgres: dict[str, str]
) -> None:
    with python(HOLD, str(folder), env=clean_environment(**postgres)) as holder:
        url, pid = holder.line(), int(holder.line())
        connection = psycopg.connect(url, autocommit=True)
        connection.execute("create table kept as select 42 as answer")
        connection.execute("begin")
        connection.execute("insert into kept values (43)")
        holder.process.kill()
        with start(folder, environ=postgres) as cluster:  # at once, while the old server is still ending
            assert not alive(pid)
            with psycopg.connect(cluster.dsn("owner")) as again:
                assert again.execute("select answer from kept").fetchall() == [(42,)]
        connection.close()


def test_killed_server_is_started_again_on_the_same_data(folder: Path, postgres: dict[str, str]) -> None:
    with start(folder, environ=postgres) as cluster:
        with psycopg.connect(cluster.dsn("owner")) as connection:
            connection.execute("create table kept as select 42 as answer")
        first = cluster.pid
        os.kill(first, signal.SIGKILL)
        eventually(lambda: not cluster.alive, what="the end of the server")
        cluster.launch()
        assert cluster.pid != first
        assert one(cluster.dsn("owner"), "select answer from kept") == 42


def test_interrupted_first_start_leaves_nothing_in_the_way(folder: Path, postgres: dict[str, str]) -> None:
    with python(HOLD, str(folder), env=clean_environment(**postgres)) as holder:
        eventually(lambda: any(folder.glob("postgres.new-*")), what="initdb")
        holder.process.kill()
    half = folder / "postgres.new-half"
    half.mkdir()
    (half / "PG_VERSION").write_text("15\n")
    with start(folder, environ=postgres) as cluster:
        assert one(cluster.dsn("owner"), "select 1") == 1
    assert not any(folder.glob("postgres.new-*"))


def test_second_start_names_the_process_that_has_the_folder(folder: Path) -> None:
    with python(HOLD, str(folder)) as holder:
        holder.line()
        with pytest.raises(InUse) as refused:
            start(folder)
        assert refused.value.message == f"{folder} is in use by process {holder.process.pid}"
        assert refused.value.exit_code == UNREACHABLE


def test_stale_pid_file_that_names_a_living_process_does_not_stop_a_start(folder: Path) -> None:
    start(folder).stop()
    with Background(["sleep", "300"]) as other:  # process ids are reused
        left = f"{other.process.pid}\n{folder}/postgres\n0\n5432\n\n\n  1 1\nready\n"
        (folder / "postgres" / "postmaster.pid").write_text(left)
        (folder / "postgres" / ".s.PGSQL.5432.lock").write_text(left)
        with start(folder) as cluster:
            assert one(cluster.dsn("owner"), "select 1") == 1


def test_server_started_by_hand_is_not_disturbed(folder: Path, postgres: dict[str, str]) -> None:
    start(folder, environ=postgres).stop()
    program = binaries.find(postgres)
    own = identity.choose(folder / "postgres", program)
    argv = tether.tethered(
        [program.postgres, "-D", str(folder / "postgres"), "-k", str(folder / "postgres"), "-h", ""],
        identity=own,
    )
    with Background(argv) as by_hand:
        eventually(
            lambda: "ready" in _text(folder / "postgres" / "postmaster.pid"), what="the server by hand"
        )
        with pytest.raises(InUse, match=f"in use by process {by_hand.process.pid}"):
            start(folder, environ=postgres)
        assert by_hand.end(signal.SIGINT) == 0


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


@pytest.mark.parametrize("name", ["x" * 150, "a, b", 'cri\'me "data"'])
def test_folder_in_which_no_socket_can_live_gets_it_elsewhere(folder: Path, name: str) -> None:
    with start(folder.parent / name) as cluster:
        socket_folder = Path(cluster.address.host)
        assert socket_folder.parent == Path(address.tempfile.gettempdir())
        assert stat.S_IMODE(socket_folder.stat().st_mode) == 0o700
        assert one(cluster.dsn("owner"), "select 1") == 1
    assert not socket_folder.exists()


def test_space_in_the_folder_is_nothing_special(folder: Path) -> None:
    spaced = folder.parent / "case files"
    with start(spaced) as cluster:
        assert cluster.address.host == str(spaced / "postgres")
        assert one(cluster.dsn("owner"), "select 1") == 1


def test_where_no_socket_can_be_had_it_listens_on_this_machine_only_with_passwords(folder: Path) -> None:
    long = folder.parent / ("x" * 150)
    taken = Path(address._run_folder(long / "postgres", address.tempfile.gettempdir()))
    taken.mkdir(mode=0o777)
    taken.chmod(0o777)  # somebody else's, for all we know
    try:
        with start(long) as cluster:
            assert cluster.address.host == "127.0.0.1"
            assert one(cluster.dsn("portal"), "select current_user") == "tmc_portal"
            assert one(cluster.superuser_dsn, "show listen_addresses") == "127.0.0.1"
            with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
                psycopg.connect(cluster.address.url("tmc_owner", "guessed"))
    finally:
        taken.rmdir()


def test_data_of_another_version_is_refused_by_name(folder: Path) -> None:
    start(folder).stop()
    (folder / "postgres" / "PG_VERSION").write_text("12\n")
    with pytest.raises(
        Unreachable, match=r"made by PostgreSQL 12, which is not here; found .*TMC_POSTGRES_BIN"
    ):
        start(folder)


def test_each_data_folder_keeps_the_version_that_made_it(folder: Path) -> None:
    *_, older = (each for each in binaries.here(os.environ) if each.major >= binaries.OLDEST)
    assert older.major < binaries.find({}).major, "the wheel alone brings two"
    start(folder, environ={"TMC_POSTGRES_BIN": str(older.folder)}).stop()
    with start(folder) as cluster:
        assert cluster.binaries.major == older.major


def test_new_data_are_made_by_the_newest_and_of_one_version_by_the_machines_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    old, own, wheels = (
        binaries.Binaries(Path(name), major) for name, major in (("a", 15), ("b", 18), ("c", 18))
    )
    monkeypatch.setattr(binaries, "bundled", lambda: iter([wheels]))
    monkeypatch.setattr(binaries, "installed", lambda _: iter([old]))
    assert binaries.find({}) == wheels
    monkeypatch.setattr(binaries, "installed", lambda _: iter([old, own]))
    assert binaries.find({}) == own
    assert binaries.find({}, 15) == old


def test_forced_folder_without_postgres_is_refused_by_name(folder: Path) -> None:
    with pytest.raises(Unreachable, match=r"TMC_POSTGRES_BIN=/nowhere has no postgres and initdb"):
        start(folder, environ={"TMC_POSTGRES_BIN": "/nowhere"})


def test_failing_server_is_quoted(folder: Path) -> None:
    start(folder).stop()
    with (folder / "postgres" / "postgresql.conf").open("a") as conf:
        conf.write("max_connections = many\n")
    with pytest.raises(Unreachable, match=r'(?s)postgres.log ends with:.*"max_connections"'):
        start(folder)
    assert not processes_of(folder)


def test_folders_and_keys_are_private(folder: Path) -> None:
    with start(folder):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert stat.S_IMODE((folder / "keys").stat().st_mode) == 0o700
        for path in [
            *(folder / "keys").iterdir(),
            folder / "run.json",
            folder / "postgres.log",
            folder / "lock",
        ]:
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_log_tells_no_values(folder: Path) -> None:
    with start(folder) as cluster, psycopg.connect(cluster.dsn("owner"), autocommit=True) as connection:
        connection.execute("create table person (email text primary key, born date)")
        for email in ("canary@example.org", "canary@example.org"):
            with psycopg.connect(cluster.dsn("owner")) as other:
                try:
                    other.execute("insert into person values (%s)", [email])
                except psycopg.errors.UniqueViolation:
                    continue
        with pytest.raises(psycopg.errors.InvalidDatetimeFormat):
            connection.execute("select 'canary@example.org'::date")
        assert "canary" not in cluster.log.read_text()


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")


@as_root
def test_root_without_user_namespaces_runs_it_as_nobody(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "NAMESPACE", "no such way")
    with start(folder) as cluster:
        assert one(cluster.dsn("owner"), "select 1") == 1
        owner = Path(f"/proc/{cluster.pid}").stat().st_uid
        assert owner != 0
        assert (folder / "postgres").stat().st_uid == owner
        assert (folder / "keys" / "secret_key").stat().st_uid == 0
        assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o755
    monkeypatch.undo()
    with start(folder) as cluster:  # it stays with the one who owns the data
        assert Path(f"/proc/{cluster.pid}").stat().st_uid == owner


@as_root
def test_root_with_no_way_to_run_it_is_told_so(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "NAMESPACE", "no such way")
    folder.parent.chmod(0o700)
    with pytest.raises(Unreachable, match=r"does not run as root.*ordinary user.*TMC_DATABASE_URL"):
        start(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(folder.parent.stat().st_mode) == 0o700, (
        "what is above the data folder is not ours to open"
    )


@as_root
def test_ordinary_user_runs_it_as_itself(folder: Path) -> None:
    argv = tether.tethered([sys.executable, "-c", HOLD, str(folder)], identity="namespace")
    with Background(argv) as holder:
        assert "tmc_owner" in holder.line()
        pid = int(holder.line())
        holder.end(signal.SIGTERM)
    eventually(lambda: not alive(pid), what="the end of the server")
    shutil.rmtree(folder)


def test_cluster_for_tests_may_make_databases_and_a_served_one_loses_that(folder: Path) -> None:
    may = "select rolcreatedb and pg_has_role('tmc_portal', 'member') from pg_roles where rolname = current_user"
    with start(folder, for_tests=True) as cluster:
        assert one(cluster.dsn("owner"), may) is True
        assert one(cluster.superuser_dsn, "show fsync") == "off"
    with start(folder) as cluster:
        assert one(cluster.dsn("owner"), may) is False
        assert one(cluster.superuser_dsn, "show fsync") == "on"


def test_pages_are_kept_in_a_quarter_of_what_the_container_may_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = tmp_path / "memory.max"
    monkeypatch.setattr(initialise, "_CONTAINER", limit)
    whole = initialise._memory()
    limit.write_text("max\n")
    assert initialise._memory() == whole
    limit.write_text(f"{800 * 2**20}\n")
    assert initialise._memory() == 200
    limit.write_text("1\n")
    assert initialise._memory() == 128
