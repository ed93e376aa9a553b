"""One post over real HTTP: signed so that the specification's library accepts it, and every way to fail has a word."""

import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from trackmycrime.kernel.ids import new_id
from trackmycrime.returns import address
from trackmycrime.returns.posting import Outcome, Post, Poster

from .receiver import DRIP, HANG, RESET, Receiver, receiver

SECRET = "whsec_" + "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo="
OTHER = "whsec_" + "emVkZWZnaGlqa2xtbm9wcXJzdHV2d3h5emFiYw=="
BODY = '{"type": "message.received", "data": {"text": "Ŵ"}}'
POSTER = Poster(connect_seconds=10.0, seconds=10.0)
IMPATIENT = Poster(seconds=1.0)
"""For receivers that are to keep it waiting: any other has time, on a busy machine too."""


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
def here() -> Iterator[Receiver]:
    with receiver(secret=SECRET) as running:
        yield running


def post(url: str, *secrets: str) -> Post:
    return Post(
        new_id(), new_id(), 1, new_id(), url, secrets or (SECRET,), BODY,
        1, now(),
    )  # fmt: skip


def test_it_is_signed_and_has_the_id_of_the_return(here: Receiver) -> None:
    sent = post(here.url)
    assert POSTER.send(sent, now=now()) == Outcome("accepted", "204")
    (got,) = here.got
    assert (got.id, got.signatures, got.event["data"]["text"]) == (str(sent.return_id), 1, "Ŵ")


def test_while_secrets_overlap_either_proves_it(here: Receiver) -> None:
    for secret in (SECRET, OTHER):
        here.secret = secret
        assert POSTER.send(post(here.url, OTHER, SECRET), now=now()).result == "accepted"
    assert [one.signatures for one in here.got] == [2, 2]


def test_another_secret_or_an_old_moment_proves_nothing(here: Receiver) -> None:
    assert POSTER.send(post(here.url, OTHER), now=now()) == Outcome("later", "401")
    assert POSTER.send(post(here.url), now=now() - timedelta(hours=1)) == Outcome("later", "401")
    assert here.got == []


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (200, Outcome("accepted", "200")),
        (500, Outcome("later", "500")),
        (400, Outcome("later", "400")),
        (410, Outcome("gone", "410")),
        ((503, {"Retry-After": "90"}), Outcome("later", "503", timedelta(seconds=90))),
        ((429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), Outcome("later", "429")),
        ((429, {"Retry-After": "9" * 5000}), Outcome("later", "429")),
        (RESET, Outcome("later", "lost")),
    ],
)
def test_every_answer_has_its_outcome(here: Receiver, said: Any, outcome: Outcome) -> None:
    here.rule = lambda _event, _try: said
    assert POSTER.send(post(here.url), now=now()) == outcome


def test_no_answer_is_waited_for_no_longer_than_was_set(here: Receiver) -> None:
    here.rule = lambda _event, _try: HANG
    assert IMPATIENT.send(post(here.url), now=now()) == Outcome("later", "timeout")


def test_a_redirect_is_a_failure_and_is_not_followed(here: Receiver) -> None:
    with receiver(secret=SECRET) as elsewhere:
        for status in (301, 302, 303, 307, 308):
            here.rule = lambda _e, _t, status=status: (status, {"Location": elsewhere.url})
            assert POSTER.send(post(here.url), now=now()) == Outcome("later", str(status))
        assert elsewhere.tries == []


def test_an_answer_that_drips_meets_the_deadline(here: Receiver) -> None:
    """Each byte comes well within any timeout for reading; all of them never."""
    here.rule = lambda _e, _t: DRIP
    began = time.monotonic()
    assert IMPATIENT.send(post(here.url), now=now()) == Outcome("later", "timeout")
    assert time.monotonic() - began < 2.5


def test_nobody_there() -> None:
    with receiver(secret=SECRET) as gone:
        url = gone.url
    assert POSTER.send(post(url), now=now()) == Outcome("later", "connect-failed")


def resolves_to(monkeypatch: pytest.MonkeyPatch, *ips: str) -> list[str]:
    """Every name is looked up to these addresses; gives the names that were looked up."""
    asked: list[str] = []

    def look_up(host: str, port: int, *_args: Any, **_kwargs: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port)) for ip in ips]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_a_name_that_leads_to_this_machine_or_its_network_is_not_followed(
    here: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name is somebody's to change at any moment: what it leads to is looked at each time, before anything goes."""
    for ips in (("127.0.0.1",), ("10.0.0.1",), ("169.254.169.254",), ("93.184.216.34", "127.0.0.1")):
        with monkeypatch.context() as patch:
            resolves_to(patch, *ips)
            sent = post(f"https://rms.example.org:{here.port}/returns")
            assert POSTER.send(sent, now=now()) == Outcome("later", "address-not-allowed")
    assert here.tries == here.forged == []


def test_the_connection_goes_to_what_was_looked_at(here: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """One look-up, so that a second one cannot give another answer. (127.0.0.0/8 stands for a force's network.)"""
    poster = Poster(address.networks("127.0.0.0/8"), seconds=0.6)
    asked = resolves_to(monkeypatch, "127.0.0.1")
    sent = post(f"https://rms.example.org:{here.port}/returns")
    poster.send(sent, now=now())  # this receiver speaks no TLS: the point is whom it was asked for
    assert asked == ["rms.example.org", "127.0.0.1"]


def test_a_receiver_without_tls_gets_nothing_over_https(here: Receiver) -> None:
    sent = post(here.url.replace("http:", "https:"))
    assert POSTER.send(sent, now=now()).result == "later"
    assert here.tries == []


def test_over_tls_only_with_a_certificate_that_somebody_vouches_for(tmp_path: Path) -> None:
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True,
    )  # fmt: skip
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(cert, key)
    trusting = Poster(seconds=2.0, tls=ssl.create_default_context(cafile=str(cert)))
    with receiver(secret=SECRET, tls=ours) as secure:
        assert POSTER.send(post(secure.url), now=now()) == Outcome("later", "connect-failed")
        assert secure.tries == []
        assert trusting.send(post(secure.url), now=now()) == Outcome("accepted", "204")


def test_a_post_shows_ids_only() -> None:
    sent = post("https://rms.example.org/?key=canary")
    assert "canary" not in repr(sent)
    assert SECRET not in repr(sent)
