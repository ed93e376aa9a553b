"""How far a process lets others on its machine go first."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_AUTOGROUP = Path("/proc/self/autogroup")


def give_way(nice: int) -> None:
    """Go behind others as `nice -n` does, and so that it tells between sessions too.

    Linux with ``sched_autogroup_enabled`` shares the processor out between sessions first, and what `nice` says counts
    only within one (sched(7), «The autogroup feature»); every program that we start has a session of its own.
    """
    os.nice(nice)
    # where there is no such file, or a control group rules instead, `nice` alone is all that can be said
    with contextlib.suppress(OSError):
        _AUTOGROUP.write_text(str(os.getpriority(os.PRIO_PROCESS, 0)))
