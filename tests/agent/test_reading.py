"""A reader that cannot go on is never silently gone: the agent ends, and whoever watches over it starts it again."""

from __future__ import annotations

import threading
from pathlib import Path

from tests.agent.conftest import Beside
from trackmycrime.feed.agent import config, run
from trackmycrime.feed.agent.log import Log
from trackmycrime.feed.agent.reading import Reader
from trackmycrime.feed.agent.reports import Report


def reader(beside: Beside, stop: threading.Event) -> Reader:
    """A reader whose spool was closed under it."""
    settings = config.load(beside.config)
    with run.held(settings.spool):
        spool = run.opened(settings.spool, Log("test"))
        spool.close()
    return Reader(settings.inputs[0], spool, Report(beside.spool), stop, lambda: None)


def test_a_fault_that_nobody_expected_is_noted_by_its_kind(beside: Beside) -> None:
    beside.numbers(10)
    one = reader(beside, threading.Event())
    one.run()
    assert one.fault.startswith("input made: ProgrammingError at trackmycrime/feed/agent/")


def test_a_reader_that_comes_back_after_the_end_keeps_nothing_and_says_nothing(beside: Beside) -> None:
    beside.numbers(10)
    stop = threading.Event()
    one = reader(beside, stop)
    stop.set()
    one.run()
    assert one.fault == ""


def test_a_report_is_rotated_and_a_line_that_a_kill_cut_off_spoils_no_other(tmp_path: Path) -> None:
    report = Report(tmp_path, most_bytes=1000)
    for number in range(300):
        report.write([{"n": number}])
    files = sorted(tmp_path.iterdir())
    assert [file.name for file in files] == ["report.ndjson"] + [f"report.ndjson.{n}" for n in range(1, 6)]
    assert all(file.stat().st_size <= 1000 for file in files)
    with report.file.open("a") as file:
        file.write('{"n": "half')
    report.write([{"n": 300}])
    assert report.file.read_text().splitlines()[-1].endswith('"n": 300}')
