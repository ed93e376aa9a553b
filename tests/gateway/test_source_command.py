"""`trackmycrime source` as a script uses it: the token that it prints is one that the gateway takes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.support.doors import door_client
from tests.support.events import make_force
from trackmycrime.audit.models import Record
from trackmycrime.feed.accept import Source as Sender
from trackmycrime.feed.models import Source, Token
from trackmycrime.feed.sources import read_live_from
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.ids import new_id
from trackmycrime.ops.commands.source import command

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _force() -> None:
    make_force("avon-and-somerset")


def run(*words: str) -> Result:
    return CliRunner().invoke(command, words)


def told(*words: str) -> Any:
    done = run(*words, "--json")
    assert done.exit_code == 0, done.output
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout)


def whoami(token: str) -> Any:
    return door_client("gateway").get("/api/feed/v1/whoami", headers={"Authorization": f"Bearer {token}"})


def test_add_prints_a_token_that_lets_in() -> None:
    made = told("add", "avon-and-somerset", "Niche")
    assert {"source", "token", "live_from"} <= made.keys()
    said = whoami(made["token"]).json()
    assert (said["force"], said["source"], said["live_from"]) == (
        "avon-and-somerset",
        "Niche",
        made["live_from"],
    )
    live_from = Source.objects.get().live_from
    assert live_from is not None
    assert abs((utc_now() - live_from).total_seconds()) < 60


def test_what_happens_in_the_second_in_which_a_source_is_made_is_no_history() -> None:
    now = datetime(2026, 11, 24, 14, 4, 5, 999_999, tzinfo=UTC)
    sender = Sender(new_id(), 1, "Niche", read_live_from("now", now=now), None)
    assert sender.live(datetime(2026, 11, 24, 14, 4, 5, tzinfo=UTC))
    assert not sender.live(datetime(2026, 11, 24, 14, 4, 4, tzinfo=UTC))


@pytest.mark.parametrize(
    ("option", "live_from"),
    [("always", "always"), ("2026-03-01T00:00:00+01:00", "2026-02-28T23:00:00Z")],
)
def test_live_from(option: str, live_from: str) -> None:
    made = told("add", "avon-and-somerset", "Niche", "--live-from", option)
    assert made["live_from"] == live_from
    assert whoami(made["token"]).json()["live_from"] == live_from


def test_a_token_for_some_types() -> None:
    made = told("add", "avon-and-somerset", "HR", "--type", "unit.changed", "--type", "officer.changed")
    assert whoami(made["token"]).json()["scopes"] == ["officer.changed", "unit.changed"]


def test_set_changes_what_comes_from_now_on_and_list_shows_it() -> None:
    made = told("add", "avon-and-somerset", "Niche", "--per-minute", "600", "--type", "unit.changed")
    (one,) = told("list")
    assert (one["per_minute"], one["mib_per_minute"], one["types"]) == (600, 2048, ["unit.changed"])
    changed = told(
        "set", "avon-and-somerset", "Niche", "--all-types", "--live-from", "2026-03-01T00:00:00Z",
        "--mib-per-minute", "5", "--per-minute", "600",
    )  # fmt: skip
    assert sorted(changed["changed"]) == ["live_from", "mib_per_minute", "types"]
    (one,) = told("list")
    assert (one["per_minute"], one["mib_per_minute"], one["live_from"]) == (600, 5, "2026-03-01T00:00:00Z")
    assert len(whoami(made["token"]).json()["scopes"]) > 9
    act = Record.objects.filter(action="source.changed").latest("id")
    assert act.detail == {"live_from": "2026-03-01T00:00:00Z", "mib_per_minute": 5, "types": None}
    assert "600 events and 5 MiB a minute, all types" in run("list").output
    for wrong in ((), ("--per-minute", "0"), ("--type", "unit.changed", "--all-types"), ("--type", "x")):
        assert run("set", "avon-and-somerset", "Niche", *wrong).exit_code == 2
    assert run("set", "avon-and-somerset", "Other", "--all-types").exit_code == 2


def test_rotate_and_revoke() -> None:
    old = told("add", "avon-and-somerset", "Niche")["token"]
    new = told("rotate", "avon-and-somerset", "Niche")["token"]
    assert [whoami(token).status_code for token in (old, new)] == [200, 200]
    newest = told("rotate", "avon-and-somerset", "Niche", "--keep-old", "0")["token"]
    assert [whoami(token).status_code for token in (old, new, newest)] == [401, 401, 200]
    assert told("revoke", "avon-and-somerset", "Niche")["revoked"] is True
    assert whoami(newest).status_code == 401
    assert told("revoke", "avon-and-somerset", "Niche")["revoked"] is True
    assert run("rotate", "avon-and-somerset", "Niche").exit_code == 2


def test_list_tells_what_an_administrator_needs_and_no_token() -> None:
    assert told("list") == []
    token = told("add", "avon-and-somerset", "Niche", "--live-from", "always")["token"]
    told("add", "avon-and-somerset", "Old")
    told("revoke", "avon-and-somerset", "Old")
    whoami(token)
    niche, old = told("list")
    assert (niche["source"], niche["tokens"], niche["live_from"], niche["revoked_at"]) == (
        "Niche",
        1,
        "always",
        None,
    )
    assert niche["last_used_at"]
    assert (old["source"], old["tokens"]) == ("Old", 0)
    assert old["revoked_at"]
    assert token not in run("list").output
    assert told("list", "avon-and-somerset") == [niche, old]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "nowhere", "Niche"), "avon-and-somerset"),
        (("add", "avon-and-somerset", " "), "1 to 120 characters"),
        (("add", "avon-and-somerset", "a\nb"), "one line"),
        (("add", "avon-and-somerset", "x" * 121), "1 to 120 characters"),
        (("add", "avon-and-somerset", "Niche", "--live-from", "tomorrow"), "always"),
        (("add", "avon-and-somerset", "Niche", "--live-from", "2026-03-01"), "moment with offset"),
        (("add", "avon-and-somerset", "Niche", "--type", "suspect.changed"), "crime.changed"),
        (("rotate", "avon-and-somerset", "Niche"), "none yet"),
        (("revoke", "avon-and-somerset", "Niche"), "none yet"),
        (("rotate", "avon-and-somerset", "Niche", "--keep-old", "-1"), "keep-old"),
    ],
)
def test_wrong_use_ends_with_2_and_says_what_would_be_right(words: tuple[str, ...], said: str) -> None:
    done = run(*words)
    assert done.exit_code == 2
    assert said in done.output
    assert not Token.objects.exists()


def test_two_sources_of_one_name_are_refused() -> None:
    told("add", "avon-and-somerset", "Niche")
    assert run("add", "avon-and-somerset", "Niche").exit_code == 2
    make_force("south-wales")
    told("add", "south-wales", "Niche")


def test_what_was_done_is_in_the_audit_without_the_token() -> None:
    token = told("add", "avon-and-somerset", "Niche")["token"]
    told("rotate", "avon-and-somerset", "Niche")
    told("revoke", "avon-and-somerset", "Niche")
    records = list(Record.objects.order_by("at").values_list("action", "detail"))
    assert [action for action, _ in records] == ["source.added", "source.rotated", "source.revoked"]
    assert token not in repr(records)
