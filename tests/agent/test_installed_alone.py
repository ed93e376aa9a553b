"""What is installed beside a records system needs nothing of the server."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.support.processes import clean_environment

ROOT = Path(__file__).parents[2]


def alone(*words: str) -> subprocess.CompletedProcess[str]:
    """Run ``trackmycrime WORDS`` with only the agent's packages."""
    return subprocess.run(
        [sys.executable, "-m", "tests.agent.bare", *words],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
        cwd=ROOT,
        env=clean_environment(),
    )


def test_what_sends_is_there_and_what_serves_says_what_it_needs() -> None:
    told = alone("--help")
    assert told.returncode == 0, told.stderr
    assert re.search(r"^  feed ", told.stdout, re.MULTILINE)
    assert "serve" not in told.stdout
    assert alone("feed", "push", "--help").returncode == 0
    serve = alone("serve")
    assert serve.returncode == 2
    assert "trackmycrime[server]" in serve.stderr


def test_the_agents_lock_is_part_of_the_servers_and_names_nothing_that_serves() -> None:
    def pins(name: str) -> set[str]:
        text = (ROOT / name).read_text()
        assert "--hash=sha256:" in text
        return {
            re.sub(r"\[[^]]*\]", "", line.split()[0]) for line in text.splitlines() if re.match(r"\w", line)
        }

    agent, server = pins("requirements-agent.lock"), pins("requirements.lock")
    assert agent < server
    serving = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"][
        "server"
    ]
    only_there = {re.split(r"[^\w.-]", text.lower())[0] for text in serving} - {
        "httpcore"
    }  # httpx brings that
    assert not {pin.split("==")[0] for pin in agent} & only_there
