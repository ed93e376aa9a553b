"""`trackmycrime source returns` and `source webhook` as a script uses them."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner, Result

from trackmycrime.kernel.clock import utc_now
from trackmycrime.ops.commands.source import command
from trackmycrime.returns import api
from trackmycrime.returns.models import Post, Webhook

from .making import World, world
from .receiver import Receiver, receiver

pytestmark = pytest.mark.django_db
NAME = ("avon-and-somerset", "Niche")


@pytest.fixture
def made() -> World:
    return world(allowed=False)


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiver() as running:
        yield running


def run(*words: str) -> Result:
    return CliRunner().invoke(command, words)


def told(*words: str) -> Any:
    done = run(*words, "--json")
    assert done.exit_code == 0, done.output
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout)


def test_a_source_is_let_in_and_out_and_listed(made: World) -> None:
    assert made.pull().status_code == 403
    assert told("returns", "list") == []
    assert told("returns", "allow", *NAME) == {"source": "Niche", "force": NAME[0], "returns": True}
    made.happened("one", "two")
    made.ack({"cursor": "1"})
    (row,) = told("returns", "list", NAME[0])
    assert (row["cursor"], row["waiting"], row["returns"]) == ("1", 1, True)
    assert row["acknowledged_at"]
    told("returns", "refuse", *NAME)
    assert made.pull().status_code == 403
    told("returns", "allow", *NAME)
    assert made.page()["cursor"] == "2"
    assert told("returns", "list")[0]["cursor"] == "1"


def test_a_revoked_source_is_not_let_in(made: World) -> None:
    told("revoke", *NAME)
    assert run("returns", "allow", *NAME).exit_code == 2


def test_the_life_of_a_webhook(made: World, there: Receiver) -> None:
    assert run("webhook", "set", *NAME, there.url).exit_code == 2  # not allowed to read
    told("returns", "allow", *NAME)
    secret = told("webhook", "set", *NAME, there.url)["secret"]
    assert secret.startswith("whsec_")
    there.secret = secret
    assert told("webhook", "test", *NAME)["answer"] == "204"
    assert there.got[0].event["type"] == "webhook.test"
    assert told("webhook", "set", *NAME, there.url)["secret"] is None
    new = told("webhook", "rotate", *NAME, "--keep-old", "2")["secret"]
    assert new != secret
    for either in (secret, new):
        there.secret = either
        assert told("webhook", "test", *NAME)["answer"] == "204"
    (row,) = told("webhook", "list")
    assert (row["url"], row["state"], row["waiting"], row["dead"]) == (there.url, "on", 0, 0)
    assert secret not in run("webhook", "list").output
    assert told("webhook", "remove", *NAME)["removed"] is True
    assert run("webhook", "test", *NAME).exit_code == 2
    assert told("webhook", "list") == []


def test_a_test_says_by_its_exit_code_what_is_wrong(made: World, there: Receiver) -> None:
    told("returns", "allow", *NAME)
    there.secret = told("webhook", "set", *NAME, there.url)["secret"]
    there.rule = lambda *_: 500
    refused = run("webhook", "test", *NAME)
    assert (refused.exit_code, "500" in refused.output) == (1, True)
    there.rule = lambda *_: 410
    assert run("webhook", "test", *NAME).exit_code == 1
    assert Webhook.objects.get().state == "on"  # a test changes nothing
    told("webhook", "set", *NAME, "http://127.0.0.1:1/")
    assert run("webhook", "test", *NAME).exit_code == 3


def test_what_was_given_up_is_listed_replayed_and_dropped(made: World, there: Receiver) -> None:
    told("returns", "allow", *NAME)
    told("webhook", "set", *NAME, there.url)
    made.happened("canary words", "two", "three")
    api.spread(utc_now())
    Post.objects.update(state="dead", finished_at=utc_now() - timedelta(hours=1), answer="500", tries=16)
    rows = told("webhook", "dead", "list", *NAME)
    assert [(row["type"], row["tries"], row["answer"]) for row in rows] == [
        ("message.received", 16, "500")
    ] * 3
    assert "canary" not in run("webhook", "dead", "list", *NAME).output
    assert told("webhook", "list")[0]["dead"] == 3
    assert told("webhook", "dead", "replay", *NAME, rows[0]["id"])["replayed"] == 1
    assert run("webhook", "dead", "replay", *NAME, rows[0]["id"]).exit_code == 1
    assert (
        told("webhook", "dead", "drop", *NAME, rows[1]["id"], "--reason", "taken_otherwise")["dropped"] == 1
    )
    assert told("webhook", "dead", "replay", *NAME, "--all")["replayed"] == 1
    assert list(Post.objects.order_by("number").values_list("state", flat=True)) == [
        "waiting",
        "dropped",
        "waiting",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("webhook", "set", *NAME, "http://rms.example.org/"), "https"),
        (("webhook", "set", *NAME, "rms.example.org"), "https://rms.example.org/returns"),
        (("webhook", "set", NAME[0], "Athena", "https://rms.example.org/"), "Niche"),
        (("webhook", "rotate", *NAME), "webhook set"),
        (("webhook", "remove", *NAME), "webhook set"),
        (("webhook", "dead", "replay", *NAME), "--all"),
        (("webhook", "dead", "drop", *NAME, "--all"), "--reason"),
        (("webhook", "dead", "replay", *NAME, "not-an-id"), "not-an-id"),
        (("returns", "allow", "nowhere", "Niche"), "avon-and-somerset"),
    ],
)
def test_wrong_use_ends_with_2_and_says_what_would_be_right(
    made: World, words: tuple[str, ...], said: str
) -> None:
    told("returns", "allow", *NAME)
    done = run(*words)
    assert done.exit_code == 2
    assert said in done.output
