"""Start, watch and stop PostgreSQL as a child of this process."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from trackmycrime.ops import keys as keyring
from trackmycrime.ops.embedded import address as addresses
from trackmycrime.ops.embedded import binaries as programs
from trackmycrime.ops.embedded import identity, lock, record
from trackmycrime.ops.embedded.initialise import SUPERUSER, initialise
from trackmycrime.ops.embedded.provision import provision
from trackmycrime.ops.exits import Unreachable
from trackmycrime.ops.tether import tethered

RECOVERY_SECONDS = 300.0
ENDING_SECONDS = 60.0
_LOG_BYTES = 5_000_000
_FOR_TESTS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off", "max_wal_size": "2GB"}


class Cluster:
    """A PostgreSQL that this process started, and the URLs to reach it. Made by ``start``."""

    def __init__(
        self,
        data: Path,
        *,
        prefix: str,
        keys: keyring.Keys,
        binaries: programs.Binaries,
        held: lock.Held,
        for_tests: bool,
    ) -> None:
        self.data = data
        self.prefix = prefix
        self.keys = keys
        self.binaries = binaries
        self.for_tests = for_tests
        self.log = data / "postgres.log"
        self._folder = data / "postgres"
        self._held = held
        self._process: subprocess.Popen[bytes] | None = None
        self._identity = identity.SELF
        self.address = addresses.Address("", 0)

    # reaching it

    def dsn(self, role: str, database: str = addresses.DATABASE) -> str:
        """The URL for ``owner``, ``portal``, ``desk``, ``gateway`` or ``worker``."""
        return self.address.url(f"{self.prefix}{role}", self.keys.passwords[role], database)

    @property
    def superuser_dsn(self) -> str:
        """The URL for PostgreSQL's own superuser; for the launcher and its tests only."""
        return self.address.url(SUPERUSER, self.keys.passwords[SUPERUSER])

    @property
    def pid(self) -> int:
        """The process id of the server; 0 when it is not running."""
        return self._process.pid if self._process and self._process.poll() is None else 0

    @property
    def alive(self) -> bool:
        return self.pid != 0

    # its life

    def launch(self) -> None:
        """Start the server, recover what there is to recover, see that logins and database are right."""
        self._make_files()
        ending = lock.wait_for_server(self.data, ENDING_SECONDS)
        try:
            self._clear_stale()
            self.address = addresses.choose(self._folder)
            self._clear_stale_socket()
            self._process = self._spawn(ending)
        finally:
            ending.release()  # the server has inherited it
        try:
            self._wait_until_ready()
            provision(self.superuser_dsn, self.prefix, self.keys.passwords, for_tests=self.for_tests)
        except BaseException:
            self._end()
            raise
        record.write(self.data, record.Running(os.getpid(), self.prefix, self.address))

    def stop(self) -> None:
        """End the server in order (sessions are cut, nothing committed is lost) and give the folder back."""
        self._end()
        record.forget(self.data)
        addresses.leave(self.address)
        self._held.release()

    def __enter__(self) -> Cluster:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # how

    def _make_files(self) -> None:
        if not (self._folder / "PG_VERSION").exists():
            with contextlib.suppress(FileNotFoundError):
                self._folder.rmdir()  # an empty folder that somebody made; a full one is not ours to judge
            password = self.keys.passwords[SUPERUSER]
            self._identity = initialise(self._folder, self.binaries, password, sync=not self.for_tests)
        else:
            self._identity = identity.choose(self._folder, self.binaries)

    def _clear_stale(self) -> None:
        """Remove what a killed server left. We hold its lock, so none of ours runs; one started by hand might."""
        left = self._folder / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
            pid = int(left.read_text("utf-8").splitlines()[0])
            with contextlib.suppress(OSError):
                if os.path.realpath(f"/proc/{pid}/cwd") == os.path.realpath(self._folder):
                    raise lock.InUse(self.data, pid, lock.SERVER)
        if os.path.isdir("/proc/self"):
            left.unlink(missing_ok=True)

    def _clear_stale_socket(self) -> None:
        """Remove the lock that a killed server left beside its socket.

        PostgreSQL would believe it for as long as its process id is somebody's: a zombie's, or another's in a container
        that was started again. The folder is this data's alone and no server runs on this data, as was seen before.
        """
        if self.address.by_socket and os.path.isdir("/proc/self"):
            left = Path(self.address.host) / f".s.PGSQL.{self.address.port}.lock"
            left.unlink(missing_ok=True)

    def _spawn(self, ending: lock.Held) -> subprocess.Popen[bytes]:
        settings: Mapping[str, str] = {
            **addresses.settings(self.address),
            **(_FOR_TESTS if self.for_tests else {}),
        }
        argv = [self.binaries.postgres, "-D", str(self._folder)]
        for name, value in settings.items():
            argv += ["-c", f"{name}={value}"]
        if self.log.exists() and self.log.stat().st_size > _LOG_BYTES:
            self.log.replace(self.log.with_suffix(".log.1"))
        descriptor = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            return subprocess.Popen(
                tethered(argv, end_signal=signal.SIGINT, identity=self._identity, chdir=self._folder),
                stdin=subprocess.DEVNULL,
                stdout=descriptor,
                stderr=descriptor,
                pass_fds=[ending.descriptor],
                env={
                    name: value for name, value in os.environ.items() if not name.startswith(("TMC_", "PG"))
                },
            )
        finally:
            os.close(descriptor)

    def _wait_until_ready(self) -> None:
        """Wait for the word «ready» in postmaster.pid, as pg_ctl does. Raises Unreachable with the log's end."""
        assert self._process is not None
        status = self._folder / "postmaster.pid"
        until = time.monotonic() + RECOVERY_SECONDS
        while time.monotonic() < until:
            if self._process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                lines = status.read_text("utf-8", "replace").splitlines()
                if len(lines) > 7 and lines[0] == str(self._process.pid) and lines[7].strip() == "ready":
                    return
            time.sleep(0.01)
        raise Unreachable(
            f"PostgreSQL did not start on {self.data}; {self.log} ends with:\n{self._last_words()}"
        )

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-8:])
        return ""

    def _end(self) -> None:
        process = self._process
        if process is None:
            return
        for number, seconds in ((signal.SIGINT, 30.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0)):
            if process.poll() is not None:
                break
            process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
        self._process = None


def start(
    data: Path,
    *,
    prefix: str = "tmc_",
    purpose: str = lock.SERVER,
    for_tests: bool = False,
    environ: Mapping[str, str] | None = None,
) -> Cluster:
    """Start the cluster in ``data`` (made when it is not there) and return it running.

    The caller is in charge of ``data`` until ``stop``; call from the main thread (see ``tether``). ``for_tests`` gives
    up durability for speed, and lets the owner make test databases. Raises InUse when another process is in charge,
    Unreachable when PostgreSQL cannot be had.
    """
    data = data.absolute()
    environ = os.environ if environ is None else environ
    try:
        # Two commands may make it at the same moment; what is no folder, the lock complains of.
        with contextlib.suppress(FileExistsError):
            data.mkdir(parents=True, mode=0o700)
        held = lock.take(data, purpose)
    except OSError as error:
        raise Unreachable(f"cannot use the data folder {data}: {error.strerror}") from None
    try:
        keys = keyring.generated(data, environ)
        made_by = _made_by(data / "postgres")
        binaries = programs.find(environ, made_by)
        cluster = Cluster(data, prefix=prefix, keys=keys, binaries=binaries, held=held, for_tests=for_tests)
        cluster.launch()
    except BaseException:
        held.release()
        raise
    return cluster


def _made_by(folder: Path) -> int | None:
    try:
        return int((folder / "PG_VERSION").read_text("ascii"))
    except FileNotFoundError:
        return None
