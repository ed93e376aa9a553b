"""A reader that cannot go on is never silently gone: the agent ends, and whoever watches over it starts it again."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.agent.conftest import Beside
from trackmycrime.feed.agent import clock, config, run
from trackmycrime.feed.agent.log import Log
from trackmycrime.feed.agent.reading import Reader
from trackmycrime.feed.agent.reports import Report
from trackmycrime.feed.agent.returns import Puller
from trackmycrime.feed.agent.returns_settings import ReturnsSettings


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


def test_returns_that_cannot_be_taken_are_a_matter_for_a_person_when_that_lasts(
    beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside.configure(gateway={"url": "http://127.0.0.1:9", "patience": 0})
    settings = ReturnsSettings("files", folder=beside.folder / "returns")
    puller = Puller(settings, config.load(beside.config).gateway, threading.Event(), once=True)
    puller.run()
    assert "no answer from http://127.0.0.1:9" in puller.failure
    assert puller.stands_still() == ""
    now = clock.steady()
    monkeypatch.setattr(clock, "steady", lambda: now + 300)
    assert puller.stands_still() == puller.failure
