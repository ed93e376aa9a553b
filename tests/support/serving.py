"""``trackmycrime serve`` for a test: started on free ports, asked through its own commands, ended clean."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.support.processes import TRACKMYCRIME, Background, clean_environment

ANY_PORT = ("--portal", "127.0.0.1:0", "--desk", "127.0.0.1:0", "--gateway", "127.0.0.1:0")


class Serving(Background):
    """A running installation; ``portal``, ``desk`` and ``gateway`` are its addresses.

    ``settings`` are added to a clean environment. Leaves when the block ends, by kill if need be.
    """

    def __init__(
        self, data: Path, *, settings: Mapping[str, str] | None = None, words: tuple[str, ...] = ANY_PORT
    ) -> None:
        self.data = data
        self.env = clean_environment(**(settings or {}))
        super().__init__([*TRACKMYCRIME, "serve", "--data", str(data), *words], env=self.env)
        self.portal = self.desk = self.gateway = ""

    def ready(self, timeout: float = 90) -> Serving:
        """Wait for the ready line and take the addresses from it."""
        said = self.line(timeout)
        assert said.startswith("trackmycrime ready "), said
        for word in said.split()[2:]:
            door, _, url = word.partition("=")
            setattr(self, door, url)
        return self

    def command(self, *words: str, code: int = 0) -> str:
        """Run a command on the same data while it serves; its standard output. AssertionError on another exit code."""
        done = subprocess.run(
            [*TRACKMYCRIME, *words, "--data", str(self.data)],
            check=False,
            capture_output=True,
            text=True,
            timeout=90,
            env=self.env,
        )
        assert done.returncode == code, f"{' '.join(words)} ended with {done.returncode}: {done.stderr}"
        return done.stdout

    def json(self, *words: str) -> Any:
        """The same with ``--json``, read."""
        return json.loads(self.command(*words, "--json"))


def status(url: str) -> int:
    """The HTTP status of a GET."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
