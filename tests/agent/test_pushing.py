"""The agent as a process, against a real HTTP server that speaks the contract and misbehaves when told to."""

from __future__ import annotations

import json
import signal
import threading
import time

import pytest

from tests.agent.conftest import Beside
from tests.agent.plugin import SUBJECTS
from tests.ops.gateway_double import Double, Handler
from tests.support.processes import eventually, run

pytestmark = pytest.mark.processes


def in_order(gateway: Double) -> bool:
    """Whether no event was taken after a later one of its subject."""
    return not gateway.statuses["superseded"]


def test_all_arrives_once_in_order_over_one_connection_and_the_status_says_so(
    beside: Beside, gateway: Double
) -> None:
    beside.numbers(1000)
    beside.configure(inputs=[{"skip": 7}, {"name": "other", "prefix": "B"}], gateway={"batch": 1000})
    beside.once()
    assert gateway.statuses == {"applied": 1999}
    assert len(gateway.connections) == 1
    assert max(gateway.deliveries) <= 1000
    words = ("feed", "agent", "status", "--config", str(beside.config))
    told = json.loads(run(*words, "--json", env=beside.env).stdout)
    assert told["inputs"] == beside.status(0)["inputs"]
    for_people = run(*words, env=beside.env)
    assert for_people.returncode == 0
    assert "rows read 1,000 = turned 999 + skipped 1 + refused 0" in for_people.stdout
    assert (
        "events made 999 = applied 999 + duplicate 0 + superseded 0 + quarantined 0 + unsent 0"
        in for_people.stdout
    )
    assert told["totals"]["rows"] == {"read": 2000, "turned": 1999, "skipped": 1, "refused": 0}
    assert told["totals"]["events"]["applied"] == 1999
    assert told["spool"]["events"] == 0
    beside.once()
    assert sum(gateway.deliveries) == 1999, "what was answered is not sent again"


def test_what_passes_is_tried_again_and_the_gateways_wish_to_wait_is_honoured(
    beside: Beside, gateway: Double
) -> None:
    asked: list[float] = []

    def later(handler: Handler) -> None:
        asked.append(time.monotonic())
        handler.answer(503, {"detail": "Busy."}, Retry_After="1")

    def half(handler: Handler) -> None:
        handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{")
        handler.drop()

    gateway.faults = [
        later,
        lambda handler: (asked.append(time.monotonic()), handler.drop()),
        lambda handler: handler.answer(200, b"<html>a proxy"),
        half,
    ]
    beside.numbers(500)
    said = beside.once()
    assert gateway.statuses == {"applied": 500}
    assert asked[1] - asked[0] >= 1
    assert said.count("WARNING") == 4, said


def test_an_event_that_the_gateway_cannot_read_is_found_set_apart_and_never_sent_again(
    beside: Beside, gateway: Double
) -> None:
    gateway.unreadable = b'"A123"'
    beside.numbers(400)
    beside.once(1)
    assert gateway.statuses == {"applied": 399}
    (line,) = beside.report()
    assert (line["input"], line["id"], line["status"]) == ("made", "A123", "unreadable")
    assert line["problem"]["detail"] == "It cannot be read."
    gateway.unreadable = b""
    beside.once(0)
    assert gateway.statuses == {"applied": 399}
    told = beside.status(1)
    assert told["totals"]["events"]["quarantined"] == 1
    assert "something was refused or quarantined within a day" in told["needs"][0]


def test_a_gateway_that_can_read_nothing_does_not_make_the_agent_give_events_up(
    beside: Beside, gateway: Double
) -> None:
    gateway.unreadable = b"\n"  # a proxy that answers 422 to everything
    beside.numbers(100)
    beside.configure(gateway={"patience": 1})
    assert "can read nothing that is sent" in beside.once(3)
    assert beside.status(0)["totals"]["events"]["unsent"] == 100
    gateway.unreadable = b""
    beside.once()
    assert gateway.statuses == {"applied": 100}


@pytest.mark.parametrize("jumping", [False, True], ids=["usual-clock", "jumping-clock"])
def test_where_the_gateway_fails_at_one_event_its_subject_waits_and_the_others_go_on(
    beside: Beside, gateway: Double, jumping: bool
) -> None:
    gateway.failing = b'"A5"'
    beside.numbers(400)
    subject = f"A/{5 % SUBJECTS}"
    of_it = len(range(5, 400, SUBJECTS))
    with beside.start(jumping=jumping) as agent:
        eventually(lambda: gateway.statuses["applied"] == 400 - of_it, what="the others")
        assert subject not in {of for _, of in gateway.order}
        beside.set_back()
        eventually(lambda: beside.status(1)["totals"]["events"]["unsent"] == of_it, what="the count")
        told = beside.status(1)
        assert any("fails at some of its events" in need for need in told["needs"])
        gateway.failing = b""
        eventually(lambda: gateway.statuses["applied"] == 400, what="the rest")
        assert in_order(gateway)
        assert agent.end(signal.SIGTERM) == 0


def test_without_a_good_token_nothing_is_sent_everything_is_kept_and_a_new_one_is_taken_by_itself(
    beside: Beside, gateway: Double
) -> None:
    good = beside.token.read_text()
    beside.token.write_text("tmc_revoked")
    beside.numbers(300)
    with beside.start() as agent:
        eventually(lambda: any("NOTHING IS SENT" in line for line in agent.complained), what="the shout")
        beside.numbers(600)
        eventually(lambda: beside.status(1)["totals"]["events"]["unsent"] == 600, what="reading")
        assert beside.status(1)["needs"] == ["nothing is sent: The token was revoked."]
        beside.token.write_text(good)
        eventually(lambda: gateway.statuses["applied"] == 600, what="sending")
        eventually(lambda: beside.status()["needs"] == [], what="health")
        assert agent.end(signal.SIGTERM) == 0


def test_what_the_gateway_quarantines_is_counted_reported_and_not_sent_again(
    beside: Beside, gateway: Double
) -> None:
    beside.numbers(300)
    beside.configure(inputs=[{"spoil": 9, "wrong": 20}])
    beside.once(1)
    assert gateway.statuses == {"applied": 298, "quarantined": 1}
    row, event = beside.report()
    assert (row["what"], row["reason"], row["right"], row["input"]) == ("row", "wrong", "right", "made")
    assert (event["id"], event["status"]) == ("A9", "quarantined")
    assert event["problem"]["pointer"] == "/data/stage"
    assert "no such stage" not in json.dumps(beside.report()), "no value in the report"
    told = beside.status(1)
    assert told["totals"]["rows"]["refused"] == told["totals"]["events"]["quarantined"] == 1
    beside.once(0)
    assert sum(gateway.deliveries) == 299


def test_told_to_end_it_finishes_the_delivery_in_flight(beside: Beside, gateway: Double) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def slow(_: Double) -> None:
        arrived.set()
        go_on.wait(20)

    gateway.after = slow
    beside.numbers(1000)
    with beside.start() as agent:
        assert arrived.wait(20)
        agent.process.send_signal(signal.SIGTERM)
        eventually(lambda: any("told to end" in line for line in agent.complained), what="the signal")
        go_on.set()
        assert agent.process.wait(20) == 0
    sent = sum(gateway.deliveries)
    assert 0 < sent < 1000
    gateway.after = lambda _: None
    beside.once()
    assert gateway.statuses == {"applied": 1000}, "nothing twice"
    assert in_order(gateway)


def test_killed_before_it_hears_the_answer_it_sends_that_delivery_again_and_no_other(
    beside: Beside, gateway: Double
) -> None:
    beside.numbers(1000)
    beside.configure(inputs=[{"batch": 1000}])
    with beside.start() as agent:

        def kill(double: Double) -> None:
            if len(double.deliveries) == 3:
                agent.process.kill()
                agent.process.wait()

        gateway.after = kill
        agent.process.wait(30)
    assert gateway.deliveries == [200, 200, 200]
    beside.once()
    assert gateway.deliveries == [200] * 6
    assert gateway.statuses == {"applied": 1000, "duplicate": 200}
    told = beside.status(0)["totals"]["events"]
    assert (told["applied"], told["duplicate"]) == (800, 200)


def test_killed_after_keeping_and_before_the_input_lets_go_nothing_is_read_twice(
    beside: Beside, gateway: Double
) -> None:
    beside.numbers(500)
    beside.configure(inputs=[{"die": 300}])
    with beside.start() as agent:
        assert agent.process.wait(30) == -signal.SIGKILL
    beside.configure()
    beside.once()
    assert gateway.statuses["applied"] == 500
    assert beside.status(0)["totals"]["rows"]["read"] == 500


def test_told_to_reload_it_takes_new_inputs_and_stays_with_the_old_where_the_new_are_wrong(
    beside: Beside, gateway: Double
) -> None:
    beside.numbers(100)
    with beside.start() as agent:
        eventually(lambda: gateway.statuses["applied"] == 100, what="the first input")
        beside.config.write_text("[gateway")
        agent.process.send_signal(signal.SIGHUP)
        eventually(lambda: any("was not taken" in line for line in agent.complained), what="the refusal")
        beside.configure(inputs=[{"more": 1}])
        agent.process.send_signal(signal.SIGHUP)
        eventually(
            lambda: any("more is not known" in line for line in agent.complained), what="another refusal"
        )
        beside.configure(inputs=[{}, {"name": "other", "prefix": "B"}])
        agent.process.send_signal(signal.SIGHUP)
        eventually(lambda: gateway.statuses["applied"] == 200, what="the second input")
        assert agent.end(signal.SIGTERM) == 0


def test_one_spool_has_one_agent(beside: Beside, gateway: Double) -> None:
    beside.numbers(1)
    with beside.start() as agent:
        eventually(lambda: gateway.statuses["applied"] == 1, what="the first")
        said = beside.once(3)
        assert (
            f"another agent, process {agent.process.pid}, runs on {beside.spool}; one spool has one agent"
            in said
        )
        assert beside.status(0)["process"] == str(agent.process.pid)
        agent.process.kill()
        agent.process.wait()
    assert "no agent runs on this spool" in beside.status(1)["needs"][0]
    beside.once(0)


def test_once_with_nobody_to_talk_to_ends_with_3_and_keeps_what_it_read(
    beside: Beside, gateway: Double
) -> None:
    beside.numbers(100)
    beside.configure(gateway={"url": "http://127.0.0.1:9", "patience": 0.5})
    assert "no answer from http://127.0.0.1:9" in beside.once(3)
    told = beside.status(0)
    assert told["totals"]["events"]["unsent"] == 100
    assert "no answer" in told["gateway"]["last_error"]
    beside.upto.unlink()
    beside.configure()
    assert "input made: " in beside.once(3), "the input is away, and what was kept is sent"
    assert gateway.statuses == {"applied": 100}


def test_a_spool_at_its_bound_stops_reading_and_goes_on_by_itself(beside: Beside, gateway: Double) -> None:
    beside.numbers(6000)
    beside.configure(
        inputs=[{"pad": 2000}], spool={"most_bytes": "4 MiB"}, gateway={"url": "http://127.0.0.1:9"}
    )
    with beside.start() as agent:
        eventually(lambda: any("waits for room" in line for line in agent.complained), what="the bound")
        eventually(lambda: beside.status()["waits_for"] is not None, what="the status")
        told = beside.status(1)
        assert 0 < told["totals"]["events"]["unsent"] < 6000
        assert told["spool"]["bytes"] < 5 * 1024**2
        assert "input made is not read: the spool holds" in told["needs"][0]
        beside.configure(inputs=[{"pad": 2000}], spool={"most_bytes": "4 MiB"})
        agent.process.send_signal(signal.SIGHUP)
        eventually(lambda: gateway.statuses["applied"] == 6000, what="the rest")
        assert agent.end(signal.SIGTERM) == 0
    assert in_order(gateway)


def test_a_spool_that_is_damaged_while_it_runs_ends_the_agent_and_the_next_start_goes_on(
    beside: Beside, gateway: Double
) -> None:
    beside.numbers(3000)
    beside.configure(gateway={"url": "http://127.0.0.1:9"}, inputs=[{"batch": 1000, "pad": 3000}])
    with beside.start() as agent:
        eventually(lambda: beside.kept() == 3000, what="reading")
        file = beside.spool / "store" / "spool.db"
        for part in (file, file.with_name("spool.db-wal")):
            with part.open("r+b") as changed:
                changed.write(b"\xff" * part.stat().st_size)
        beside.configure()
        agent.process.send_signal(signal.SIGHUP)
        assert agent.process.wait(30) == 3
    assert "the next start puts it aside" in "\n".join(agent.complained)
    beside.once()
    assert gateway.statuses["applied"] == 3000
    assert in_order(gateway)
    (need,) = beside.status(1)["needs"]
    assert "a damaged spool was put aside as" in need


def test_status_without_a_spool_says_so_and_ends_with_3(beside: Beside) -> None:
    done = run("feed", "agent", "status", "--config", str(beside.config), env=beside.env)
    assert done.returncode == 3
    assert "no agent has run on it yet" in done.stderr


def test_nothing_that_a_row_holds_is_in_the_log(beside: Beside, gateway: Double) -> None:
    gateway.unreadable = b'"A3"'
    beside.numbers(50)
    beside.configure(inputs=[{"spoil": 4}])
    said = beside.once(1)
    assert "Burglary" not in said
    assert "Street" not in said
    assert "A3" in said
