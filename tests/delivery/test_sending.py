"""A crew's senders: many connections in one thread, none of which waits for another."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from trackmycrime.delivery import sending
from trackmycrime.delivery.channels import Channel
from trackmycrime.delivery.channels.smtp import SmtpChannel
from trackmycrime.delivery.channels.smtp.message import Letterhead
from trackmycrime.delivery.letters import Letter, Outcome
from trackmycrime.delivery.sending import Senders
from trackmycrime.delivery.settling import Tried
from trackmycrime.kernel.clock import utc_now

from .counterparts import HANG, MailServer, mail_server
from .letters import letter
from .processes import wait_for

HEAD = Letterhead.read("TrackMyCrime <no-reply@example.org>")


@contextmanager
def senders(server: MailServer, timeout: float = 30.0) -> Iterator[tuple[Senders, list[Tried]]]:
    done: list[Tried] = []
    running = Senders("email", lambda: SmtpChannel(server.url, HEAD, timeout=timeout), utc_now, done.append)
    running.start()
    try:
        yield running, done
    finally:
        running.end()
        assert running.join(10)


def letters(n: int) -> list[Letter]:
    return [letter(address=f"v{k}@example.org") for k in range(n)]


def results(done: list[Tried]) -> Counter[str]:
    return Counter(each.outcome.result for each in done)


@pytest.mark.parametrize("pipelining", [False, True])
def test_a_slow_server_is_sent_to_on_many_connections_at_once_by_one_thread(pipelining: bool) -> None:
    with mail_server() as server, senders(server) as (running, done):
        server.seconds, server.pipelining = 0.5, pipelining
        began = time.monotonic()
        running.hand(letters(40))
        wait_for(lambda: len(done) == 40)
        assert time.monotonic() - began < 40 * 0.5 / 2
        assert results(done) == {"accepted": 40}
        assert sorted(server.to()) == sorted(each.letter.address for each in done)
        assert server.connections == 40
        running.hand(letters(40))  # on the same connections
        wait_for(lambda: len(done) == 80)
        assert server.connections == 40
        assert sum(thread.name == "email-senders" for thread in threading.enumerate()) == 1


def test_one_that_hangs_holds_up_no_other_and_is_let_go_in_time() -> None:
    with mail_server() as server, senders(server, timeout=1.0) as (running, done):
        server.rules = {"RCPT": lambda to: HANG if to == "v3@example.org" else None}
        running.hand(letters(10))
        wait_for(lambda: len(done) == 9)
        assert results(done) == {"accepted": 9}
        wait_for(lambda: len(done) == 10)
        assert (done[-1].letter.address, done[-1].outcome.result) == ("v3@example.org", "later")


@pytest.mark.parametrize(
    ("step", "code"), [("MAIL", "451 4.7.1"), ("RCPT", "550 5.1.1"), ("DATA", "554 5.7.1")]
)
def test_what_is_refused_while_several_commands_are_under_way_is_refused_and_nothing_is_sent(
    step: str, code: str
) -> None:
    with mail_server() as server:
        server.pipelining = True
        channel = SmtpChannel(server.url, HEAD)
        server.rules = {step: f"{code} no"}
        outcome = channel.send(letter())
        assert (outcome.result, outcome.answer) == ("later" if code[0] == "4" else "never", code)
        assert server.mails == []
        server.rules = {}
        assert channel.send(letter()).result == "accepted"  # and the connection is in step
        assert server.connections == 1
        channel.close()


def test_a_quiet_hour_keeps_no_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "IDLE", 0.0)
    closed: list[int] = []

    class Kept(Channel):
        def send(self, letter: Letter) -> Outcome:
            return Outcome("accepted", "250")

        def close(self) -> None:
            closed.append(1)

    done: list[Tried] = []
    running = Senders("text", Kept, utc_now, done.append)
    running.start()
    running.hand(letters(3))
    wait_for(lambda: len(done) == 3)
    wait_for(lambda: len(closed) >= 1)
    running.end()
    assert running.join(10)


def test_a_fault_of_a_channel_loses_no_letter_and_stops_no_other() -> None:
    class Breaks(Channel):
        def send(self, letter: Letter) -> Outcome:
            if letter.address == "v1@example.org":
                raise LookupError("rhian.pritchard@example.org")
            return Outcome("accepted", "250")

        def close(self) -> None:
            pass

    done: list[Tried] = []
    running = Senders("text", Breaks, utc_now, done.append)
    running.start()
    running.hand(letters(5))
    wait_for(lambda: len(done) == 5)
    running.end()
    assert running.join(10)
    assert results(done) == {"accepted": 4, "unclear": 1}
