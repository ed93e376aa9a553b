"""The configuration: each fault names file, table, key and what would be right, and all are said at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.agent.conftest import Beside
from trackmycrime.feed.agent import config, secret_files

WHOLE = """
[gateway]
url = "https://gateway.example.org"
token_file = "token"
[spool]
folder = "spool"
[[inputs]]
name = "made"
type = "made"
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            'url = "https://gateway.example.org"',
            "",
            "[gateway] url: is missing; it must be the gateway's address",
        ),
        (
            "https://",
            "ftp://",
            "[gateway] url: must be an https address, for example https://gateway.example.org",
        ),
        ("[spool]", "batch = 1001\n[spool]", "[gateway] batch: must be a number from 1 to 1000"),
        ("[spool]", "bacth = 10\n[spool]", "[gateway] bacth: is not known; did you mean «batch»?"),
        ("[spool]", 'ca = "none.pem"\n[spool]', "[gateway] ca: "),
        (
            "[spool]",
            "[spool]\nmost_bytes = 10",
            "[spool] most_bytes: must be a size of at least 4,194,304 bytes",
        ),
        ("[spool]", '[spool]\nmost_bytes = "2 GB"', 'for example "2 GiB"'),
        (
            "[spool]",
            '[spool]\nkey_file = "spool/key"',
            "[spool] key_file: must be outside of the spool's folder",
        ),
        ('folder = "spool"', "", "[spool] folder: is missing"),
        (
            "[[inputs]]",
            "[[inputs]]\nevery = true",
            "[[inputs]] made every: must be a number from 0.05 to 86400",
        ),
        ("[[inputs]]", '[[inputs]]\ntimezone = "Mars"', "[[inputs]] made timezone: must be a time zone"),
        (
            'type = "made"',
            'type = "os:system"',
            "[[inputs]] made type: there is no type «os:system»; known types: ",
        ),
        ('name = "made"', 'name = "A b"', "[[inputs]] A b name: must be of small letters, digits, - and _"),
        ("[gateway]", "[gatewy]\n[gateway]", "(top) gatewy: is not known; did you mean «gateway»?"),
        ("[gateway]", "[gateway", "is not TOML"),
    ],
)
def test_a_fault_names_table_key_and_what_would_be_right(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    file = tmp_path / "whole.toml"
    file.write_text(WHOLE)
    assert config.load(file).inputs[0].type == "made"
    file.write_text(WHOLE.replace(old, new))
    with pytest.raises(config.Wrong) as wrong:
        config.load(file)
    assert str(file) in str(wrong.value)
    assert said in str(wrong.value)


def test_all_faults_are_said_at_once_and_the_command_ends_with_2(beside: Beside) -> None:
    beside.configure(gateway={"url": "gateway", "batch": 0}, inputs=[{"type": "none"}, {"name": ""}])
    for said in (beside.check(2), beside.once(2)):
        lines = [line for line in said.splitlines() if str(beside.config) in line]
        assert len(lines) == 4, said


def test_options_that_a_connector_does_not_know_end_a_run_before_it_begins(beside: Beside) -> None:
    beside.numbers(10)
    beside.configure(inputs=[{}, {"name": "odd", "more": 1}])
    assert "[[inputs]] odd: more is not known; known are: batch, " in beside.once(2)
    assert not beside.spool.exists()


def test_a_token_that_others_can_read_is_refused_and_one_that_systemd_hands_over_is_not(
    tmp_path: Path, beside: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    beside.numbers(1)
    beside.token.chmod(0o640)
    assert f"can be read by others; run: chmod 600 {beside.token}" in beside.once(2)
    monkeypatch.setenv(
        "CREDENTIALS_DIRECTORY", str(tmp_path)
    )  # access by a list shows as rights of the group
    assert secret_files.read(beside.token)


def test_check_says_of_each_thing_whether_it_would_work(beside: Beside) -> None:
    beside.numbers(10)
    beside.configure(
        inputs=[{}, {"name": "away", "upto": beside.folder / "none"}, {"name": "odd", "more": 1}]
    )
    said = beside.check(1)
    assert "fine        spool: " in said
    assert "fine        input made: it can be read; the first rows: read 10, turned 10" in said
    assert "unreachable input away: " in said
    assert "faulty      input odd: more is not known" in said
    assert "fine        gateway: this is «Niche» of kent" in said
    assert "fine        events of made: the gateway would take the first 10 events" in said
    assert not beside.status(1)["totals"]["events"]["made"], "nothing is kept by a check"


def test_check_finds_what_the_gateway_would_refuse_and_a_token_that_is_not_known(beside: Beside) -> None:
    beside.numbers(10)
    beside.configure(inputs=[{"spoil": 4}])
    assert "would not apply event A4: invalid-data at /data/stage" in beside.check(1)
    beside.token.write_text("tmc_other")
    assert (
        "faulty      gateway: the gateway does not let this token in: The token was revoked."
        in beside.check(1)
    )
