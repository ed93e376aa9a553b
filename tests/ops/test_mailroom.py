"""Taking mail in: over SMTP and LMTP, answered «250» when it is committed and not before; and from a relay's pipe."""

import logging
import smtplib
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest
from click.testing import CliRunner
from django.db import OperationalError

from tests.delivery.reports import REPLY
from tests.delivery.reports import mail as written
from trackmycrime.delivery import providers
from trackmycrime.kernel.ids import new_id
from trackmycrime.ops import mailroom
from trackmycrime.ops.commands import mail as command
from trackmycrime.ops.mailroom import Mailroom

PERSON = "rhian.pritchard@example.org"


@pytest.fixture(autouse=True)
def with_return(settings: Any) -> None:
    settings.TMC_EMAIL_FROM = "TrackMyCrime <no-reply@trackmycrime.example>"
    settings.TMC_EMAIL_FROM_NEUTRAL = "Post <post@letters.example.net>"
    settings.TMC_EMAIL_RETURN = "bounce@mail.example.org"


def back() -> str:
    found = providers.returning()
    assert found is not None
    return found.address(new_id())


@contextmanager
def listening(take: Any) -> Iterator[int]:
    room = Mailroom("127.0.0.1:0", take=take)
    room.start()
    try:
        yield room.port
    finally:
        room.stop()
        room.join(5.0)
        assert not room.is_alive()


class Taken(list[tuple[bytes, str | None, tuple[str, ...]]]):
    def __call__(self, content: bytes, sender: str | None, recipients: Sequence[str]) -> None:
        self.append((content, sender, tuple(recipients)))


def speak(port: int, *lines: bytes) -> list[bytes]:
    """Say these lines one by one; returns each whole answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=5.0) as own:
        replies = own.makefile("rb")

        def answer() -> bytes:
            said = line = replies.readline()
            while line[3:4] == b"-":
                line = replies.readline()
                said += line
            return said

        said = [answer()]
        for line in lines:
            own.sendall(line + b"\r\n")
            said.append(answer())
        own.settimeout(0.2)
        rest = b""
        try:
            while more := replies.readline():
                rest += more
        except OSError:
            pass
        return [*said, rest]


# ------------------------------------------------------------------ over SMTP


def test_a_mail_is_taken_with_its_envelope() -> None:
    taken, rcpt = Taken(), back()
    with listening(taken) as port, smtplib.SMTP("127.0.0.1", port, timeout=5.0) as relay:
        assert relay.sendmail(PERSON, [rcpt], written(REPLY, rcpt)) == {}
        assert relay.sendmail("", [rcpt], written(REPLY, rcpt)) == {}, "the null path, and a kept connection"
    assert [(sender, to) for _, sender, to in taken] == [(PERSON, (rcpt,)), ("<>", (rcpt,))]
    assert taken[0][0].startswith(b"From: Rhian")


@pytest.mark.parametrize(
    "address", ["bounce@mail.example.org", "no-reply@trackmycrime.example", "POST@letters.example.net"]
)
def test_our_own_addresses_are_taken(address: str) -> None:
    taken = Taken()
    with listening(taken) as port, smtplib.SMTP("127.0.0.1", port, timeout=5.0) as relay:
        relay.sendmail(PERSON, [address], b"Subject: x\r\n\r\nx\r\n")
    assert len(taken) == 1


@pytest.mark.parametrize(
    "address",
    ["anybody@example.org", "bounce+00000000000000000000000000000000.aaaaaaaaaaaaaaaa@mail.example.org"],
)
def test_other_addresses_are_refused_at_once(address: str) -> None:
    taken = Taken()
    with listening(taken) as port, smtplib.SMTP("127.0.0.1", port, timeout=5.0) as relay:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            relay.sendmail(PERSON, [address], b"x\r\n")
        assert refused.value.recipients[address][0] == 550
    assert not taken


def test_what_cannot_be_committed_is_asked_for_again(caplog: pytest.LogCaptureFixture) -> None:
    failing = [OperationalError("gone: rhian@example.org"), ValueError("a fault of ours: rhian@example.org")]
    taken = Taken()

    def take(*mail: Any) -> None:
        if failing:
            raise failing.pop()
        taken(*mail)

    rcpt = back()
    caplog.set_level(logging.DEBUG)
    with listening(take) as port, smtplib.SMTP("127.0.0.1", port, timeout=5.0) as relay:
        for _ in range(2):
            with pytest.raises(smtplib.SMTPDataError) as refused:
                relay.sendmail(PERSON, [rcpt], written(REPLY, rcpt))
            assert refused.value.smtp_code == 451
        relay.sendmail(PERSON, [rcpt], written(REPLY, rcpt))
    assert len(taken) == 1
    assert "rhian" not in caplog.text, "no address in a log"
    assert "OperationalError" in caplog.text


def test_nothing_is_answered_before_it_is_committed() -> None:
    committing, commit = threading.Event(), threading.Event()

    def take(*mail: Any) -> None:
        committing.set()
        assert commit.wait(5.0)

    rcpt = back()
    with listening(take) as port, socket.create_connection(("127.0.0.1", port), timeout=5.0) as own:
        replies = own.makefile("rb")
        for line in (b"", b"EHLO relay", b"MAIL FROM:<>", f"RCPT TO:<{rcpt}>".encode(), b"DATA"):
            if line:
                own.sendall(line + b"\r\n")
            while replies.readline()[3:4] == b"-":
                pass
        own.sendall(b"Subject: x\r\n\r\nx\r\n.\r\n")
        assert committing.wait(5.0)
        own.settimeout(0.1)
        with pytest.raises(TimeoutError):
            own.recv(1)
        commit.set()
        own.settimeout(5.0)
        assert own.recv(100).startswith(b"250")


def test_what_is_being_taken_when_it_ends_is_finished_and_answered() -> None:
    committing, commit = threading.Event(), threading.Event()

    def take(*mail: Any) -> None:
        committing.set()
        assert commit.wait(5.0)

    room = Mailroom("127.0.0.1:0", take=take)
    room.start()
    said: list[Any] = []

    def relay() -> None:
        with smtplib.SMTP("127.0.0.1", room.port, timeout=5.0) as own:
            rcpt = back()
            said.append(own.sendmail(PERSON, [rcpt], written(REPLY, rcpt)))

    other = threading.Thread(target=relay)
    other.start()
    assert committing.wait(5.0)
    room.stop()
    commit.set()
    room.join(5.0)
    other.join(5.0)
    assert not room.is_alive()
    assert said == [{}]


def test_what_is_too_large_is_refused() -> None:
    taken, rcpt = Taken(), back()
    with listening(taken) as port, smtplib.SMTP("127.0.0.1", port, timeout=20.0) as relay:
        with pytest.raises((smtplib.SMTPSenderRefused, smtplib.SMTPDataError)) as refused:
            relay.sendmail(
                PERSON, [rcpt], b"x" * 70 + b"\r\n" + b"y" * 80 + b"\r\n" * (mailroom.LARGEST // 2)
            )
        assert refused.value.smtp_code == 552
    assert not taken


def test_many_connections_at_once_are_asked_to_come_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailroom, "_MOST_AT_ONCE", 2)
    with listening(Taken()) as port:
        first, second = (socket.create_connection(("127.0.0.1", port), timeout=5.0) for _ in range(2))
        assert first.recv(3) == second.recv(3) == b"220"
        with socket.create_connection(("127.0.0.1", port), timeout=5.0) as third:
            assert third.recv(3) == b"421"
        first.close()
        second.close()


@pytest.mark.parametrize(
    "bad",
    [b"\xff\xfe", b"MAIL FROM:<" + b"a" * 5000 + b">", b"RCPT TO:<x>", b"DATA", b"AUTH PLAIN x", b"STARTTLS", b"VRFY"],
)  # fmt: skip
def test_nonsense_is_answered_and_takes_nothing_down(bad: bytes) -> None:
    taken, rcpt = Taken(), back()
    with listening(taken) as port:
        said = speak(port, b"EHLO relay", bad)
        assert said[2][:1] in (b"4", b"5"), said
        with smtplib.SMTP("127.0.0.1", port, timeout=5.0) as relay:
            relay.sendmail(PERSON, [rcpt], written(REPLY, rcpt))
    assert len(taken) == 1


# ------------------------------------------------------------------ over LMTP


def test_lmtp_has_an_answer_for_each_recipient() -> None:
    taken, rcpts = Taken(), [back(), back()]
    with listening(taken) as port:
        said = speak(
            port,
            b"LHLO relay",
            b"MAIL FROM:<>",
            *(f"RCPT TO:<{each}>".encode() for each in rcpts),
            b"RCPT TO:<stranger@example.org>",
            b"DATA",
            b"Subject: x\r\n\r\nx\r\n.",
        )
    assert [each[:3] for each in said[1:-2]] == [b"250", b"250", b"250", b"250", b"550", b"354"]
    assert [line[:3] for line in (said[-2] + said[-1]).splitlines()] == [b"250", b"250"]
    assert [to for _, _, to in taken] == [tuple(rcpts)]


# -------------------------------------------------------------------- settings


@pytest.mark.parametrize("setting", ["8025", "host", "host:port", ":25", "host:99999", ""])
def test_a_place_to_listen_that_is_none(setting: str) -> None:
    with pytest.raises(ValueError, match=r"127\.0\.0\.1:8025"):
        Mailroom(setting)


def test_without_a_return_address_there_is_nothing_to_take_in(settings: Any) -> None:
    settings.TMC_EMAIL_RETURN = ""
    with pytest.raises(ValueError, match="TMC_EMAIL_RETURN"):
        Mailroom("127.0.0.1:0")


def test_two_workers_may_listen_at_one_place_and_nobody_else_is_driven_out() -> None:
    one = Mailroom("127.0.0.1:0")
    two = Mailroom(f"127.0.0.1:{one.port}")
    assert two.port == one.port
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(OSError):
        Mailroom(f"127.0.0.1:{other.getsockname()[1]}")
    for each in (one, two):
        each.start()
        each.stop()
        each.join(5.0)


# ------------------------------------------------------------- from a pipe

pipe = pytest.mark.django_db


def receive(*arguments: str, content: bytes = b"") -> Any:
    return CliRunner().invoke(command.command, ["receive", *arguments], input=content, standalone_mode=False)


def code(result: Any) -> int:
    """The code that `ops.cli` ends with."""
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        return int(getattr(result.exception, "exit_code", -1))
    return int(result.return_value or 0)


@pipe
def test_a_pipe_is_told_what_became_of_the_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = Taken()
    monkeypatch.setattr(mailroom, "take", taken)
    rcpt = back()
    assert code(receive("--sender", PERSON, rcpt, content=written(REPLY, rcpt))) == 0
    assert [(sender, to) for _, sender, to in taken] == [(PERSON, (rcpt,))]
    for null in ("<>", "MAILER-DAEMON", ""):
        assert code(receive("--sender", null, rcpt, content=b"x")) == 0
    assert code(receive(rcpt, content=b"x")) == 0
    assert [sender for _, sender, _ in taken[1:]] == ["", "", "", None]
    assert code(receive("stranger@example.org", content=b"x")) == 67
    assert code(receive(content=b"x")) == 75, "used wrongly: the mail waits until that is mended"
    assert code(receive("--nonsense", rcpt, content=b"x")) == 75
    assert len(taken) == 5


@pipe
def test_a_pipe_is_asked_to_try_again_and_told_no_address(
    monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    def take(*mail: Any) -> None:
        raise OperationalError("cannot reach: rhian@example.org")

    monkeypatch.setattr(mailroom, "take", take)
    result = receive(back(), content=b"x")
    assert code(result) == 75
    assert "rhian" not in result.exception.format_message()
    settings.TMC_EMAIL_RETURN = ""
    assert code(receive("x@example.org", content=b"x")) == 75
