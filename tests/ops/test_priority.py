"""A program that gives way does so before Linux's sharing between sessions too, where `nice` alone tells nothing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

_SAYS = """
import os
from pathlib import Path
from trackmycrime.ops.priority import give_way
give_way(7)
group = Path("/proc/self/autogroup")
print(os.getpriority(os.PRIO_PROCESS, 0), group.read_text().split()[-1] if group.exists() else "-")
"""


def test_a_session_of_its_own_gives_way_as_a_whole() -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SAYS], capture_output=True, text=True, check=True, start_new_session=True
    )
    nice, group = done.stdout.split()
    assert int(nice) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + 7)
    autogroup = Path("/proc/sys/kernel/sched_autogroup_enabled")
    if autogroup.exists() and autogroup.read_text().strip() == "1" and group != "-":
        assert group == nice
