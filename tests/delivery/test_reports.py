"""What mail systems say of a letter afterwards: read whatever its form, believed only where it bears our key."""

import base64
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import hostile
from trackmycrime.delivery.channels.smtp import reports
from trackmycrime.delivery.channels.smtp.returning import Returning
from trackmycrime.delivery.letters import Receipt
from trackmycrime.kernel.ids import new_id

from .reports import ARF, EXIM, HOLIDAY, POSTFIX, QMAIL, REPLY, mail

NOW = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)
ID = UUID("01939f5a-0000-7000-8000-00000000abcd")
RETURNING = Returning.read("bounce@mail.example.org", b"k" * 32)
BACK = RETURNING.address(ID)
BASE = "bounce@mail.example.org"
PERSON = "rhian.pritchard@example.org"


def read(raw: bytes, rcpt: str = BACK, sender: str | None = None) -> list[Receipt]:
    return reports.read(raw, rcpt, returning=RETURNING, now=NOW, sender=sender)


def one(raw: bytes, rcpt: str = BACK, sender: str | None = None) -> tuple[str, str]:
    (receipt,) = read(raw, rcpt, sender)
    assert (receipt.channel, receipt.dispatch, receipt.provider_id) == ("email", ID, "")
    assert receipt.at <= NOW
    return receipt.result, receipt.answer


# ------------------------------------------------------ reports as RFC 3464


@pytest.mark.parametrize(
    ("action", "status", "result", "answer"),
    [
        ("failed", "5.1.1", "failed", "5.1.1"),
        ("failed", "5.2.2", "failed", "5.2.2"),
        ("failed (something)", "5.0.0", "failed", "5.0.0"),
        ("failed", "4.4.7", "failed", "4.4.7 expired"),
        ("delayed", "4.4.1", "later", "4.4.1"),
        ("Delayed", "4.0.0", "later", "4.0.0"),
        ("delivered", "2.0.0", "delivered", "2.0.0"),
        ("failed", "", "failed", "5.1.1"),  # of the diagnosis
        ("", "5.7.1", "failed", "5.7.1"),
        ("", "4.7.1", "later", "4.7.1"),
    ],
)
def test_a_delivery_report(action: str, status: str, result: str, answer: str) -> None:
    assert one(mail(POSTFIX, BACK, action=action, status=status)) == (result, answer)


@pytest.mark.parametrize("action", ["relayed", "expanded"])
def test_a_letter_that_went_on_says_nothing_yet(action: str) -> None:
    raw = mail(POSTFIX, BACK, action=action, status="2.0.0")
    assert not [each for each in read(raw) if each.result in ("delivered", "later")]


def test_when_it_happened_is_what_the_report_says_but_never_to_come() -> None:
    raw = mail(POSTFIX, BACK, action="failed", status="5.1.1")
    assert read(raw)[0].at == datetime(2026, 11, 24, 14, 4, 30, tzinfo=UTC)
    assert read(raw.replace(b"2026", b"2036"))[0].at == NOW
    assert read(raw.replace(b"2026", b"20267777777"))[0].at == NOW


def test_a_report_in_the_form_for_addresses_of_other_scripts() -> None:
    raw = mail(POSTFIX, BACK, action="failed", status="5.1.1")
    raw = raw.replace(b"message/delivery-status", b"message/global-delivery-status")
    assert one(raw) == ("failed", "5.1.1")


def test_a_report_about_two_mailboxes_says_both() -> None:
    raw = mail(POSTFIX, BACK, action="delivered", status="2.0.0").replace(
        b"\r\n\r\n--b1\r\nContent-Type: text/rfc822",
        b"\r\n\r\nFinal-Recipient: rfc822; other@example.org\r\nAction: failed\r\nStatus: 5.1.1"
        b"\r\n\r\n--b1\r\nContent-Type: text/rfc822",
    )
    assert [each.result for each in read(raw)] == ["delivered", "failed"]


def test_a_report_that_cannot_be_read_still_says_that_the_letter_came_back() -> None:
    raw = mail(POSTFIX, BACK, action="failed", status="5.1.1")
    empty = (
        raw.replace(b"Action: failed", b"X: y").replace(b"Status: 5.1.1", b"X: y").replace(b"550 5.1.1", b"")
    )
    assert one(empty) == ("failed", "bounced")
    assert one(empty.replace(b"Undelivered Mail Returned", b"Delivery delayed")) == ("later", "")


# ------------------------------------------------------------- odd bounces


@pytest.mark.parametrize("form", [EXIM, QMAIL])
@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ("550 5.1.1 no such user", "5.1.1"),
        ("550 unknown user", "550"),
        ("452 4.2.2 mailbox full", "4.2.2 expired"),
        ("451 try later", "451 expired"),
        ("It does not like me.", "bounced"),
    ],
)
def test_a_bounce_of_no_form_is_known_by_its_address(form: str, said: str, answer: str) -> None:
    assert one(mail(form, BACK, said=said)) == ("failed", answer)
    assert read(mail(form, BACK, said=said), BASE) == [], "at no letter's address it could be anybody's"


def test_a_warning_of_no_form_is_a_delay() -> None:
    raw = mail(QMAIL, BACK, said="still trying").replace(
        b"failure notice", b"Warning: message delayed 24 hours"
    )
    assert one(raw) == ("later", "")


def test_a_bounce_by_its_null_path_and_subject() -> None:
    raw = b"From: <system@mx.example.org>\r\nSubject: Mail delivery problem\r\n\r\nUser unknown\r\n"
    assert one(raw, sender="") == ("failed", "bounced")
    assert read(raw, sender="someone@example.org") == []


@pytest.mark.parametrize("form", [HOLIDAY, REPLY])
def test_neither_a_holiday_answer_nor_a_person_is_a_bounce(form: str) -> None:
    assert read(mail(form, BACK), sender="" if form is HOLIDAY else PERSON) == []


# -------------------------------------------------------------- complaints


def test_a_complaint_is_known_by_the_letter_that_it_returns() -> None:
    raw = mail(ARF, BACK, to=BASE, feedback="abuse")
    assert one(raw, BASE) == ("complained", "abuse")
    assert one(raw, "feedback@example.org") == ("complained", "abuse")


def test_a_complaint_that_encodes_what_it_returns() -> None:
    returned = (
        "Content-Transfer-Encoding: base64\n\n" + base64.b64encode(f"Reply-To: {BACK}\n".encode()).decode()
    )
    raw = mail(ARF, "", to=BASE, feedback="abuse", returned=returned)
    raw = raw.replace(b"Content-Type: message/rfc822\r\n\r\n", b"Content-Type: text/plain\r\n")
    assert one(raw, BASE) == ("complained", "abuse")


@pytest.mark.parametrize(
    ("feedback", "answer"),
    [("fraud", "fraud"), ("", "complaint"), ("a@example.org", "complaint"), ("Opt-Out", "opt-out")],
)
def test_what_kind_of_complaint_is_kept_as_a_word(feedback: str, answer: str) -> None:
    assert one(mail(ARF, BACK, to=BASE, feedback=feedback), BASE) == ("complained", answer)


def test_whoever_says_that_it_is_wanted_does_not_complain() -> None:
    assert read(mail(ARF, BACK, to=BASE, feedback="not-spam"), BASE) == []


# ------------------------------------------------------------------ forged


def test_nobody_can_make_a_report_without_the_letter() -> None:
    forged = Returning.read("bounce@mail.example.org", b"x" * 32).address(ID)
    for raw in (
        mail(POSTFIX, forged, action="failed", status="5.1.1"),
        mail(ARF, forged, to=BASE, feedback="abuse"),
        mail(EXIM, forged, said="550"),
    ):
        for rcpt in (forged, BASE, "no-reply@trackmycrime.example", "", "\0", "a" * 10_000):
            assert read(raw, rcpt, "") == []


def test_the_address_it_came_to_outweighs_what_it_says() -> None:
    other = new_id()
    raw = mail(POSTFIX, BACK, action="failed", status="5.1.1")
    (receipt,) = read(raw, RETURNING.address(other))
    assert receipt.dispatch == other


# ----------------------------------------------------------------- hostile

_FORMS = [
    mail(POSTFIX, BACK, action="failed", status="5.1.1", returned_type="message/rfc822"),
    mail(ARF, BACK, to=BASE, feedback="abuse"),
    mail(EXIM, BACK, said="550 5.1.1"),
    mail(HOLIDAY, BACK),
    mail(REPLY, BACK),
]
_PIECES = [
    b"\r\n", b"\n", b"\r", b"\0", b"--b1", b"--b1--", b";", b'"', b"=?utf-8?q?", b"?=", b"\xff\xfe",
    b"Content-Type: multipart/report; boundary=b1; report-type*0*=x''%", b"charset*=utf-8''%E2", b"message/rfc822",
    b"Content-Transfer-Encoding: base64\r\n", b"charset=unknown-8bit\r\n", b": ", b"<", b">", b"(" * 50, b"\r\n\r\n",
    b"Action: failed\r\n",
]  # fmt: skip


@st.composite
def _broken(draw: st.DrawFn) -> bytes:
    raw = draw(st.sampled_from(_FORMS))
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(raw)))
        piece = draw(st.one_of(st.sampled_from(_PIECES), st.binary(max_size=20)))
        raw = raw[:at] + piece + raw[at + draw(st.integers(0, 60)) :]
    return raw


def _harmless(raw: bytes) -> None:
    for rcpt, sender in ((BACK, ""), (BASE, None), ("", PERSON)):
        for receipt in read(raw, rcpt, sender):
            assert receipt.dispatch == ID
            assert receipt.result in ("delivered", "failed", "later", "complained")
            assert len(receipt.answer) <= 40
            assert "@" not in receipt.answer
            assert "rhian" not in receipt.answer
            assert receipt.at <= NOW


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(_broken(), st.binary(max_size=300)))
def test_nothing_that_comes_by_mail_can_break_the_reading(raw: bytes) -> None:
    _harmless(raw)


def test_mail_that_is_made_to_hurt() -> None:
    deep = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(3000)
    )
    wide = (
        b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"
        + b"--b\r\n\r\n" * 60_000
    )
    messages = b"Content-Type: message/rfc822\r\n\r\n" * 5000
    headers = b"Received: x\r\n" * 300_000
    long = b"Subject: " + b"a" * 5_000_000
    statuses = b"Content-Type: message/delivery-status\r\n\r\n" + b"Action: failed\r\n\r\n" * 50_000
    began = datetime.now(UTC)
    for raw in (deep, wide, messages, headers, long, statuses, b"", b"\r\n", b"\0" * 1_000_000):
        read(raw, BACK, "")
        read(b"From: MAILER-DAEMON\r\n" + raw, BACK, "")
    assert datetime.now(UTC) - began < timedelta(seconds=60)


def test_naughty_words_in_each_header() -> None:
    raw = mail(POSTFIX, BACK, action="failed", status="5.1.1")
    names = (b"From", b"Subject", b"Date", b"Status", b"Content-Type", b"Last-Attempt-Date")
    for number, word in enumerate(hostile.words()):
        name = names[number % len(names)]
        start = raw.index(name + b": ") + len(name) + 2
        end = raw.index(b"\r\n", start)
        _harmless(raw[:start] + word.encode("utf-8", "surrogatepass") + raw[end:])
