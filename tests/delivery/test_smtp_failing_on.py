"""Mail to a server that fails again and again, or at what is not about a letter: each letter ends as it must, and comes
as often as it must and no oftener."""

import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .failing_smtp import DROP, FINAL, HANG, PASSING, RESET, Does, channel_to, failing
from .letters import letter


@pytest.mark.parametrize("said", [*PASSING, *FINAL])
def test_a_refusal_of_us_at_the_greeting_or_the_hello_is_never_the_letters_fault(said: bytes) -> None:
    for script in ({"greeting": [said]}, {"EHLO": [said], "HELO": [said]}):
        with failing(script=script) as server, channel_to(server) as channel:
            assert channel.send(letter()).result == "later"
            assert not server.texts
            server.script = {}
            assert channel.send(letter()).result == "accepted"


@pytest.mark.parametrize(
    "does",
    [[DROP], [RESET], [HANG], [b"421 4.3.2 Closing\r\n"], [b"550 no\r\n"], [b"nonsense\r\n"], [b"2", DROP]],
)
def test_a_server_that_fails_when_asked_to_forget_a_refused_letter(does: list[Does]) -> None:
    script = {"RCPT": [b"550 5.1.1 unknown\r\n"], "RSET": does}
    with failing(script=script) as server, channel_to(server, does) as channel:
        assert channel.send(letter()).result == "never"
        server.script = {}
        assert channel.send(letter(body="The next one.")).result == "accepted"
        assert len(server.texts) == 1
        assert b"The next one." in server.texts[0]


@pytest.mark.parametrize("does", [[DROP], [RESET], [HANG], [b"nonsense\r\n"]])
def test_a_server_that_does_not_let_us_go_does_not_hold_us(does: list[Does]) -> None:
    with failing(script={"QUIT": does}) as server, channel_to(server, does) as channel:
        assert channel.send(letter()).result == "accepted"
        began = time.monotonic()
        channel.close()
        assert time.monotonic() - began < 3.0


_FAULTS: list[tuple[str, list[Does]]] = [
    (step, does)
    for step in ("greeting", "EHLO", "MAIL", "RCPT", "DATA", "text", "dot")
    for does in (
        [DROP],
        [RESET],
        [b"2", DROP],
        [b"nonsense\r\n"],
        [b"421 4.3.2 Bye\r\n", DROP],
        [b"450 4.2.0 later\r\n"],
    )
    if step != "text" or does in ([DROP], [RESET])
]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.sampled_from(_FAULTS), max_size=4), st.booleans())
def test_whatever_fails_before_a_letter_comes_as_often_as_it_must_and_no_oftener(
    faults: list[tuple[str, list[Does]]], pipelining: bool
) -> None:
    """Tried as a worker does, until it is taken or refused for good, and after one answer that was lost once more: it
    comes twice only where the server had it and the answer was lost, or where the server took it back."""
    one, results, taken_back = letter(), list[str](), 0
    with failing(extensions=("PIPELINING",) if pipelining else ()) as server, channel_to(server) as channel:
        while results.count("unclear") < 2 and not {"accepted", "never"} & set(results):
            step, does = faults[len(results)] if len(results) < len(faults) else ("", [])
            server.script, server.times, before = {step: does}, 1, len(server.texts)
            results.append(channel.send(one).result)
            taken_back += results[-1] == "later" and len(server.texts) > before
            assert results[-1] != "accepted" or len(server.texts) == before + 1
        assert len(results) <= len(faults) + 1, "once nothing fails any more, it is taken"
        assert len(server.texts) <= 1 + results.count("unclear") + taken_back
        assert len(set(map(_without_date, server.texts))) <= 1


def _without_date(text: bytes) -> bytes:
    return b"\r\n".join(line for line in text.split(b"\r\n") if not line.startswith(b"Date:"))
