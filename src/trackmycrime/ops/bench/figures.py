"""Figures: percentiles, the machine they were measured on, and how they are told."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of the values lies (nearest rank)."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(len(ranked) * share))] if ranked else float("nan")


@dataclass
class Report:
    """What one bench has measured: lines for people, and everything for programs."""

    name: str
    rows: list[tuple[str, str]] = field(default_factory=list)
    raw: dict[str, Any] = field(default_factory=dict)

    def say(self, what: str, figure: str, **raw: Any) -> None:
        """One line of the table, with its raw figures."""
        self.rows.append((what, figure))
        self.raw |= raw


def machine() -> dict[str, str]:
    """What these figures were measured on, and when."""
    cpu, memory = platform.processor(), ""
    try:
        names = [
            line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")
        ]
        cpu = names[0].split(":", 1)[1].strip() if names else cpu
        total = Path("/proc/meminfo").read_text().split("MemTotal:")[1].split()[0]
        memory = f"{int(total) / 1024 / 1024:.0f} GiB"
    except (OSError, IndexError):
        pass
    return {
        "cores": str(os.cpu_count()),
        "cpu": cpu,
        "memory": memory,
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }


def told(reports: Sequence[Report], where: dict[str, str]) -> str:
    """The tables, as Markdown."""
    lines = [", ".join(f"{name}: {value}" for name, value in where.items()), ""]
    for report in reports:
        lines += [f"### {report.name}", "", "| what | measured |", "| --- | --- |"]
        lines += [f"| {what} | {figure} |" for what, figure in report.rows]
        lines.append("")
    return "\n".join(lines)
