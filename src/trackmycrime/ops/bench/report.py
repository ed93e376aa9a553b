"""What was measured: figures with their yardsticks, as a table, as JSON and as a page of the documentation."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- measured: begin -->", "<!-- measured: end -->"


@dataclass(frozen=True)
class Figure:
    """One measured thing. `wanted` is what it has to be, in words, and `met` whether it was; None: nothing is asked."""

    name: str
    value: str
    yardstick: str = ""
    wanted: str = ""
    met: bool | None = None


@dataclass
class Report:
    """Everything of one run. `raw` are the numbers behind the figures."""

    size: str
    figures: list[Figure] = field(default_factory=list)
    raw: dict[str, Any] = field(default_factory=dict)
    machine: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """All of it, for scripts."""
        return asdict(self)

    def as_text(self) -> str:
        """The table for a terminal."""
        rows = [("", "measured", "yardstick, same run", "wanted"), *map(_cells, self.figures)]
        widths = [max(len(row[column]) for row in rows) for column in range(4)]
        lines = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows
        ]
        about = "; ".join(f"{name}: {value}" for name, value in self.machine.items())
        return "\n".join([*(one.rstrip() for one in lines), "", f"size {self.size}; {about}"])

    def as_markdown(self) -> str:
        """The same for the documentation."""
        lines = [f"- {name}: {value}" for name, value in {**self.machine, "size": self.size}.items()]
        lines += ["", "| | measured | yardstick, same run | wanted |", "| --- | --- | --- | --- |"]
        lines += [f"| {' | '.join(_cells(figure))} |" for figure in self.figures]
        return "\n".join(lines)


def _cells(figure: Figure) -> tuple[str, str, str, str]:
    said = {True: ": yes", False: ": NO", None: ""}[figure.met]
    return figure.name, figure.value, figure.yardstick, f"{figure.wanted}{said}"


def write_into(file: Path, report: Report) -> None:
    """Put what was measured into a page: between its marks where it has them, else as the whole of it."""
    new = f"{BEGIN}\n{report.as_markdown()}\n{END}"
    old = file.read_text(encoding="utf-8") if file.exists() else ""
    head, begin, rest = old.partition(BEGIN)
    _, end, tail = rest.partition(END)
    text = head + new + tail if begin and end else f"# Measured by `trackmycrime bench`\n\n{new}\n"
    file.write_text(text, encoding="utf-8")


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` (0 to 1) of the values do not exceed; nearest rank. NaN for none."""
    ordered = sorted(values)
    if not ordered:
        return float("nan")
    return ordered[max(0, min(len(ordered) - 1, round(share * len(ordered) + 0.5) - 1))]


def median(values: Sequence[float]) -> float:
    """The value in the middle; NaN for none."""
    return percentile(values, 0.5)


def machine(postgres: str) -> dict[str, str]:
    """What all of it ran on, and when."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "CPU": f"{_cpu()}, {cores} cores",
        "memory": f"{memory:.1f} GiB",
        "PostgreSQL": postgres,
        "Python": platform.python_version(),
        "load before": f"{os.getloadavg()[0]:.1f}",
    }


def _cpu() -> str:
    try:
        for one in Path("/proc/cpuinfo").read_text().splitlines():
            name, _, value = one.partition(":")
            if name.strip() == "model name" and value.strip() not in ("", "unknown"):
                return value.strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()
