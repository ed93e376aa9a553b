"""Data folders for real clusters. pytest's own temporary folders are 0700 and long; these are short."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from trackmycrime.ops.embedded import binaries

PROGRAMS = list(
    {each.folder: each for each in (*binaries.installed(os.environ), *binaries.bundled())}.values()
)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder that is not there yet, below a folder of mode 0755."""
    above = Path(tempfile.mkdtemp(prefix="tmc-t-"))
    above.chmod(0o755)
    yield above / "data"
    shutil.rmtree(above, ignore_errors=True)


@pytest.fixture(
    params=PROGRAMS,
    ids=lambda each: f"{'wheel' if 'pginstall' in str(each.folder) else 'installed'}-{each.major}",
)
def postgres(request: pytest.FixtureRequest) -> dict[str, str]:
    """An environment that forces each PostgreSQL there is: those on the machine, and those in the wheel."""
    return {"TMC_POSTGRES_BIN": str(request.param.folder), "PATH": os.environ["PATH"]}
