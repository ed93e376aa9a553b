"""What an administrator copies: the unit and the configuration of docs/agent.md do what the page says."""

from __future__ import annotations

import configparser
import json
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.agent.conftest import ROOT, Beside
from tests.agent.plugin import event
from tests.agent.test_installed_alone import alone
from tests.ops.gateway_double import Double
from tests.support.processes import run
from trackmycrime.feed.agent import config

UNIT = ROOT / "packaging" / "trackmycrime-agent.service"
PAGE = (ROOT / "docs" / "agent.md").read_text()


def unit() -> configparser.SectionProxy:
    """The unit's service."""
    found = configparser.ConfigParser(strict=False, interpolation=None)
    found.optionxform = str  # type: ignore[assignment, method-assign]
    found.read_string(UNIT.read_text())
    return found["Service"]


def test_the_units_command_is_there_and_takes_what_it_is_given() -> None:
    program, *words = shlex.split(unit()["ExecStart"])
    assert (ROOT / Path(program).relative_to("/opt/trackmycrime")).is_file()
    assert words[:3] == ["feed", "agent", "run"]
    assert words[3:] == ["--config", "/etc/trackmycrime/agent.toml"]
    assert "/etc/trackmycrime/agent.toml cannot be read" in run(*words).stderr
    assert run(*words).returncode == int(unit()["RestartPreventExitStatus"])


def test_the_unit_gives_the_agent_no_more_than_it_needs() -> None:
    said = unit()
    assert said["User"] != "root"
    assert said["ProtectSystem"] == "strict"
    assert said["NoNewPrivileges"] == "yes"
    assert said["CapabilityBoundingSet"] == ""
    assert f"/var/lib/{said['StateDirectory']}/" in PAGE
    assert int(said["TimeoutStopSec"]) > 60 + 30, "the delivery in flight is finished first"


def test_systemd_finds_nothing_wrong_with_the_unit(tmp_path: Path) -> None:
    """Where there is no systemd on the machine its own parser cannot be asked; the tests above hold all the same."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        return
    copy = tmp_path / UNIT.name
    copy.write_text(UNIT.read_text().replace("/opt/trackmycrime/", f"{ROOT}/"))
    done = subprocess.run([analyze, "verify", "--man=no", str(copy)], capture_output=True, text=True)
    complaints = [line for line in done.stderr.splitlines() if UNIT.name in line]
    assert not complaints, done.stderr


@pytest.fixture
def documented(beside: Beside) -> Beside:
    """The page's own configuration, with the paths and the address of this test."""
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    folder = beside.folder / "niche-export"
    folder.mkdir()
    for old, new in [
        ("https://gateway.example.org", beside.url),
        ("/etc/trackmycrime/token", beside.token),
        ("/var/lib/trackmycrime-agent/spool", beside.spool),
        ("/srv/niche-export", folder),
    ]:
        assert old in text
        text = text.replace(old, str(new))
    beside.config.write_text(text + "settle = 0\n")
    lines = [json.dumps(event(number)) for number in range(500)]
    (folder / "events.ndjson").write_text("\n".join(lines) + "\n")
    return beside


@pytest.mark.processes
def test_the_pages_configuration_works_and_check_says_what_the_page_shows(
    documented: Beside, gateway: Double
) -> None:
    (shown,) = re.findall(r"```\n(fine .*?)```", PAGE, re.DOTALL)
    said = documented.check(0)
    said = said.replace(str(documented.config), "/etc/trackmycrime/agent.toml")
    said = said.replace(str(documented.spool), "/var/lib/trackmycrime-agent/spool")
    said = said.replace("/var/lib/trackmycrime-agent/spool.key", "…/spool.key").replace(
        "kent", "avon-and-somerset"
    )
    assert said == shown
    gateway.seen.clear()
    gateway.newest.clear()
    gateway.statuses.clear()
    documented.once(0)
    assert gateway.statuses == {"applied": 500}
    assert documented.status(0)["totals"]["rows"] == {"read": 500, "turned": 500, "skipped": 0, "refused": 0}


@pytest.mark.processes
def test_check_and_run_need_nothing_of_the_server(documented: Beside, gateway: Double) -> None:
    for words in (("check",), ("run", "--once"), ("status",)):
        done = alone("feed", "agent", words[0], "--config", str(documented.config), *words[1:])
        assert done.returncode == 0, done.stdout + done.stderr


def test_every_key_is_on_the_page_and_every_key_of_the_page_is_known(documented: Beside) -> None:
    rows = re.findall(r"^\| (`[^|]+) \|", PAGE, re.MULTILINE)
    said = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)}
    assert said >= {"url", "token_file", "ca", "cert", "key", "batch", "timeout", "patience"}
    assert said >= {"folder", "most_bytes", "keep_free_bytes", "key_file"}
    assert said >= {"name", "type", "every", "source", "timezone"}
    text = documented.config.read_text()
    documented.config.write_text(text.replace("[spool]", "batch = 5\ntimeout = 9\npatience = 1\n[spool]"))
    assert config.load(documented.config).gateway.batch == 5
