"""The connectors inside a running agent: what was read has left its folder, and is at the gateway."""

from __future__ import annotations

import csv

from tests.agent.conftest import Beside
from tests.connectors.mappings import MAPPING, row
from tests.ops.gateway_double import Double


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
