"""The connectors inside a running agent: what was read has left its folder, and is at the gateway."""

from __future__ import annotations

import csv
import json

from tests.agent.conftest import Beside
from tests.connectors.mappings import MAPPING, row
from tests.ops.gateway_double import Double
from tests.support.processes import eventually
from trackmycrime.feed.agent import status as standing


def made(beside: Beside) -> int:
    """How many events were read into the spool so far; 0 also where there is none yet."""
    try:
        return int(beside.status()["totals"]["events"]["made"])
    except standing.CannotTell:
        return 0


def test_a_file_that_is_dropped_is_sent_and_lies_in_done_with_its_report(
    beside: Beside, gateway: Double
) -> None:
    (beside.folder / "force.toml").write_text(MAPPING)
    (beside.folder / "drop").mkdir()
    with (beside.folder / "drop" / "crimes.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(row()))
        writer.writeheader()
        writer.writerows(
            [row(CRIME_NO=f"C/{n}", PERSON_ID=f"P{n}") for n in range(600)] + [row(STATUS="LOST")]
        )
    drop = {"name": "drop", "type": "csv", "folder": "drop", "mapping": "force.toml", "settle": 0}
    beside.configure(inputs=[drop])
    beside.once(1)  # done, and something was refused
    (told,) = beside.status()["inputs"]
    assert told["rows"] == {"read": 601, "turned": 600, "skipped": 0, "refused": 1}
    assert told["events"]["made"] == 1201  # the victim of the refused row's crime is told all the same
    assert sorted(path.name for path in (beside.folder / "drop" / "done").iterdir()) == [
        "crimes.csv",
        "crimes.csv.report.json",
    ]
    assert len(gateway.seen) == 1201


def test_killed_while_it_reads_files_each_ends_once_in_done_and_every_row_arrives(
    beside: Beside, gateway: Double
) -> None:
    (beside.folder / "force.toml").write_text(MAPPING)
    folder = beside.folder / "drop"
    folder.mkdir()
    for name in range(4):
        with (folder / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(row()))
            writer.writeheader()
            writer.writerows([row(CRIME_NO=f"{name}/{n}", PERSON_ID=f"P{n}") for n in range(300)])
    drop = {"name": "drop", "type": "csv", "folder": "drop", "mapping": "force.toml", "settle": 0, "rows": 20}
    beside.configure(inputs=[drop])
    for kill in range(1, 5):
        with beside.start() as agent:
            eventually(lambda least=kill * 300: made(beside) >= least, 60, "reading")  # type: ignore[misc]
            agent.process.kill()
            agent.process.wait()
    beside.once()
    assert len(gateway.seen) == 2400
    (told,) = beside.status()["inputs"]
    assert told["rows"] == {"read": 1200, "turned": 1200, "skipped": 0, "refused": 0}
    done = sorted(path.name for path in (folder / "done").iterdir())
    assert done == sorted(f"{name}.csv{end}" for name in range(4) for end in ("", ".report.json"))
    for name in range(4):
        report = json.loads((folder / "done" / f"{name}.csv.report.json").read_text())
        assert (report["read"], report["events"]) == (300, 600)
