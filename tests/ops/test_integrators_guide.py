"""The guide for integrators is run, command by command, against a real server; it answers as the guide says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from tests.support.processes import clean_environment
from tests.support.serving import Serving

pytestmark = pytest.mark.processes

GUIDE = Path(__file__).parents[2] / "docs" / "integrators.md"
MARK = "----- what comes now is of the next command"


def _steps() -> Iterator[tuple[str, Any]]:
    """(command, what it answers; None where the guide does not say) of each block of the guide's first part."""
    part = GUIDE.read_text().split("## Your first event in ten minutes")[1].split("\n## ")[0]
    blocks = re.findall(r"```(\w+)\n(.*?)```", part, flags=re.DOTALL)
    assert {kind for kind, _ in blocks} == {"sh", "json"}
    for number, (kind, text) in enumerate(blocks):
        if kind == "sh":
            said = blocks[number + 1] if number + 1 < len(blocks) else ("", "")
            yield text, json.loads(said[1]) if said[0] == "json" else None


def _like(found: Any, told: Any) -> bool:
    """Whether an answer is what the guide tells; «…» stands for anything."""
    if told == "…":
        return True
    if isinstance(told, dict):
        return (
            isinstance(found, dict)
            and found.keys() == told.keys()
            and all(_like(found[k], told[k]) for k in told)
        )
    if isinstance(told, list):
        return isinstance(found, list) and len(found) == len(told) and all(map(_like, found, told))
    return bool(found == told)


def test_every_command_of_the_guide_answers_as_it_says(folder: Path, tmp_path: Path) -> None:
    steps = list(_steps())
    assert steps[0][0].strip() == "trackmycrime serve"
    assert len(steps) >= 15
    with Serving(folder) as serving:
        serving.ready()
        script = "set -eu\ntrackmycrime() { " + f'"{sys.executable}" -m trackmycrime.ops.cli "$@"; }}\n'
        for command, _ in steps[1:]:
            script += (
                f"{command.replace('http://127.0.0.1:8002', serving.gateway)}\nprintf '\\n%s\\n' '{MARK}'\n"
            )
        run = subprocess.run(
            ["bash", "-c", script],
            check=False,
            capture_output=True,
            text=True,
            timeout=120,
            cwd=tmp_path,
            env=clean_environment(TMC_DATA=str(folder)),
        )
        assert run.returncode == 0, run.stderr
        assert urlopen(f"{serving.gateway}/healthz").status == 200
    answers = run.stdout.split(f"{MARK}\n")
    assert len(answers) == len(steps)  # one for each command that was run, and what follows the last mark
    for (command, told), answer in zip(steps[1:], answers, strict=False):
        if told is not None:
            assert _like(json.loads(answer), told), f"{command}\nanswered\n{answer}"
