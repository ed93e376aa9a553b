"""Mail to a server that fails in every way in which SMTP can: what becomes of the letter, and what the server has.

The rule behind all of it: nothing is called accepted that the server did not take, nothing is called refused for good
that it did not refuse, and what it may have taken is never sent again as if it had not.
"""

import socket
import ssl
import subprocess
from pathlib import Path

import pytest

from trackmycrime.delivery.channels.smtp import SmtpChannel

from .failing_smtp import DROP, FINAL, HANG, HEAD, PASSING, RESET, USUAL, Does, channel_to, failing, patience
from .letters import letter

PIPELINING = pytest.mark.parametrize("offered", [("PIPELINING", "8BITMIME"), ()], ids=["pipelining", "plain"])
LONG = b"250-" + b"x" * 500 + b"\r\n"


def _tried(
    step: str, does: list[Does], *, had: int, offered: tuple[str, ...] = (), kept: bool = False
) -> tuple[str, str]:
    """What one try comes to; afterwards the same channel must be as good as new, for a letter of its own."""
    with failing(extensions=offered) as server, channel_to(server, does) as channel:
        if kept:
            assert channel.send(letter()).result == "accepted"
        server.script, before = {step: does}, len(server.texts)
        outcome = channel.send(letter())
        assert "@" not in outcome.answer
        assert "rhian" not in outcome.answer
        assert len(server.texts) - before == had, "what the server has"
        server.script = {}
        after = letter(body="The next one.")
        assert channel.send(after).result == "accepted"
        assert len(server.texts) - before == had + 1
        assert b"The next one." in server.texts[-1], "the text that the verdict was about"
        return outcome.result, outcome.answer


# -------------------------------------------------------------- before the text


@PIPELINING
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    ("said", "result"),
    [(each, "later") for each in PASSING]
    + [(each, "never") for each in FINAL]
    + [
        (b"550-5.1.1 first\r\n550 5.1.1 rhian@example.org\r\n", "never"),
        (b"451-" + b"x" * 400 + b"\r\n" + b"451 4.0.0 again\r\n", "later"),
        (b"550 5.1.1 D\xc5\xb5r \xff\xfe \xe9\r\n", "never"),  # bytes that are no text
        (b"530 5.7.0 Log in first\r\n", "later"),
        (b"451\r\n", "later"),
        (b"550\r\n", "never"),
    ],
)
def test_a_refusal_before_the_text(offered: tuple[str, ...], step: str, said: bytes, result: str) -> None:
    got, answer = _tried(step, [said], had=0, offered=offered)
    assert got == result
    if not said.startswith(b"421"):
        assert answer.startswith(said[:3].decode())


@PIPELINING
@pytest.mark.parametrize("kept", [False, True], ids=["new", "kept"])
@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    "does",
    [
        [DROP],
        [RESET],
        [HANG],
        [b"25", DROP],
        [b"250-half\r\n", DROP],
        [b"250-half\r\n25", HANG],
        [b"\r\n"],
        [b"nonsense\r\n"],
        [b"\xff\xfe\0\r\n"],
        [b"999 what\r\n"],
        [b"250" + b"x" * 20_000 + b"\r\n"],
        [b"120 hm\r\n"],
    ],
    ids=[
        "drop",
        "reset",
        "hang",
        "half",
        "half-lines",
        "half-hang",
        "empty",
        "words",
        "bytes",
        "999",
        "long",
        "120",
    ],
)
def test_a_connection_that_fails_before_the_text_is_a_passing_failure(
    offered: tuple[str, ...], kept: bool, step: str, does: list[Does]
) -> None:
    assert _tried(step, does, had=0, offered=offered, kept=kept)[0] == "later"


@PIPELINING
@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
@pytest.mark.parametrize(
    "does",
    [
        [b"250-2.1.0 one\r\n", b"250-two\r\n", b"250 three\r\n"],
        [LONG * 15 + b"250 Ok\r\n"],
        [b"2", 0.01, b"5", 0.01, b"0 O", 0.01, b"k\r\n"],
        [b"250 2.1.0 D\xc5\xb5r \xff\r\n"],
        [b"250\r\n"],
        [b"251 2.1.5 will forward\r\n"],
    ],
    ids=["lines", "many", "dribble", "8-bit", "bare", "251"],
)
def test_a_yes_of_any_form_is_a_yes(offered: tuple[str, ...], step: str, does: list[Does]) -> None:
    assert _tried(step, does, had=1, offered=offered)[0] == "accepted"


@PIPELINING
def test_a_go_ahead_that_is_none_gets_no_text(offered: tuple[str, ...]) -> None:
    """A server that says 250 to DATA waits for commands: the text would be read as such."""
    assert _tried("DATA", [b"250 Ok\r\n"], had=0, offered=offered)[0] == "later"


# ------------------------------------------------------------------ greetings


@pytest.mark.parametrize(
    ("does", "answer"),
    [
        ([b"421 4.3.2 Busy\r\n"], "connect-421"),
        ([b"450 no\r\n", DROP], "connect-450"),
        ([b"554 5.7.1 not you\r\n"], "connect-554"),
        ([b"nonsense\r\n"], "connect--1"),
        ([b"250 odd\r\n"], "connect-250"),
        ([DROP], "connect-failed"),
        ([RESET], "connect-failed"),
        ([HANG], "connect-failed"),
        ([b"22", HANG], "connect-failed"),
        ([b"220" + b"x" * 20_000 + b"\r\n"], "connect-500"),
    ],
)
def test_a_greeting_that_is_none_is_not_held_against_the_letter(does: list[Does], answer: str) -> None:
    assert _tried("greeting", does, had=0) == ("later", answer)


@pytest.mark.parametrize(
    "does",
    [
        [0.15, USUAL],
        [b"220-one\r\n", 0.05, b"220-two\r\n", 0.05, b"220 three\r\n"],
        [b"2", 0.05, b"20 slow\r\n"],
    ],
    ids=["slow", "lines", "dribble"],
)
def test_a_slow_greeting_is_waited_for(does: list[Does]) -> None:
    assert _tried("greeting", does, had=1)[0] == "accepted"


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    outcome = SmtpChannel(f"smtp://127.0.0.1:{port}", HEAD, timeout=0.3).send(letter())
    assert (outcome.result, outcome.answer) == ("later", "connect-failed")


@pytest.mark.parametrize("does", [[DROP], [RESET], [HANG], [b"421 4.3.2 Closing\r\n", DROP], [b"2", DROP]])
def test_a_server_that_fails_at_the_hello(does: list[Does]) -> None:
    assert _tried("EHLO", does, had=0)[0] == "later"


@pytest.mark.parametrize("said", [b"500 5.5.1 What\r\n", b"502 no\r\n", b"550 no EHLO\r\n"])
def test_a_server_of_old_that_knows_only_helo_gets_mail(said: bytes) -> None:
    assert _tried("EHLO", [said], had=1)[0] == "accepted"


# ------------------------------------------------------- the text, the verdict


@pytest.mark.parametrize("does", [[DROP], [RESET]], ids=["drop", "reset"])
def test_a_connection_that_ends_within_the_text_leaves_it_open(does: list[Does]) -> None:
    assert _tried("text", does, had=0)[0] in ("unclear", "later")


@PIPELINING
@pytest.mark.parametrize("said", PASSING)
def test_a_passing_refusal_of_the_text(offered: tuple[str, ...], said: bytes) -> None:
    assert _tried("dot", [said], had=1, offered=offered)[0] == "later"


@PIPELINING
@pytest.mark.parametrize("said", FINAL)
def test_a_refusal_of_the_text_for_good(offered: tuple[str, ...], said: bytes) -> None:
    assert _tried("dot", [said], had=1, offered=offered)[0] == "never"


@PIPELINING
@pytest.mark.parametrize(
    "does",
    [
        [DROP],
        [RESET],
        [HANG],
        [b"2", DROP],
        [b"25", DROP],
        [b"25", HANG],
        [b"5", DROP],
        [b"55", DROP],
        [b"45", RESET],
        [b"250-half\r\n", DROP],
        [b"550-half\r\n", DROP],
        [b"250-half\r\n25", HANG],
        [b"\r\n"],
        [b"nonsense\r\n"],
        [b"\xff\xfe\0\r\n"],
        [b"999 what\r\n"],
        [b"354 again\r\n"],
        [b"120 hm\r\n"],
        [b"250" + b"x" * 20_000 + b"\r\n"],
    ],
)
def test_without_a_whole_verdict_nobody_knows(offered: tuple[str, ...], does: list[Does]) -> None:
    assert _tried("dot", does, had=1, offered=offered)[0] == "unclear"


@PIPELINING
@pytest.mark.parametrize(
    ("does", "answer"),
    [
        ([b"250-2.0.0 one\r\n", b"250 2.0.0 two\r\n"], "250 2.0.0"),
        ([LONG * 15 + b"250 Ok\r\n"], "250"),
        ([b"2", 0.02, b"50", 0.02, b" 2.6.0 D\xc5\xb5r \xff\r\n"], "250 2.6.0"),
        ([b"250\r\n"], "250"),
        ([b"250 Ok\r\n", DROP], "250"),
        ([b"250 Ok\r\n", RESET], "250"),
    ],
    ids=["lines", "many", "dribble", "bare", "then-drop", "then-reset"],
)
def test_a_verdict_of_any_form_is_a_verdict(offered: tuple[str, ...], does: list[Does], answer: str) -> None:
    result, got = _tried("dot", does, had=1, offered=offered)
    # a reset may overtake the answer that was sent before it
    assert (result, got) == ("accepted", answer) or (does[-1] == RESET and result == "unclear")


def test_a_server_that_closes_after_each_mail_gets_each_once() -> None:
    with failing(script={"dot": [USUAL, DROP]}) as server, channel_to(server) as channel:
        bodies = [f"Number {n}." for n in range(5)]
        assert [channel.send(letter(body=body)).result for body in bodies] == ["accepted"] * 5
        assert [text.rpartition(b"\r\n\r\n")[2].strip().decode() for text in server.texts] == bodies
        assert server.connections == 5


def test_a_server_that_fails_twice_gets_the_mail_once() -> None:
    """What a worker does with passing failures: try again, until it is taken."""
    for step in ("greeting", "EHLO", "MAIL", "RCPT", "DATA"):
        with failing(script={step: [DROP]}, times=2) as server, channel_to(server) as channel:
            results = []
            while not results or results[-1] == "later":
                results.append(channel.send(letter()).result)
            assert results[-1] == "accepted"
            assert len(server.texts) == 1
            assert len(results) <= 3


def test_an_answer_to_what_was_refused_is_not_taken_for_the_next_ones() -> None:
    """Two answers to one command: the second must not be read as the verdict on the next letter."""
    twice: list[Does] = [b"nonsense\r\n", b"250 2.0.0 Ok: queued as WRONG\r\n"]
    with failing(script={"RCPT": twice}) as server, channel_to(server) as channel:
        assert channel.send(letter()).result == "later"
        server.script = {"dot": [b"550 5.7.1 no\r\n"]}
        assert channel.send(letter()).result == "never"


# --------------------------------------------------------------- login and TLS


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context, cert


@pytest.mark.parametrize(
    "does",
    [[b"454 4.7.0 not now\r\n"], [b"502 no\r\n"], [DROP], [HANG], [USUAL, b"this is no TLS\r\n", DROP]],
)
def test_where_tls_fails_nothing_is_said_in_the_clear(
    secure: tuple[ssl.SSLContext, Path], does: list[Does]
) -> None:
    context, cert = secure
    with failing(tls=context, extensions=("STARTTLS",), script={"STARTTLS": does}) as server:
        trusting = ssl.create_default_context(cafile=cert)
        channel = SmtpChannel(f"{server.url}?starttls", HEAD, timeout=patience(does), context=trusting)
        outcome = channel.send(letter())
        assert outcome.result == "later"
        assert outcome.answer.startswith("starttls-")
        assert not server.texts
        channel.close()


def test_a_certificate_that_nobody_vouches_for(secure: tuple[ssl.SSLContext, Path]) -> None:
    context, cert = secure
    with failing(tls=context, extensions=("STARTTLS",)) as server:
        outcome = SmtpChannel(f"{server.url}?starttls", HEAD, timeout=patience()).send(letter())
        assert (outcome.result, outcome.answer) == ("later", "starttls-failed")
        assert not server.texts
        trusting = ssl.create_default_context(cafile=cert)
        channel = SmtpChannel(f"{server.url}?starttls", HEAD, timeout=patience(), context=trusting)
        assert channel.send(letter()).result == "accepted"
        channel.close()


@pytest.mark.parametrize(
    "does",
    [
        [b"535 5.7.8 wrong\r\n"],
        [b"454 4.7.0 later\r\n"],
        [b"534 5.7.9 weak\r\n"],
        [DROP],
        [HANG],
        [b"nonsense\r\n"],
    ],
)
def test_a_login_that_is_refused_is_ours_to_mend(does: list[Does]) -> None:
    with failing(extensions=("AUTH PLAIN LOGIN",), script={"AUTH": does}) as server:
        url = f"smtp://tmc:secret@127.0.0.1:{server.port}"
        outcome = SmtpChannel(url, HEAD, timeout=patience(does)).send(letter())
        assert outcome.result == "later"
        assert outcome.answer.startswith("login-")
        assert not server.texts
