"""Mail over SMTP against a real server: what arrives, and what each of its answers means for the letter."""

import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import AuthResult, LoginPassword

from trackmycrime.delivery.channels.smtp import Server, SmtpChannel
from trackmycrime.delivery.channels.smtp.message import CannotBeSent, Letterhead, compose, recipient

from .counterparts import HANG, RESET, MailServer, mail_server
from .letters import NOW, letter

SENDER = Letterhead.read("TrackMyCrime <no-reply@trackmycrime.example>")


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def channel(server: MailServer, request: pytest.FixtureRequest) -> Iterator[SmtpChannel]:
    """Patient, on a busy machine too, but where the server is to hang."""
    callspec = getattr(request.node, "callspec", None)
    waits = 1.0 if callspec and callspec.params.get("said") == HANG else 10.0
    made = SmtpChannel(server.url, SENDER, timeout=waits, verdict_timeout=waits)
    yield made
    made.close()


# ------------------------------------------------------------- what arrives


def test_a_mail_arrives_as_it_was_written(server: MailServer, channel: SmtpChannel) -> None:
    sent = letter(body="One.\n.\n..two\n\nThree.")
    outcome = channel.send(sent)
    assert (outcome.result, outcome.answer, outcome.provider_id) == ("accepted", "250 2.0.0", "4XYZ1234")
    (mail,) = server.mails
    message = mail.message
    assert (mail.to, mail.sender) == ("rhian.pritchard@example.org", "no-reply@trackmycrime.example")
    assert message["From"] == "TrackMyCrime <no-reply@trackmycrime.example>"
    assert message["Subject"] == "You have an update"
    assert message["Message-ID"] == f"<{sent.id}@trackmycrime.example>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Content-Language"] == "en"
    assert message.get_content_type() == "text/plain"
    assert message.get_content().split("\r\n") == ["One.", ".", "..two", "", "Three.", ""]  # type: ignore[attr-defined]


def test_welsh_arrives_with_its_letters(server: MailServer, channel: SmtpChannel) -> None:
    body = "Mae ŵyl yn y tŷ, a llythyr – «ti».\n\n" + "â" * 2000
    assert (
        channel.send(letter(body=body, subject="Mae gennych ddiweddariad: tŷ", language="cy+en")).result
        == "accepted"
    )
    message = server.mails[0].message
    assert message["Subject"] == "Mae gennych ddiweddariad: tŷ"
    assert message["Content-Language"] == "cy, en"
    assert message.get_content().replace("\r\n", "\n") == body + "\n"  # type: ignore[attr-defined]
    assert max(map(len, server.mails[0].raw.split(b"\r\n"))) < 998


def test_one_connection_is_kept(server: MailServer, channel: SmtpChannel) -> None:
    for _ in range(3):
        assert channel.send(letter()).result == "accepted"
    assert server.connections == 1


@pytest.mark.parametrize(
    "address",
    [
        "rhian@example.org\r\nBcc: other@example.org",
        "rhian@example.org\nX: y",
        "rhian@example.org, other@example.org",
        "<rhian@example.org>",
        "rhian pritchard@example.org",
        'rhian"@example.org',
        "rhian",
        "",
        "rhi\0an@example.org",
        "ŵyn@example.org",
    ],
)
def test_nothing_that_is_not_one_address_is_sent_to(
    server: MailServer, channel: SmtpChannel, address: str
) -> None:
    outcome = channel.send(letter(address=address))
    assert (outcome.result, outcome.answer) == ("never", "bad-address")
    assert not server.mails


def test_a_domain_in_another_script_is_written_as_dns_has_it() -> None:
    assert recipient("rhian@bücher.example") == "rhian@xn--bcher-kva.example"


@pytest.mark.parametrize("subject", ["One\r\nBcc: other@example.org", "One\nTwo", "One\0"])
def test_no_header_can_be_put_in_by_a_subject(subject: str) -> None:
    with pytest.raises(CannotBeSent):
        compose(letter(subject=subject), head=SENDER, to="a@example.org", at=NOW)


# ------------------------------------------------------ what an answer means


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize(
    ("said", "result", "answer"),
    [
        ("550 5.1.1 <rhian.pritchard@example.org>: no such user", "never", "550 5.1.1"),
        ("552 too big", "never", "552"),
        ("451 4.7.1 Greylisted, rhian.pritchard@example.org", "later", "451 4.7.1"),
        ("452 4.2.2 Mailbox full", "later", "452 4.2.2"),
        ("530 5.7.0 Authentication required", "later", "530 5.7.0"),
    ],
)
def test_permanent_and_passing_refusals(
    server: MailServer, channel: SmtpChannel, step: str, said: str, result: str, answer: str
) -> None:
    server.rules[step] = said
    outcome = channel.send(letter())
    assert (outcome.result, outcome.answer) == (result, answer)
    assert outcome.nobody == answer.endswith("5.1.1"), "only who says so loses an address"
    assert not server.mails
    # the connection is as good as before, and the next letter is not held liable
    server.rules.clear()
    assert channel.send(letter()).result == "accepted"
    assert server.connections == 1


@pytest.mark.parametrize("step", ["MAIL", "RCPT"])
@pytest.mark.parametrize("said", [RESET, HANG, "421 4.3.2 Closing"])
def test_a_connection_that_ends_before_the_text_is_a_passing_failure(
    server: MailServer, channel: SmtpChannel, step: str, said: str
) -> None:
    server.rules[step] = said
    assert channel.send(letter()).result == "later"
    server.rules.clear()
    assert channel.send(letter()).result == "accepted"
    assert len(server.mails) == 1


@pytest.mark.parametrize("said", [RESET, HANG])
def test_once_the_text_is_sent_no_answer_says_nothing(
    server: MailServer, channel: SmtpChannel, said: str
) -> None:
    server.rules["DATA"] = said
    assert channel.send(letter()).result == "unclear"
    server.rules.clear()
    assert channel.send(letter()).result == "accepted"


def test_421_as_the_verdict_is_a_passing_failure_and_a_new_connection(
    server: MailServer, channel: SmtpChannel
) -> None:
    server.rules["DATA"] = "421 4.3.0 Try again later"
    assert channel.send(letter()).result == "later"
    server.rules.clear()
    assert channel.send(letter()).result == "accepted"
    assert server.connections == 2


def test_a_kept_connection_that_the_server_closed_costs_nothing(
    server: MailServer, channel: SmtpChannel
) -> None:
    assert channel.send(letter()).result == "accepted"
    server.drop_connections()
    assert channel.send(letter()).result == "accepted"
    assert server.connections == 2


def test_nobody_there_is_a_passing_failure() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    outcome = SmtpChannel(f"smtp://127.0.0.1:{port}", SENDER, timeout=1.0).send(letter())
    assert (outcome.result, outcome.answer) == ("later", "connect-failed")


@pytest.mark.parametrize(
    ("greeting", "answer"),
    [(b"554 No service\r\n", "connect-554"), (b"", "connect-failed"), (b"nonsense\r\n", "connect--1")],
)
def test_a_server_that_does_not_greet_is_not_held_against_the_letter(greeting: bytes, answer: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        kept: list[socket.socket] = []

        def greet() -> None:
            connected = listening.accept()[0]
            kept.append(connected)
            connected.sendall(greeting)

        threading.Thread(target=greet, daemon=True).start()
        port = listening.getsockname()[1]
        waits = 10.0 if greeting else 0.5
        outcome = SmtpChannel(f"smtp://127.0.0.1:{port}", SENDER, timeout=waits).send(letter())
        assert (outcome.result, outcome.answer) == ("later", answer)
        for each in kept:
            each.close()


# ------------------------------------------------------------ login and TLS


def test_a_wrong_password_is_ours_to_mend_and_a_right_one_is_used() -> None:
    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        return AuthResult(success=data.login == b"tmc" and data.password == b"p@ss word", handled=False)

    with mail_server(authenticator=check, auth_require_tls=False, auth_required=True) as server:
        right = SmtpChannel(f"smtp://tmc:p%40ss%20word@127.0.0.1:{server.port}", SENDER)
        assert right.send(letter()).result == "accepted"
        right.close()
        wrong = SmtpChannel(f"smtp://tmc:other@127.0.0.1:{server.port}", SENDER)
        outcome = wrong.send(letter())
        assert (outcome.result, outcome.answer) == ("later", "login-535")
        nobody = SmtpChannel(f"smtp://127.0.0.1:{server.port}", SENDER)
        assert nobody.send(letter()).result == "later"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return key, cert


def test_starttls_and_nothing_without_it(certificate: tuple[Path, Path], server: MailServer) -> None:
    key, cert = certificate
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    with mail_server(tls_context=context, require_starttls=True) as secure:
        url = f"smtp://127.0.0.1:{secure.port}?starttls"
        trusting = SmtpChannel(url, SENDER, context=ssl.create_default_context(cafile=cert))
        assert trusting.send(letter()).result == "accepted"
        trusting.close()
        # a certificate that nobody vouches for: no mail, and no fault of the letter's
        assert SmtpChannel(url, SENDER).send(letter()).answer == "starttls-failed"
        assert len(secure.mails) == 1
    # a server that offers no TLS gets nothing in the clear
    assert SmtpChannel(f"{server.url}?starttls", SENDER).send(letter()).answer == "starttls-failed"
    assert not server.mails


@pytest.mark.parametrize(
    "url", ["http://example.org", "smtp://", "smtp://host:port", "mail.example.org:25", ""]
)
def test_an_address_of_a_server_that_is_none(url: str) -> None:
    with pytest.raises(ValueError) as wrong:
        Server.read(url)
    assert "secret" not in str(wrong.value)


def test_the_address_of_a_server_with_everything() -> None:
    server = Server.read("smtps://u%40x:p%2Fw@mail.example.org")
    assert (server.host, server.port, server.user, server.password, server.tls) == (
        "mail.example.org", 465, "u@x", "p/w", "whole",
    )  # fmt: skip
    assert "p/w" not in repr(server)
    assert Server.read("smtp://h?starttls").port == 587
