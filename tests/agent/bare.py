"""The command line where nothing of the server is installed: importing any of its packages fails, as it would there.

python -m tests.agent.bare feed agent check --config FILE
"""

import sys
import tomllib
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path
from types import ModuleType

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"
AGENT = PYPROJECT.with_name("requirements-agent.lock")
BUILT_ON = {"psycopg_binary", "asgiref", "sqlparse", "argon2"}


def of_server() -> set[str]:
    """The names to import of what only the extra «server» brings."""
    extra = tomllib.loads(PYPROJECT.read_text())["project"]["optional-dependencies"]["server"]
    here = {line.split("==")[0] for line in AGENT.read_text().splitlines() if "==" in line}
    wanted = {text.split("[")[0].split(">")[0].split("=")[0].strip().lower() for text in extra} - here
    found = {
        name
        for name, dists in metadata.packages_distributions().items()
        if wanted & {d.lower() for d in dists}
    }
    assert {"django", "psycopg", "gunicorn"} <= found
    return found | BUILT_ON


class Absent:
    """Finds nothing, loudly."""

    def __init__(self, names: set[str]) -> None:
        self.names = names

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> None:
        """Fail for what is not there."""
        if name.partition(".")[0] in self.names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


if __name__ == "__main__":
    sys.meta_path.insert(0, Absent(of_server()))  # type: ignore[arg-type]
    from trackmycrime.ops.cli import main

    main()
