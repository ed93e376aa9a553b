"""As whom PostgreSQL runs. It refuses root, and a container's only user is often root.

As root, in this order: as whoever owns the data already; in a user namespace, where root is an ordinary user
(no other user is needed, and it works below a 0700 folder such as /root); as ``nobody``, who must be able to
pass through every folder above the data. Each is tried out before it is chosen.
"""

from __future__ import annotations

import os
import pwd
import subprocess
from pathlib import Path

from trackmycrime.ops.embedded.binaries import Binaries
from trackmycrime.ops.exits import Unreachable
from trackmycrime.ops.tether import tethered

SELF, NAMESPACE = "self", "namespace"


def _nobody() -> str | None:
    try:
        user = pwd.getpwnam("nobody")
    except KeyError:
        return None
    return f"{user.pw_uid}:{user.pw_gid}"


def _works(identity: str, folder: Path, binaries: Binaries) -> str:
    """Empty when ``identity`` may enter ``folder`` and run PostgreSQL; else what the machine said."""
    try:
        done = subprocess.run(
            tethered([binaries.postgres, "--version"], identity=identity, chdir=folder),
            check=False,
            capture_output=True,
            text=True,
            timeout=30,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    return "" if done.returncode == 0 else (done.stderr.strip() or f"exit code {done.returncode}")


def choose(folder: Path, binaries: Binaries) -> str:
    """The identity under which PostgreSQL can run on ``folder``, which exists and is ours to give away.

    Raises Unreachable that says what was tried.
    """
    if os.geteuid() != 0:
        return SELF
    state = folder.stat()
    fresh = not any(folder.iterdir())
    tried = []
    if state.st_uid != 0:
        candidates = [f"{state.st_uid}:{state.st_gid}"]
    elif fresh:
        candidates = [NAMESPACE, *filter(None, [_nobody()])]
    else:
        candidates = [NAMESPACE]
    above = folder.parent
    for identity in candidates:
        mode = above.stat().st_mode & 0o777
        if ":" in identity:
            os.chown(folder, *(int(part) for part in identity.split(":")))
            above.chmod(mode | 0o011)  # only the data folder itself; what is above it is not ours to open
        problem = _works(identity, folder, binaries)
        if not problem:
            return identity
        tried.append(f"as {identity}: {problem}")
        if state.st_uid == 0:
            os.chown(folder, 0, state.st_gid)
            above.chmod(mode)
    raise Unreachable(
        f"PostgreSQL does not run as root, and no other way worked for {folder} ({'; '.join(tried)}). "
        "Run this as an ordinary user, choose a --data folder below /var/lib or /tmp, or set TMC_DATABASE_URL"
    )
