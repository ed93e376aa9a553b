"""An agent on a folder of its own, with the inputs that a test wants."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.ops.gateway_double import TOKEN, Double, running
from tests.support.processes import TRACKMYCRIME, Background, clean_environment, run
from trackmycrime.feed.agent import config as configuration
from trackmycrime.feed.agent import status as standing

ROOT = Path(__file__).parents[2]
INSTALLED = Path(__file__).parent / "installed"
"""A folder with an installed package that brings the connector «made»"""

JUMPING = """
import pathlib, sys, time
real, back = time.time, pathlib.Path(sys.argv[-1]).with_suffix(".back")
time.time = lambda: real() + 86400 * (-700 if back.exists() else 4000)
from trackmycrime.ops.cli import main
main()
"""
"""The command line under a clock that is eleven years ahead, until somebody sets it back by thirteen"""


@pytest.fixture(autouse=True)
def brought(monkeypatch: pytest.MonkeyPatch) -> None:
    """The connector «made», in this process too."""
    monkeypatch.syspath_prepend(INSTALLED)


def value(of: Any) -> str:
    """A TOML value."""
    return json.dumps(str(of) if isinstance(of, Path) else of)


class Beside:
    """A configuration and what is beside it. `config` is the file; `numbers` says how far the input «made» goes."""

    def __init__(self, folder: Path, url: str, token: str = TOKEN) -> None:
        self.folder = folder
        self.url = url
        self.config = folder / "agent.toml"
        self.token = folder / "token"
        self.spool = folder / "spool"
        self.upto = folder / "upto"
        self.token.touch(0o600)
        self.token.write_text(token)
        self.env = clean_environment(PYTHONPATH=f"{INSTALLED}:{ROOT}")
        self.configure()

    def configure(
        self,
        gateway: Mapping[str, Any] | None = None,
        spool: Mapping[str, Any] | None = None,
        inputs: list[Mapping[str, Any]] | None = None,
        more: str = "",
    ) -> None:
        """Write the configuration; what is given is added to what works."""
        tables = [
            (
                "[gateway]",
                {"url": self.url, "token_file": self.token, "patience": 20, "batch": 200, **(gateway or {})},
            ),
            ("[spool]", {"folder": self.spool, "keep_free_bytes": 0, **(spool or {})}),
        ]
        for one in inputs if inputs is not None else [{}]:
            made = {"name": "made", "type": "made", "every": 0.05, **one}
            if made["type"] == "made" and "upto" not in made:
                made["upto"] = self.upto
            tables.append(("[[inputs]]", made))
        text = "\n".join(
            "\n".join([head, *(f"{key} = {value(of)}" for key, of in table.items() if of is not None), ""])
            for head, table in tables
        )
        self.config.write_text(text + more)

    def numbers(self, upto: int) -> None:
        """Let the input go so far."""
        aside = self.upto.with_suffix(".new")
        aside.write_text(str(upto))
        aside.replace(self.upto)

    def start(self, *, jumping: bool = False) -> Background:
        """The agent, in the background; with a clock that jumps."""
        program = [sys.executable, "-c", JUMPING] if jumping else TRACKMYCRIME
        return Background([*program, "feed", "agent", "run", "--config", str(self.config)], env=self.env)

    def once(self, code: int = 0) -> str:
        """Run it once; what it said on standard error."""
        done = run("feed", "agent", "run", "--config", str(self.config), "--once", env=self.env)
        assert done.returncode == code, done.stderr
        return done.stderr

    def check(self, code: int = 0) -> str:
        """What ``check`` says."""
        done = run("feed", "agent", "check", "--config", str(self.config), env=self.env)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def status(self, code: int | None = None) -> dict[str, Any]:
        """What ``status --json`` would say, and its exit code; its sums hold."""
        found = standing.status(configuration.load(self.config))
        assert code in (None, int(bool(found.needs))), found.needs
        told = found.as_dict()
        assert told["hold"] is True
        for one in (*told["inputs"], told["totals"]):
            if "events" in one:
                rows, events = one["rows"], one["events"]
                assert rows["read"] == rows["turned"] + rows["skipped"] + rows["refused"]
                parts = ("applied", "duplicate", "superseded", "quarantined", "unsent")
                assert events["made"] == sum(events[name] for name in parts)
        return told

    def set_back(self) -> None:
        """Let the clock of an agent that was started `jumping` jump."""
        self.config.with_suffix(".back").touch()

    def kept(self) -> int:
        """How many events wait in the spool; 0 also where there is none yet."""
        try:
            return int(self.status()["totals"]["events"]["unsent"])
        except standing.CannotTell:
            return 0

    def report(self) -> list[dict[str, Any]]:
        """The lines of the report."""
        file = self.spool / "report.ndjson"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


@pytest.fixture
def gateway() -> Iterator[Double]:
    """A gateway that speaks the contract, and can be told to misbehave."""
    with running() as double:
        yield double


@pytest.fixture
def beside(tmp_path: Path, gateway: Double) -> Beside:
    """An agent that sends there."""
    return Beside(tmp_path, gateway.url)
