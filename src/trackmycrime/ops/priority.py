"""How far a process lets others on its machine go first."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_AUTOGROUP = Path("/proc/self/autogroup")


def give_way(nice: int) -> None:
    """Go behind others as `nice -n` does, and so that it tells between sessions too.

    Linux with ``sched_autogroup_enabled`` shares the processor out between sessions first, and what `nice` says counts
    only within one (sched(7), «The autogroup feature»). Every program that we start leads a session of its own; one
    that was started by hand shares its terminal's, which is not ours to slow down.
    """
    os.nice(nice)
    if os.getsid(0) == os.getpid():
        # where there is no such file, `nice` alone is all that can be said
        with contextlib.suppress(OSError):
            _AUTOGROUP.write_text(str(os.getpriority(os.PRIO_PROCESS, 0)))
