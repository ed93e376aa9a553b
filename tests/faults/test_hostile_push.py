"""`feed push` over real HTTP to a running installation, with whatever a folder may hold: every line and every event is
accounted for, and neither side falls over."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.feed.said import said
from tests.support import hostile
from tests.support.installation import installation, now
from tests.support.processes import TRACKMYCRIME, Background

pytestmark = pytest.mark.processes
SLUG = "avon-and-somerset"


def folder_of_horrors(folder: Path) -> int:
    """Write files of every kind below `folder`; says how many."""
    moment = now().isoformat()
    words = hostile.words()
    for number, (name, raw) in enumerate(sorted(hostile.bodies().items())):
        (folder / f"{number:03} {name}.ndjson").write_bytes(raw)
        if number % 10 == 0:
            (folder / f"{number:03} {name}.ndjson.gz").write_bytes(gzip.compress(raw))
        kind = ("street", "outcomes")[number % 2]
        (folder / f"20{number % 90 + 10}-01-{SLUG}-{kind}.csv").write_bytes(raw)
    lines = []
    for number, text in enumerate(words):
        event = said("update.published", id=f"w{number}", subject=f"H/{number}", sequence="2", time=moment)
        event["data"] |= {"text": {"en": text}, "happened_at": moment, "victims": None}
        lines += [
            said("crime.changed", id=f"c{number}", subject=f"H/{number}", sequence="1", time=moment),
            event,
        ]
    (folder / "words.ndjson").write_text("".join(json.dumps(line) + "\r\n" for line in lines), "utf-8")
    for number, text in enumerate(words):
        name = text.replace("/", "_")[:60]
        line = json.dumps(said("crime.changed", id=f"n{number}", subject=f"N/{number}", time=moment))
        try:
            (folder / f"{name}.ndjson").write_text(line, "utf-8")
        except OSError:
            continue  # this file system has no such name
    return len(list(folder.iterdir()))


def push(folder: Path, url: str, token: str, report: Path) -> tuple[int, dict[str, Any], list[str]]:
    """The exit code, the sums and what was said on standard error."""
    words = [
        "feed",
        "push",
        str(folder),
        "--to",
        url,
        "--report",
        str(report),
        "--data",
        str(report.parent),
        "--json",
    ]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("TMC_", "DJANGO_"))}
    with Background([*TRACKMYCRIME, *words], env=env | {"TMC_SOURCE_TOKEN": token}) as running:
        code = running.process.wait(180)
        said_ = json.loads(running.line(10)) if code in (0, 1) else {}
    return code, said_, running.complained


def test_a_folder_of_horrors(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    assert folder_of_horrors(folder) > 50
    report = tmp_path / "report.ndjson"
    with installation() as running:
        running.add_force(SLUG, "Avon and Somerset Police")
        code, sums, complained = push(folder, running.serving.gateway, running.tokens[SLUG], report)
        assert code == 1, complained
        assert sums["hold"], sums
        rows, events = sums["rows"], sums["events"]
        assert rows["read"] == rows["turned"] + rows["skipped"] + rows["refused"]
        statuses = ("applied", "duplicate", "superseded", "quarantined")
        assert events["made"] == sum(events[status] for status in statuses)
        assert rows["refused"] > 10
        assert events["applied"] > 40
        assert "Traceback" not in "\n".join([*complained, *running.serving.complained])
        refusals = [json.loads(line) for line in report.read_text("utf-8").splitlines()]
        assert (
            sum(one["what"] == "event" and one["status"] == "quarantined" for one in refusals)
            == events["quarantined"]
        )
        for one in refusals:
            assert one.get("file"), one
        ((kept,),) = running.rows("select count(*) from feed_event")
        assert kept == events["made"] - events["duplicate"]

        code, again, complained = push(
            folder, running.serving.gateway, running.tokens[SLUG], tmp_path / "again.ndjson"
        )
        assert again["hold"], again
        assert again["events"]["duplicate"] == events["made"], complained
