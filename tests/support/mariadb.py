"""A MariaDB for tests, of the machine's own binaries, in a temporary folder, as a user that is not root."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trackmycrime.ops.tether import tethered

_PLACES = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/usr/libexec"])


def find() -> str | None:
    """The server's program, or None. ``TMC_MARIADB=none`` means: do without."""
    if os.environ.get("TMC_MARIADB") == "none":
        return None
    server = shutil.which("mariadbd", path=_PLACES)
    return server if server and shutil.which("mariadb-install-db", path=_PLACES) else None


class Server:
    """A running server, reached by its socket only."""

    def __init__(self) -> None:
        # A socket's path may have about a hundred characters: not below pytest's own folders.
        self.folder = Path(tempfile.mkdtemp(prefix="tmc-mdb-"))
        self.socket = self.folder / "s"
        self._identity = "self"
        if os.geteuid() == 0:
            user = pwd.getpwnam("nobody")
            self._identity = f"{user.pw_uid}:{user.pw_gid}"
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        self._process: subprocess.Popen[bytes] | None = None
        self._prepare()
        self.start()

    def _prepare(self) -> None:
        install = shutil.which("mariadb-install-db", path=_PLACES) or ""
        done = subprocess.run(
            tethered(
                [
                    install,
                    "--no-defaults",
                    f"--datadir={self.folder / 'data'}",
                    "--auth-root-authentication-method=normal",
                    "--skip-test-db",
                    "--skip-name-resolve",
                ],
                identity=self._identity,
                chdir=self.folder,
            ),
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-2000:]

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        self._process = subprocess.Popen(
            tethered(
                [
                    find() or "",
                    "--no-defaults",
                    f"--datadir={self.folder / 'data'}",
                    f"--socket={self.socket}",
                    f"--pid-file={self.folder / 'pid'}",
                    f"--log-error={self.folder / 'log'}",
                    "--skip-networking",
                    "--innodb-buffer-pool-size=32M",
                    "--innodb-flush-log-at-trx-commit=0",
                    "--character-set-server=utf8mb4",
                ],
                identity=self._identity,
                chdir=self.folder,
            ),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        import pymysql

        until = time.monotonic() + 60
        while True:
            try:
                pymysql.connect(unix_socket=str(self.socket), user="root").close()
                return
            except pymysql.OperationalError:
                assert self._process.poll() is None, (self.folder / "log").read_text()[-2000:]
                assert time.monotonic() < until, "MariaDB does not start"
                time.sleep(0.05)

    def stop(self) -> None:
        """End it; its data stay until `remove`."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(60)
            self._process = None

    def remove(self) -> None:
        """End it and remove its folder."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def running() -> Iterator[Server]:
    """A server for as long as the block runs."""
    server = Server()
    try:
        yield server
    finally:
        server.remove()


if __name__ == "__main__":
    sys.exit(0 if find() else 1)
