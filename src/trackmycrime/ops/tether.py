"""Start a program that cannot outlive whoever started it, if need be as another user.

``tethered(argv)`` gives the command line to hand to ``subprocess.Popen``: this very file, run as a script by
a bare Python (10 ms), which prepares its own process and then *becomes* the program. So the program is the
caller's direct child, is reaped by it, and has its process id.

- The kernel sends it ``end_signal`` when the caller is gone, also after kill -9 (Linux). Elsewhere a
  shell looks each second, and sends the signal.
- It gets its own session, so that Ctrl-C at a terminal reaches the caller only, who ends things in order.
- ``Identity`` says as whom: PostgreSQL refuses to run as root (see ``embedded.identity``).

On Linux the tether is tied to the *thread* that starts the program: start things from the main thread.
Nothing but the standard library may be imported here.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Sequence

CANNOT_START = 125
NAMESPACE_USER = 65534
_ON_LINUX: bool = sys.platform == "linux"
_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000


def tethered(
    argv: Sequence[str],
    *,
    end_signal: int = signal.SIGTERM,
    identity: str = "self",
    chdir: str | os.PathLike[str] | None = None,
) -> list[str]:
    """The command line that runs ``argv`` tethered to this process.

    ``identity`` is ``self``, ``namespace`` (a user namespace in which root is an ordinary user) or
    ``UID:GID``. ``chdir`` is entered after the change of identity, as a test of what it may enter.
    """
    own = [sys.executable, "-I", "-S", os.path.abspath(__file__)]
    return [*own, str(os.getpid()), str(int(end_signal)), identity, os.fspath(chdir or ""), *argv]


def _become(identity: str) -> None:
    """Change who this process is; raises OSError where the machine forbids it."""
    if identity == "self":
        return
    if identity == "namespace":
        uid, gid = os.getuid(), os.getgid()
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(_CLONE_NEWUSER) != 0:
            number = ctypes.get_errno()
            raise OSError(number, f"no user namespace: {os.strerror(number)}")
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", f"{NAMESPACE_USER} {uid} 1"),
            ("gid_map", f"{NAMESPACE_USER} {gid} 1"),
        ):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
        return
    uid, gid = (int(part) for part in identity.split(":"))
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)


def _tie_to(parent: int, end_signal: int) -> None:
    """Arrange that this process gets ``end_signal`` when ``parent`` is gone."""
    if _ON_LINUX:
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, end_signal, 0, 0, 0)
        if os.getppid() != parent:  # it went before we asked
            raise SystemExit(CANNOT_START)
        return
    _watch(parent, end_signal)


def _watch(parent: int, end_signal: int) -> None:
    """Where the kernel cannot tell: a grandchild that looks each second whether ``parent`` lives."""
    me = os.getpid()
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    if os.fork():
        os._exit(0)
    alive = "ps -p {0} >/dev/null 2>&1"
    while_both = f"while {alive.format(parent)} && {alive.format(me)}; do sleep 1; done"
    script = f"{while_both}; {alive.format(parent)} || kill -{end_signal} {me}"
    os.execv("/bin/sh", ["sh", "-c", script])  # noqa: S606 (numbers only)


def main(argv: Sequence[str]) -> None:
    """Become the program named on the command line (see ``tethered``)."""
    parent, end_signal, identity, chdir, *program = argv
    try:
        with contextlib.suppress(PermissionError):  # already a leader
            os.setsid()
        _become(identity)
        _tie_to(int(parent), int(end_signal))
        if chdir:
            os.chdir(chdir)
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        for number in (
            signal.SIGINT,
            signal.SIGPIPE,
        ):  # Python ignores SIGPIPE; the program should not inherit it
            signal.signal(number, signal.SIG_DFL)
        os.execvp(program[0], program)  # noqa: S606 (the program is the caller's)
    except (OSError, ValueError) as error:
        print(f"cannot start {program[0]}: {error}", file=sys.stderr)  # noqa: T201 (a program's last words)
        raise SystemExit(CANNOT_START) from None


if __name__ == "__main__":
    main(sys.argv[1:])
