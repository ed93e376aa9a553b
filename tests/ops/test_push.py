"""`feed push` against a real HTTP server that speaks the contract: sums, faults, resuming, exit codes."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from tests.connectors.extracts import crime_id, outcome, street, write
from tests.ops.gateway_double import TOKEN, Double, Handler, running
from tests.support.processes import TRACKMYCRIME, clean_environment
from trackmycrime.ops.commands import feed


@pytest.fixture
def gateway() -> Iterator[Double]:
    """A gateway of the force kent."""
    with running() as double:
        yield double


def push(double: Double | None, *args: object, token: str = TOKEN, data: Path) -> Result:
    """Run `feed push` as the command line does; its exit code is in `code`."""
    words = ["push", *map(str, args), "--data", str(data)]
    if double is not None:
        words += ["--to", double.url]
    runner = CliRunner()
    result = runner.invoke(
        feed.command, words, standalone_mode=False, env={"TMC_SOURCE_TOKEN": token or None}
    )
    if isinstance(result.exception, click.ClickException):
        result.exit_code = result.exception.exit_code
    elif result.exception is not None:
        raise result.exception
    else:
        result.exit_code = result.return_value or 0
    return result


def sums(result: Result) -> dict[str, Any]:
    """The sums that a push with --json printed."""
    told: dict[str, Any] = json.loads(result.stdout)
    rows, events = told["rows"], told["events"]
    assert rows["read"] == rows["turned"] + rows["skipped"] + rows["refused"]
    if "applied" in events:
        parts = [events[name] for name in ("applied", "duplicate", "superseded", "quarantined")]
        assert events["made"] == sum(parts)
    assert told["hold"] is True
    return told


def report(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines of the report file."""
    return [json.loads(line) for line in Path(result["report"]).read_text().splitlines()]


def event(number: int, **members: object) -> dict[str, Any]:
    """A lawful event, a crime that was reported."""
    data = {
        "offence": {"name": "Burglary", "category": "burglary"},
        "reported_at": "2026-05",
        "stage": "reported",
        "flags": [],
    }
    return {
        "specversion": "1.0",
        "id": f"e{number}",
        "source": "/niche",
        "type": "crime.changed",
        "subject": f"K/{number}",
        "time": "2026-05-01T09:00:00Z",
        "sequence": "1",
        "data": data,
    } | members


def events_file(folder: Path, lines: list[Any], name: str = "events.ndjson") -> Path:
    """A file of events; what is not bytes is written as JSON."""
    path = folder / name
    path.write_bytes(b"\n".join(x if isinstance(x, bytes) else json.dumps(x).encode() for x in lines) + b"\n")
    return path


def extracts(folder: Path, crimes: int = 40) -> Path:
    """Extracts of kent: some crimes with outcomes, one row without identity, one that is wrong."""
    rows = [street(crime_id(n)) for n in range(crimes)]
    write(folder, "2021-05/2021-05-kent-street.csv.gz", [*rows, street("", status=""), street("cafe")])
    outcomes = [outcome(crime_id(n)) for n in range(0, crimes, 4)]
    write(folder, "2021-06/2021-06-kent-outcomes.csv", [*outcomes, outcome(crime_id(10**6))])
    return folder


def test_extracts_arrive_the_sums_hold_and_a_second_time_all_are_duplicates(
    tmp_path: Path, gateway: Double
) -> None:
    folder = extracts(tmp_path / "in")
    first = sums(push(gateway, folder, "--json", "--made-up-victims", data=tmp_path))
    assert first["rows"] == {"read": 53, "turned": 51, "skipped": 1, "refused": 1}
    assert first["events"]["quarantined"] == 1
    assert first["events"]["applied"] == first["events"]["made"] - 1
    again = push(gateway, folder, "--json", "--made-up-victims", data=tmp_path)
    assert again.exit_code == 1
    second = sums(again)["events"]
    assert second["duplicate"] == second["made"] == first["events"]["made"]
    assert len(gateway.connections) == 2  # one kept connection for each push


def test_people_come_before_who_names_them_and_crimes_before_their_victims(
    tmp_path: Path, gateway: Double
) -> None:
    push(gateway, extracts(tmp_path / "in"), "--made-up-victims", data=tmp_path)
    types = [type_ for type_, _ in gateway.order]
    assert types[:42] == ["unit.changed"] * 6 + ["officer.changed"] * 36
    assert gateway.statuses["quarantined"] == 1  # the outcome of a crime never seen, and nothing else


def test_the_sums_are_printed_as_equations_and_the_report_says_what_and_why(
    tmp_path: Path, gateway: Double
) -> None:
    result = push(gateway, extracts(tmp_path / "in"), "--report", tmp_path / "why.ndjson", data=tmp_path)
    assert result.exit_code == 1
    assert "rows read 53 = turned into events 51 + skipped (no identity) 1 + refused 1\n" in result.stdout
    assert re.search(
        r"events made 91 = applied 90 \+ duplicate 0 \+ superseded 0 \+ quarantined 1\n", result.stdout
    )
    row, waiting = map(json.loads, (tmp_path / "why.ndjson").read_text().splitlines())
    assert (row["what"], row["line"], row["column"]) == ("row", 43, "Crime ID")
    assert row["file"].endswith("2021-05-kent-street.csv.gz")
    assert (waiting["what"], waiting["status"]) == ("event", "quarantined")
    assert waiting["problem"]["type"] == "waiting-for-crime"
    assert (tmp_path / "why.ndjson").stat().st_mode & 0o777 == 0o600


def test_event_files_are_sent_line_by_line_and_broken_lines_are_refused(
    tmp_path: Path, gateway: Double
) -> None:
    wrong = event(3, type="crime.exploded")
    lines = [event(1), b"{broken", b"", event(2), wrong, event(1)]
    result = push(gateway, events_file(tmp_path, lines), "--json", data=tmp_path)
    told = sums(result)
    assert result.exit_code == 1
    assert told["rows"] == {"read": 5, "turned": 4, "skipped": 0, "refused": 1}
    assert told["events"]["applied"] == 2
    assert told["events"]["duplicate"] == told["events"]["quarantined"] == 1
    broken, quarantined = report(told)
    assert (broken["line"], quarantined["line"]) == (2, 5)
    assert quarantined["problem"]["type"] == "unknown-type"


def test_all_taken_is_exit_code_0_and_no_word_of_a_report(tmp_path: Path, gateway: Double) -> None:
    result = push(gateway, events_file(tmp_path, [event(1)]), data=tmp_path)
    assert result.exit_code == 0
    assert "report" not in result.stdout


def test_deliveries_are_as_large_as_asked_and_never_larger_than_the_contract(
    tmp_path: Path, gateway: Double
) -> None:
    path = events_file(tmp_path, [event(n) for n in range(25)])
    push(gateway, path, "--batch", 10, data=tmp_path)
    assert gateway.deliveries == [10, 10, 5]
    gateway.deliveries.clear()
    large = [event(n, data={"note": "x" * 1_500_000}) for n in range(7)]
    push(gateway, events_file(tmp_path, large), data=tmp_path)
    assert gateway.deliveries == [3, 3, 1]


@pytest.mark.parametrize(
    "fault",
    [
        lambda handler: handler.answer(503, {}, Retry_After="0"),
        lambda handler: handler.answer(
            429, {}, Retry_After=format_datetime(datetime.now(UTC) - timedelta(1))
        ),
        lambda handler: handler.answer(502, b"<html>", Retry_After="0"),
        Handler.drop,
    ],
    ids=["503", "429", "502", "dropped"],
)
def test_what_passes_is_tried_again(tmp_path: Path, gateway: Double, fault: Any) -> None:
    gateway.faults = [fault, fault]
    result = push(gateway, events_file(tmp_path, [event(1)]), "--json", data=tmp_path)
    assert result.exit_code == 0
    assert sums(result)["events"]["applied"] == 1
    assert result.stderr.count("next try in") == 2


def test_retry_after_is_honoured(tmp_path: Path, gateway: Double) -> None:
    gateway.faults = [lambda handler: handler.answer(503, {}, Retry_After="1")]
    started = time.monotonic()
    push(gateway, events_file(tmp_path, [event(1)]), data=tmp_path)
    assert 1.0 <= time.monotonic() - started < 5


def test_when_patience_ends_the_exit_code_is_3_and_the_next_push_goes_on(
    tmp_path: Path, gateway: Double
) -> None:
    path = events_file(tmp_path, [event(n) for n in range(30)])
    gateway.after = lambda double: double.faults.append(
        lambda handler: handler.answer(503, {}, Retry_After="60")
    )
    result = push(gateway, path, "--batch", 10, "--patience", 1, data=tmp_path)
    assert result.exit_code == 3
    assert "again to go on" in str(result.exception)
    gateway.after = lambda double: None
    gateway.faults = []
    result = push(gateway, path, "--batch", 10, "--json", data=tmp_path)
    assert sums(result)["events"] | {"by_type": 0} == {
        "made": 30, "applied": 30, "duplicate": 0, "superseded": 0, "quarantined": 0, "by_type": 0,
    }  # fmt: skip
    assert gateway.deliveries == [10, 10, 10]
    assert "going on after 10 events" in result.stderr


def test_killed_in_the_middle_it_goes_on_loses_nothing_and_reports_each_refusal_once(
    tmp_path: Path, gateway: Double
) -> None:
    lines: list[Any] = [event(n) for n in range(300)]
    for at in (5, 105, 155, 295):
        lines[at] = b"{broken"
    path = events_file(tmp_path, lines)
    args = [
        "feed",
        "push",
        str(path),
        "--to",
        gateway.url,
        "--batch",
        "10",
        "--data",
        str(tmp_path),
        "--json",
    ]
    env = clean_environment(TMC_SOURCE_TOKEN=TOKEN)

    def kill(double: Double) -> None:
        """The gateway has taken half of it, and the answer is not sent yet."""
        if len(double.deliveries) == 15:
            os.kill(process.pid, signal.SIGKILL)

    gateway.after = kill
    process = subprocess.Popen(
        [*TRACKMYCRIME, *args], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    process.communicate(timeout=60)
    assert process.returncode == -signal.SIGKILL
    gateway.after = lambda double: None
    done = subprocess.run([*TRACKMYCRIME, *args], env=env, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1, done.stderr
    told = json.loads(done.stdout)
    assert told["hold"]
    assert told["rows"] == {"read": 300, "turned": 296, "skipped": 0, "refused": 4}
    assert told["events"]["applied"] + told["events"]["duplicate"] == 296
    assert 0 < told["events"]["duplicate"] <= 20  # what was under way when it was killed
    assert len(gateway.seen) == 296
    assert [line["line"] for line in report(told)] == [6, 106, 156, 296]


def test_another_input_or_a_lost_report_starts_anew(tmp_path: Path, gateway: Double) -> None:
    path = events_file(tmp_path, [event(n) for n in range(30)])
    options = ("--batch", 10, "--patience", 1, "--report", tmp_path / "report.ndjson", "--json")
    gateway.after = lambda double: double.faults.append(
        lambda handler: handler.answer(503, {}, Retry_After="60")
    )
    assert push(gateway, path, *options, data=tmp_path).exit_code == 3
    gateway.after = lambda double: None
    gateway.faults = []
    events_file(tmp_path, [event(n) for n in range(31)])
    told = sums(push(gateway, path, *options, data=tmp_path))["events"]
    assert (told["applied"], told["duplicate"]) == (21, 10)


def test_a_report_holds_what_this_push_refused_and_nothing_older(tmp_path: Path, gateway: Double) -> None:
    options = ("--report", tmp_path / "report.ndjson", "--json")
    push(gateway, events_file(tmp_path, [b"{" * 50, b"{broken", event(1)]), *options, data=tmp_path)
    told = sums(push(gateway, events_file(tmp_path, [event(1), b"{"]), *options, data=tmp_path))
    assert [line["line"] for line in report(told)] == [2]


def test_one_event_that_makes_a_delivery_unreadable_is_found_and_refused_alone(
    tmp_path: Path, gateway: Double
) -> None:
    gateway.unreadable = b'"e7"'
    result = push(gateway, events_file(tmp_path, [event(n) for n in range(20)]), "--json", data=tmp_path)
    told = sums(result)
    assert result.exit_code == 1
    assert told["rows"]["refused"] == 1
    assert told["events"]["applied"] == told["events"]["made"] == 19
    assert [(line["line"], line["status"]) for line in report(told)] == [(8, "refused")]


def test_a_gateway_that_can_read_nothing_is_not_asked_a_thousand_times(
    tmp_path: Path, gateway: Double
) -> None:
    gateway.unreadable = b"{"
    result = push(gateway, events_file(tmp_path, [event(n) for n in range(500)]), data=tmp_path)
    assert result.exit_code == 3
    assert "cannot read what is sent: It cannot be read." in str(result.exception)


@pytest.mark.parametrize(
    "answer",
    [
        lambda handler: handler.answer(200, b"<html>"),
        lambda handler: handler.answer(200, {"results": []}),
        lambda handler: handler.answer(200, {"results": [{"id": "e1", "status": "eaten"}]}),
        lambda handler: handler.answer(200, {"results": [{"id": "e2", "status": "applied"}]}),
        lambda handler: handler.answer(404, {"title": "Not found"}),
        lambda handler: handler.answer(302, b"", Location="http://127.0.0.1:1/"),
    ],
    ids=["html", "too few", "status", "another id", "404", "redirect"],
)
def test_an_answer_that_is_not_the_contracts_is_exit_code_3_and_nothing_counts_as_sent(
    tmp_path: Path, gateway: Double, answer: Any
) -> None:
    gateway.faults = [answer]
    path = events_file(tmp_path, [event(1)])
    result = push(gateway, path, data=tmp_path)
    assert result.exit_code == 3
    assert sums(push(gateway, path, "--json", data=tmp_path))["events"]["applied"] == 1


def test_a_token_that_does_not_count_is_exit_code_3_and_says_why(tmp_path: Path, gateway: Double) -> None:
    result = push(gateway, events_file(tmp_path, [event(1)]), token="tmc_old", data=tmp_path)
    assert result.exit_code == 3
    assert "does not let this token in: The token was revoked." in str(result.exception)
    assert "tmc_old" not in str(result.exception) + result.output


def test_no_gateway_is_exit_code_3(tmp_path: Path) -> None:
    path = events_file(tmp_path, [event(1)])
    result = push(None, path, "--to", "http://127.0.0.1:9", "--patience", 0, data=tmp_path)
    assert result.exit_code == 3
    assert "no answer from http://127.0.0.1:9" in str(result.exception)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["nowhere"], "nowhere does not exist"),
        (["notes.txt"], "is not named as one of: *.ndjson"),
        (["empty"], "nothing to send in"),
        (["in", "--to", "ftp://x"], "http or https address"),
    ],
)
def test_wrong_use_says_what_would_be_right(tmp_path: Path, args: list[str], said: str) -> None:
    (tmp_path / "notes.txt").touch()
    (tmp_path / "empty").mkdir()
    extracts(tmp_path / "in")
    result = push(None, tmp_path / args[0], *args[1:], data=tmp_path)
    assert result.exit_code == 2
    assert said in str(result.exception)


def test_without_a_token_it_says_how_to_get_one(tmp_path: Path) -> None:
    result = push(None, events_file(tmp_path, [event(1)]), token="", data=tmp_path)
    assert result.exit_code == 2
    assert "TMC_SOURCE_TOKEN" in str(result.exception)


def test_another_forces_extracts_are_not_sent_under_this_token(tmp_path: Path) -> None:
    folder = extracts(tmp_path / "in")
    with running("dorset") as dorset:
        result = push(dorset, folder, data=tmp_path)
        assert result.exit_code == 2
        assert "of the force dorset, the extracts are of kent" in str(result.exception)
        assert dorset.deliveries == []
        assert push(dorset, folder, "--force", "kent", data=tmp_path).exit_code == 1
        assert dorset.deliveries


def test_a_dry_run_needs_no_gateway_and_reports_what_the_contract_would_refuse(tmp_path: Path) -> None:
    path = events_file(tmp_path, [event(1), b"{", event(2, data={"suspect": "Canary"})])
    result = push(None, path, "--dry-run", "--json", token="", data=tmp_path)
    told = sums(result)
    assert result.exit_code == 1
    assert told["rows"] == {"read": 3, "turned": 2, "skipped": 0, "refused": 1}
    assert told["events"] == {"made": 2, "by_type": {"crime.changed": 2}, "quarantined": 1}
    problems = [line["problem"]["type"] for line in report(told) if line["what"] == "event"]
    assert problems == ["unknown-field"]
    assert "Canary" not in Path(told["report"]).read_text()
