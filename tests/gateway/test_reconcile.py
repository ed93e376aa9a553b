"""`feed reconcile`: a records system's list beside what the real gateway answers."""

from __future__ import annotations

import gzip
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.gateway.sending import Sender, sender
from tests.support.events import crime, event, update, victim
from trackmycrime.feed import owners
from trackmycrime.feed.agent.gateway import Away, Denied, Gateway
from trackmycrime.kernel.clock import utc_now
from trackmycrime.ops.feeding.comparing import Comparison
from trackmycrime.ops.feeding.reconcile import command

pytestmark = pytest.mark.django_db


@pytest.fixture
def niche(monkeypatch: pytest.MonkeyPatch) -> Sender:
    found = sender()

    def ask(gateway: Gateway, method: str, path: str, *_: Any) -> Any:
        assert (method, gateway.token) == ("GET", "T")
        answer = found.get("/api/feed/v1" + path)
        assert answer.status_code == 200, answer.content
        return answer.json()

    monkeypatch.setattr(Gateway, "_ask", ask)
    return found


def write(path: Path, *lines: Any) -> Path:
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    path.write_bytes(gzip.compress(text.encode()) if path.suffix == ".gz" else text.encode())
    return path


def run(*words: object, code: int = 0) -> Any:
    wanted = [*map(str, words), "--token", "T", "--patience", "0", "--json"]
    done = CliRunner().invoke(command, wanted, standalone_mode=False)
    ended = getattr(done.exception, "exit_code", None) if done.exception else done.return_value or 0
    assert ended == code, (ended, done.output, done.exception)
    return json.loads(done.stdout) if done.exception is None else str(done.exception)


def named(told: Any) -> set[tuple[str, ...]]:
    return {tuple(one.values()) for one in told["differences"]}


STORY = [
    crime("52/1", 1), crime("52/1", 5, stage="charged"), victim("52/1", 2), update("52/1", 3, "U1", "still_working"),
    event("officer.changed", "O1", 1, {"name": "Amara Okafor"}),
]  # fmt: skip


def test_the_same_on_both_sides(niche: Sender, tmp_path: Path) -> None:
    niche.send(*STORY)
    told = run(write(tmp_path / "all.ndjson.gz", *reversed(STORY)))
    assert told == {
        "own": 4, "here": 4, "same": 4, "missing": 0, "stale": 0, "differs": 0, "newer": 0, "unknown": 0,
        "refused": 0, "differences": [], "left_off": 0,
    }  # fmt: skip


def test_each_way_to_differ_is_named_and_what_can_be_mended_by_sending_is_written(
    niche: Sender, tmp_path: Path
) -> None:
    niche.send(
        crime("52/1", 1),
        crime("52/2", 9),
        victim("52/2", 2),
        crime("52/3", 1),
        crime("52/5", 1, stage="wrong"),
    )
    listed = [
        *STORY,
        crime("52/2", 4),
        victim("52/2", 2, name="Other Example"),
        crime("52/5", 1),
    ]
    out = tmp_path / "again.ndjson"
    told = run(write(tmp_path / "all.ndjson", *listed), "--out", out, code=1)
    assert named(told) == {
        ("stale", "52/1", "crime", "5", "1"),
        ("missing", "52/1", "victim:P1", "2", None),
        ("missing", "52/1", "update:U1", "3", None),
        ("missing", "O1", "officer", "1", None),
        ("newer", "52/2", "crime", "4", "9"),
        ("differs", "52/2", "victim:P1", "2", "2"),
        ("missing", "52/5", "crime", "1", None),
        ("unknown", "52/3", "crime", None, "1"),
    }
    again = [json.loads(line) for line in out.read_text().splitlines()]
    assert again == [STORY[1], *STORY[2:], crime("52/5", 1)]  # not what is known already
    assert told["again"] == len(again)
    niche.send(*again)
    still = run(tmp_path / "all.ndjson", code=1)
    assert {one["what"] for one in still["differences"]} == {"newer", "differs", "unknown"}


def test_a_list_of_sequences_does_too_with_or_without_digests(niche: Sender, tmp_path: Path) -> None:
    niche.send(*STORY)
    state = niche.get("/api/feed/v1/state").json()["entities"]
    assert run(write(tmp_path / "state.ndjson", *state))["same"] == 4
    bare = [
        {k: v for k, v in one.items() if k != "digest"} | {"subject": one["subject"].lower()} for one in state
    ]
    assert run(write(tmp_path / "state.ndjson", *bare))["same"] == 4
    wrong = [one | {"digest": "0" * 64} for one in state]
    assert run(write(tmp_path / "state.ndjson", *wrong), code=1)["differs"] == 4
    run(write(tmp_path / "state.ndjson", *state), "--out", tmp_path / "x", code=2)


def test_after_a_hand_over_the_new_source_sees_what_it_has_still_to_tell(
    niche: Sender, tmp_path: Path
) -> None:
    niche.send(*STORY)
    athena = sender(name="Athena", force=niche.force)
    owners.hand_over(niche.source, athena.source, now=utc_now())
    niche.token = athena.token
    told = run(write(tmp_path / "all.ndjson", crime("52/1", 1)), code=1)
    assert ("stale", "52/1", "crime", "1", None) in named(told)
    assert told["unknown"] == 3


def test_lines_that_cannot_be_read_are_named_and_the_rest_is_compared(niche: Sender, tmp_path: Path) -> None:
    niche.send(crime("52/1", 1))
    bad: list[Any] = [
        "{", "[]", {"subject": "52/1"}, crime("52/1", 1) | {"sequence": "one"}, crime("52/1", 1) | {"data": 1},
        event("victim.changed", "52/1", 1, {"name": "x"}), event("suspect.changed", "52/1", 1, {}),
        {"subject": "52/1", "entity": "suspect:1", "sequence": "1"},
    ]  # fmt: skip
    told = run(write(tmp_path / "all.ndjson", *bad, crime("52/1", 1)), code=1)
    assert (told["refused"], told["same"], told["own"]) == (len(bad), 1, 1)


def test_wrong_use_and_a_gateway_that_does_not_answer(
    niche: Sender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write(tmp_path / "all.ndjson", crime("52/1", 1))
    run(tmp_path / "nowhere", code=2)
    (tmp_path / "empty").mkdir()
    run(tmp_path / "empty", code=2)
    run(file, "--to", "not an address", code=2)

    def fails(error: Exception) -> Any:
        def ask(*_: Any) -> Any:
            raise error

        return ask

    for error in (Away("away"), Denied("no")):
        monkeypatch.setattr(Gateway, "_ask", fails(error))
        run(file, code=3)
    monkeypatch.setattr(Gateway, "_ask", lambda *_: {"entities": [{"subject": "x"}], "next": None})
    run(file, code=3)


def test_many_entities_need_no_more_memory_than_a_few(tmp_path: Path) -> None:
    many = 15_000
    with (tmp_path / "all.ndjson").open("w") as file:
        for n in range(many):
            file.write(json.dumps({"subject": f"52/{n}", "entity": "crime", "sequence": "1"}) + "\n")
    tracemalloc.start()
    try:
        found = Comparison()
        found.read([tmp_path / "all.ndjson"])
        for start in range(1, many, 1000):
            found.known(
                {"subject": f"52/{n}", "entity": "crime", "sequence": "1", "digest": "0"}
                for n in range(start, min(start + 1000, many))
            )
        sums = found.sums()
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sums == {
        "own": many, "here": many - 1, "same": many - 1, "missing": 1, "stale": 0, "differs": 0, "newer": 0,
        "unknown": 0,
    }  # fmt: skip
    assert most < 2_000_000  # SQLite keeps its own few MB beside
