"""Run bad providers and a worker in a network of their own, which reaches nothing but this machine's files.

    python -m tests.faults.apart FOLDER SEED PROGRAM ARGUMENT…

The worker's way to PostgreSQL is its socket in the data folder; no other worker can be reached from here. Where this
machine allows no such network, they run beside the others, and say so. Ends with the worker's exit code; when it is
killed, all of it ends at once.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import struct
import subprocess
import sys

from tests.faults.processes import free_ports
from trackmycrime.ops.tether import tethered

MAIL_PORT, TEXT_PORT = 2525, 8025
_NEW_USERS, _NEW_NETWORK = 0x10000000, 0x40000000  # clone(2)
_SET_FLAGS, _UP = 0x8914, 0x1  # netdevice(7)


def alone() -> None:
    """Leave this machine's network for an empty one, with its own loopback up. Raises OSError where that is not
    allowed (as root it needs CAP_SYS_ADMIN, as anybody else namespaces for users)."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_NEW_NETWORK) and libc.unshare(_NEW_USERS | _NEW_NETWORK):
        raise OSError(ctypes.get_errno(), "no network of its own is allowed here")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SET_FLAGS, struct.pack("16sh", b"lo", _UP))


def main() -> int:
    """The exit code of the worker."""
    folder, seed, *argv = sys.argv[1:]
    mail, text = MAIL_PORT, TEXT_PORT
    try:
        alone()
    except OSError as refused:
        sys.stderr.write(f"not apart: {refused}\n")
        mail, text = free_ports(2)
    providers = [sys.executable, "-m", "tests.faults.bad_providers", str(mail), str(text), folder, seed]
    subprocess.Popen(tethered(providers, end_signal=signal.SIGKILL))
    settings = {
        "TMC_EMAIL_URL": f"smtp://127.0.0.1:{mail}",
        "TMC_TEXT_URL": f"http://127.0.0.1:{text}/texts",
    }
    worker = tethered(argv, end_signal=signal.SIGKILL)
    return subprocess.run(worker, check=False, env=os.environ | settings).returncode


if __name__ == "__main__":
    sys.exit(main())
