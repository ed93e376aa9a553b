"""``trackmycrime bench`` runs, and says every figure that it promises beside its yardstick. How fast is not a test."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.processes import clean_environment, run
from trackmycrime.ops.bench.burst import LOCAL, RELAY, TEXTS
from trackmycrime.ops.bench.feed import RUNS
from trackmycrime.ops.bench.report import BEGIN, END
from trackmycrime.ops.bench.sizes import SIZES

pytestmark = pytest.mark.processes


def test_everything_is_measured_beside_a_yardstick(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"# How fast it is\n\n{BEGIN}\nnothing yet\n{END}\n\nThe end.\n", encoding="utf-8")
    done = run("bench", "all", "--size", "tiny", "--json", "--write", str(page), timeout=500)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    for begin, yardstick in (
        ("feed: applied events/s", "COPY"),
        ("replay: events/s", "INSERT … SELECT"),
        ("alerts: 200 to mail accepted", "smtplib"),
        ("letters: mails to a local sink", "smtplib alone"),
        ("letters: mails through a relay", "connections cannot do more"),
        ("letters: texts through a gateway", "connections cannot do more"),
        ("letters: claim of 64", "with few"),
        ("signin: with email and password", "bare argon2 hash"),
        ("signin: the case page during the flood", "without the flood"),
        ("page, ", "bare view"),
        (f"page with {SIZES['tiny'].crimes} crimes instead of {SIZES['tiny'].few}", "req/s"),
    ):
        found = [each for each in report["figures"] if each["name"].startswith(begin)]
        assert found, f"{begin} was not measured"
        assert all(yardstick in each["yardstick"] for each in found)

    # what the figures are of: everything was applied, every alert arrived, every page was the page
    for connections, forces in RUNS:
        assert set(report["raw"][f"feed_{connections}_{forces}"]["statuses"]) == {"applied"}
    # a third of the backlog is repeats and what is older than what is known
    assert set(report["raw"]["replay"]["alone"]["statuses"]) == {"applied", "duplicate", "superseded"}
    assert report["raw"]["replay"]["read"]["statuses"].keys() == {"200"}
    assert report["raw"]["alerts"]["missing"] == 0
    for burst in (LOCAL, RELAY, TEXTS):
        sent = report["raw"][f"letters: {burst.name}"]
        assert sent["accepted"] == sent["letters"] == sent["tries"] > 0, burst.name
        assert sent["again"] == 0
    for flood in report["raw"]["signin"]["floods"]:
        assert set(flood["statuses"]) <= {"200", "429"}, "no guess gets in, and none breaks anything"
    for claim in report["raw"]["claims"].values():
        assert claim["found"] == 64
        assert any("using delivery_waiting on delivery_dispatch" in line for line in claim["plan"])
        assert not any("Seq Scan on delivery_dispatch" in line for line in claim["plan"])
    assert (
        report["raw"]["statements"]["anew"]["statements"] > report["raw"]["statements"]["kept"]["statements"]
    )

    written = page.read_text(encoding="utf-8")
    assert written.startswith("# How fast it is\n")
    assert written.endswith("The end.\n")
    assert "nothing yet" not in written
    assert "- PostgreSQL: 1" in written


def test_it_is_no_measurement_of_somebody_elses_database() -> None:
    env = clean_environment(TMC_DATABASE_URL="postgresql://owner@db.example.org/live")
    done = run("bench", "pages", "--size", "tiny", env=env)
    assert (done.returncode, done.stdout) == (2, "")
    assert "unset TMC_DATABASE_URL" in done.stderr
