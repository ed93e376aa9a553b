"""Real extracts of every force that is there, by `feed push` to a real gateway. Needs the folder in POLICE_DATA."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.installation import Installation, installation
from tests.support.processes import TRACKMYCRIME

_FOLDER = os.environ.get("POLICE_DATA", "")
DATA = Path(_FOLDER) / "police-uk"
pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(
        not (_FOLDER and DATA.is_dir()), reason="POLICE_DATA names no folder with real extracts"
    ),
]
MONTHS = {"avon-and-somerset": "2021-01", "bedfordshire": "2022-04"}
"""Of forces with many months one is sent, street and outcomes; of the others all there is."""


@pytest.fixture(scope="module")
def running() -> Iterator[Installation]:
    with installation() as made:
        yield made


def push(running: Installation, slug: str, *paths: Path) -> dict[str, Any]:
    """What `feed push` counted. Its sums hold; all that is not taken is what waits for a crime of an earlier month."""
    done = subprocess.run(
        [*TRACKMYCRIME, "feed", "push", *map(str, paths), "--made-up-victims", "--json",
         "--to", running.serving.gateway, "--data", str(running.serving.data)],
        check=False, capture_output=True, text=True, timeout=500,
        env={**running.serving.env, "TMC_SOURCE_TOKEN": running.tokens[slug]},
    )  # fmt: skip
    told: dict[str, Any] = json.loads(done.stdout)
    rows, events = told["rows"], told["events"]
    said = [json.loads(line) for line in Path(told["report"]).read_text().splitlines()]
    assert {line["problem"]["type"].rpartition("/")[2] for line in said} <= {"waiting-for-crime"}, said[:3]
    assert len(said) == rows["refused"] + events["quarantined"]
    assert done.returncode == int(bool(said)), done.stderr[-2000:]
    assert rows["read"] == rows["turned"] + rows["skipped"] + rows["refused"]
    assert events["made"] == sum(
        events[what] for what in ("applied", "duplicate", "superseded", "quarantined")
    )
    assert told["hold"] is True
    return told


def files(slug: str, release: str = "") -> list[Path]:
    """The extracts of a force that are sent here, in order; of one release where it has several."""
    found = sorted(path for path in (DATA / slug / release).rglob(f"*-{slug}-*.csv*"))
    month = MONTHS.get(slug)
    return [path for path in found if month is None or path.name.startswith(month)]


def lines(paths: list[Path]) -> int:
    """Rows of extracts, counted without our own reading."""
    return sum(
        int(
            subprocess.run(["sh", "-c", f"gzip -dcf '{path}' | wc -l"], capture_output=True, text=True).stdout
        )
        - 1
        for path in paths
    )


FORCES = sorted(path.name for path in DATA.iterdir() if path.is_dir()) if DATA.is_dir() else []


@pytest.mark.parametrize("slug", FORCES)
def test_the_sums_hold_and_sent_again_all_are_duplicates(running: Installation, slug: str) -> None:
    running.add_force(
        slug, slug, live_from="now"
    )  # as a force begins: years of records, and nobody is alerted
    sent = files(slug, "release-2021-11" if slug == "avon-and-somerset" else "")
    assert sent
    first = push(running, slug, *sent)
    assert first["rows"]["read"] == lines(sent)
    assert first["events"]["applied"] > first["rows"]["turned"] / 2
    assert first["events"]["duplicate"] == 0
    again = push(running, slug, *sent)
    assert again["rows"] == first["rows"]
    assert again["events"]["duplicate"] == again["events"]["made"] == first["events"]["made"]
    ((held,),) = running.rows(
        "select count(*) from cases_crime c join forces_force f on f.id = c.force_id where f.slug = %s", slug
    )
    assert 0 < held <= first["rows"]["turned"]
    assert running.rows("select count(*) from alerts_alert") == [(0,)]
    if slug == "avon-and-somerset":
        later = push(running, slug, *sent, *files(slug, "release-2022-02"))
        assert later["events"]["applied"] > 0, "a later release brings what has changed"
        assert later["events"]["duplicate"] >= first["events"]["made"]
        assert later["events"]["applied"] < first["rows"]["turned"] / 2, "and nothing else"
